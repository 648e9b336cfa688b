"""`start.py`: what it decides by itself, and how it starts and stops its processes."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import start
from tests.operations.support import ROOT, environment, free_port


class DecisionTests(unittest.TestCase):
    def test_variables_that_mislead_python_are_dropped_and_others_kept(self) -> None:
        env = start.clean_environment(
            {"PYTHONPATH": "/x", "PYTHONHOME": "/y", "VIRTUAL_ENV": "/z", "PIP_USER": "1", "A": "b"}
        )
        self.assertEqual(
            {name for name in env if name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_USER")}, set()
        )
        self.assertEqual(env["A"], "b")

    def test_only_loopback_addresses_are_taken_as_such(self) -> None:
        self.assertTrue(all(start.is_loopback(host) for host in ("127.0.0.1", "127.1.2.3", "localhost", "::1")))
        self.assertFalse(any(start.is_loopback(host) for host in ("0.0.0.0", "192.0.2.1", "::", "example.org")))

    def test_the_printed_address_can_be_opened(self) -> None:
        self.assertEqual(start.address_of("0.0.0.0", 8000), "127.0.0.1:8000")
        self.assertEqual(start.address_of("::", 8000), "[::1]:8000")
        self.assertEqual(start.address_of("example.org", 80), "example.org:80")

    def test_a_port_in_use_is_said_clearly(self) -> None:
        with socket.socket() as other, contextlib.redirect_stdout(io.StringIO()) as output:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            with mock.patch.object(start, "say", print):
                self.assertFalse(start.port_is_free("127.0.0.1", port))
        self.assertIn(f"127.0.0.1:{port}", output.getvalue())
        self.assertIn("--port", output.getvalue())

    def test_nobody_listening_is_not_ready(self) -> None:
        self.assertFalse(start.answers_ready(f"127.0.0.1:{free_port()}"))


class SetUpTests(unittest.TestCase):
    """With a folder of its own, and with pip replaced by a note of what it was asked for."""

    def setUp(self) -> None:
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.root / ".venv" / "bin").mkdir(parents=True)
        for name in ("requirements.txt", "package.json", "package-lock.json"):
            (self.root / name).write_text("{}")
        self.installed: list[tuple[str, ...]] = []
        self.works = True
        for name, value in (("ROOT", self.root), ("VENV", self.root / ".venv"), ("say", mock.Mock())):
            self.enterContext(mock.patch.object(start, name, value))
        self.enterContext(mock.patch.object(start, "pip_install", self.pip))

    def pip(self, env: dict[str, str], *what: str) -> bool:
        self.installed.append(what)
        return self.works

    def test_packages_are_installed_once_until_the_list_changes(self) -> None:
        for _ in range(2):
            start.install_requirements({}, "requirements.txt")
        self.assertEqual(self.installed, [("-r", "requirements.txt")])
        (self.root / "requirements.txt").write_text("more")
        start.install_requirements({}, "requirements.txt")
        self.assertEqual(len(self.installed), 2)

    def test_a_failed_installation_ends_the_start_and_is_tried_again(self) -> None:
        self.works = False
        for _ in range(2):
            with self.assertRaises(SystemExit):
                start.install_requirements({}, "requirements.txt")
        self.assertEqual(len(self.installed), 2)

    def machine_with_node(self, version: str) -> dict[str, str]:
        """A machine whose `node` says this, and whose `npm` makes a folder and notes how it was asked."""
        folder = self.root / "bin"
        folder.mkdir()
        for name, script in {"node": f"echo {version}", "npm": "mkdir -p node_modules; echo $@ > asked"}.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)
        return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}

    def test_the_node_of_the_machine_is_used(self) -> None:
        env = self.machine_with_node("v22.1.0")
        start.install_frontend(env)
        self.assertTrue((self.root / "node_modules").is_dir())
        self.assertEqual(self.installed, [])

    def test_an_old_node_is_replaced_by_one_in_the_virtual_environment(self) -> None:
        found = start.find_node(self.machine_with_node("v12.22.9"))
        self.assertEqual(self.installed, [(start.NODE_WHEEL,)])
        assert found is not None
        self.assertTrue(found["PATH"].startswith(str(self.root / ".venv" / "bin")))

    def test_tests_get_what_they_need_besides_and_a_start_after_them_installs_nothing_anew(self) -> None:
        env = self.machine_with_node("v22.1.0")
        asked = self.root / "asked"
        start.install_frontend(env)
        self.assertIn("--omit=dev", asked.read_text())
        start.install_frontend(env, development=True)
        self.assertNotIn("--omit=dev", asked.read_text())
        asked.unlink()
        start.install_frontend(env)
        start.install_frontend(env, development=True)
        self.assertFalse(asked.exists())

    def test_without_node_the_start_goes_on_and_does_not_try_each_time(self) -> None:
        self.works = False
        for _ in range(2):
            start.install_frontend({"PATH": ""})
        self.assertEqual(self.installed, [(start.NODE_WHEEL,)])


MANAGE = """
import fcntl, http.server, os, pathlib, signal, sys, time
def note(text):
    with open("events", "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two that end at the same moment
        file.write(text + chr(10))
command = sys.argv[1]
def end(*_):
    time.sleep(0.2)
    note(f"{command} ended")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
pathlib.Path(f"{command}.pid").write_text(str(os.getpid()))
note(" ".join([command, os.environ.get("SMARTSERVER_OPEN", "unset")]))
if command != "serve":
    time.sleep(60)
if os.path.exists("crash"):
    sys.exit(3)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), Handler).serve_forever()
"""

DRIVER = """
import os, pathlib, sys
import start
start.ROOT, start.PYTHON = pathlib.Path(sys.argv[1]), pathlib.Path(sys.executable)
start.set_up = lambda *, development: start.clean_environment(dict(os.environ))
sys.exit(start.main(sys.argv[2:]))
"""


class ProcessTests(unittest.TestCase):
    """With a `manage.py` that only notes what happens to it."""

    def setUp(self) -> None:
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.root / "manage.py").write_text(textwrap.dedent(MANAGE))
        self.port = free_port()

    @contextlib.contextmanager
    def started(self, *options: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-c", DRIVER, str(self.root), "--port", str(self.port), *options]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(**settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def events(self) -> list[str]:
        path = self.root / "events"
        return path.read_text().splitlines() if path.exists() else []

    def wait_for(self, number: int) -> None:
        deadline = time.monotonic() + 20
        while len(self.events()) < number:
            self.assertLess(time.monotonic(), deadline, self.events())
            time.sleep(0.02)

    def test_one_signal_stops_the_emulators_then_the_server(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number), self.started() as process:
                self.wait_for(3)
                process.send_signal(number)
                output = process.communicate(timeout=20)[0]
                self.assertEqual(process.returncode, 0, output)
                self.assertIn(f"http://127.0.0.1:{self.port}/", output)
                started, ended = self.events()[:3], self.events()[3:]
                self.assertEqual(started[0], "serve 1")
                self.assertEqual({each.split()[0] for each in started[1:]}, {"emulate_stations", "emulate_devices"})
                self.assertEqual(ended[-1], "serve ended")
                self.assertEqual(len(ended), 3)
                self.assert_nobody_left()
            (self.root / "events").unlink()

    def assert_nobody_left(self) -> None:
        for path in self.root.glob("*.pid"):
            with self.subTest(path.name), self.assertRaises(ProcessLookupError):
                os.kill(int(path.read_text()), 0)

    def test_a_closed_server_gets_no_emulated_fleet(self) -> None:
        with self.started(SMARTSERVER_OPEN="0") as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("No emulated fleet"):
                    break
            process.terminate()
            process.communicate(timeout=20)
        self.assertEqual(self.events(), ["serve 0", "serve ended"])

    def test_a_server_that_dies_ends_everything_with_its_code(self) -> None:
        (self.root / "crash").touch()
        with self.started("--no-demo") as process:
            output = process.communicate(timeout=20)[0]
        self.assertEqual(process.returncode, 3)
        self.assertIn("ended by itself with code 3", output)

    def test_an_emulator_that_dies_does_not_stop_the_server(self) -> None:
        with self.started() as process:
            self.wait_for(3)
            os.kill(int((self.root / "emulate_devices.pid").read_text()), signal.SIGKILL)
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("The emulated devices ended"):
                    break
            self.assertIsNone(process.poll())
            process.terminate()
            process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0)

    def test_a_port_in_use_ends_it_at_once(self) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", self.port))
            other.listen()
            with self.started() as process:
                output = process.communicate(timeout=20)[0]
        self.assertEqual(process.returncode, 1)
        self.assertIn("Cannot listen", output)
        self.assertEqual(self.events(), [])
