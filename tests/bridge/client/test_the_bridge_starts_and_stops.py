"""`manage.py run_noc_bridge` as a process: what it refuses at the start, its exit codes, one SIGTERM."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from bridge.client.options import OPTIONS
from tests.operations.support import ROOT, free_port
from tests.waiting import eventually

KEY = "pass-word-4711"
NOWHERE = "127.0.0.1:1"
"""Nobody listens there."""


OTHERS = {option.env for option in OPTIONS} | {"DJANGO_SETTINGS_MODULE"}
"""What this process may have been told is nothing to the bridge."""


class Case(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if name not in OTHERS}
        places = {"SPOOL_DIR": str(self.folder), "HARDWARE_HOST": NOWHERE, "SERVER_URL": f"http://me:{KEY}@{NOWHERE}/"}
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "manage.py", "run_noc_bridge", *arguments],
            cwd=ROOT,
            env=kept | places | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        assert process.stdout is not None
        self.addCleanup(process.stdout.close)
        return process

    def end_of(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        text, _ = process.communicate(timeout=30)
        return process.returncode, text


class RefusalTests(Case):
    def test_everything_that_is_wrong_is_told_in_lines_of_its_own(self) -> None:
        code, text = self.end_of(self.start("--retry-time", "soon", HEALTH_PORT="no", CMS_KEY=KEY))
        self.assertEqual(code, 2)
        self.assertEqual(
            text.splitlines(),
            [
                "CommandError: --retry-time / RetryTime: a number of seconds from 1 to 86400 is needed, not “soon”.",
                "--health-port / HEALTH_PORT: a whole number from 0 to 65535 is needed, not “no”.",
            ],
        )

    def test_a_port_of_health_that_is_taken(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            code, text = self.end_of(self.start("--health-port", str(port)))
        self.assertEqual(code, 3)
        self.assertIn(f"Health cannot be served on 127.0.0.1:{port} (Address already in use).", text)
        self.assertNotIn("Traceback", text)

    def test_the_key_cannot_be_given_where_everybody_sees_it(self) -> None:
        for arguments in (("--cms-key", KEY), (f"--cms-key={KEY}",)):
            code, text = self.end_of(self.start(*arguments))
            self.assertEqual(code, 2)
            self.assertIn("CMS_KEY or CMS_KEY_FILE in the environment holds this", text)
            self.assertNotIn(KEY, text)


class LifeTests(Case):
    def life(self, number: int, **environment: str) -> str:
        """Start, wait until it serves its health, send the signal, wait for a clean end."""
        port = free_port()
        process = self.start(HEALTH_PORT=str(port), CMS_KEY=KEY, **environment)

        def serves() -> bool:
            self.assertIsNone(process.poll(), "It ended by itself.")
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", "/metrics")
                return connection.getresponse().status == 200
            except OSError:
                return False
            finally:
                connection.close()

        eventually(serves, 20)
        begun = time.monotonic()
        process.send_signal(number)
        code, text = self.end_of(process)
        self.assertEqual(code, 0, text)
        self.assertLess(time.monotonic() - begun, 5)
        self.assertNotIn("Traceback", text)
        return text

    def test_one_signal_ends_it(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                self.life(number)

    def test_it_runs_with_the_server_s_settings_too(self) -> None:
        self.life(signal.SIGTERM, DJANGO_SETTINGS_MODULE="smartserver.settings", SMARTSERVER_DATA_DIR=str(self.folder))

    def test_no_line_holds_a_password(self) -> None:
        for is_json in ("off", "on"):
            with self.subTest(json=is_json):
                self.assertNotIn(KEY, self.life(signal.SIGTERM, LOG_JSON=is_json))
