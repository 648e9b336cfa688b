"""`manage.py emulate_charger`, as a process of its own and in this one."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import unittest
from unittest import mock

import requests
from django.core.management import CommandError, call_command

from bridge.emulator.management.commands.emulate_charger import Command
from tests.operations.support import ROOT


def run(*arguments: str) -> str:
    output = io.StringIO()
    with mock.patch("sys.stdout", output):
        call_command(Command(stdout=output), *arguments)
    return output.getvalue()


class Process(unittest.TestCase):
    def start(self, *arguments: str) -> tuple[subprocess.Popen[str], str]:
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", "emulate_charger", "--port", "0", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(process.kill)
        assert process.stdout is not None
        self.addCleanup(process.stdout.close)
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found is not None, line + process.stdout.read()
        return process, found[0]

    def test_signals_end_it_cleanly(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            process, url = self.start("--id", "CH-7", "--outlets", "3", "--fault", "drop=60")
            self.assertEqual(requests.get(f"{url}/id", timeout=10).text, "CH-7")
            self.assertEqual(len(requests.get(f"{url}/state", timeout=10).json()), 3)
            process.send_signal(number)
            told, _ = process.communicate(timeout=10)
            self.assertEqual(process.returncode, 0, told)
            self.assertRegex(told, r"Requests +│ 2 ")
            self.assertNotIn("Traceback", told)

    def test_a_hanging_client_does_not_hold_it(self) -> None:
        process, url = self.start("--fault", "hang=1")
        with self.assertRaises(requests.ReadTimeout):
            requests.get(f"{url}/id", timeout=0.2)
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10) as client:
            client.sendall(b"GET /id HTTP/1.1\r\nHost: x\r\n\r\n")
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=10)
        self.assertEqual(process.returncode, 0)


class InThisProcess(unittest.TestCase):
    def test_events_are_shown_in_a_time_lapse(self) -> None:
        shown = run("--port", "0", "--speed", "2000", "--duration", "0.5", "--log-events")
        self.assertIn("[Hardware] session_start 1 {", shown)
        self.assertRegex(shown, r"Events +│ [1-9]")

    def test_nothing_happens_by_itself_where_that_is_wanted(self) -> None:
        shown = run("--port", "0", "--speed", "2000", "--duration", "0.2", "--manual")
        self.assertRegex(shown, r"Events +│ 0 ")

    def test_the_same_seed_has_the_same_drivers(self) -> None:
        def users(seed: str) -> list[str]:
            """Of the first outlet's first session."""
            shown = run("--port", "0", "--speed", "5000", "--duration", "0.5", "--log-events", "--seed", seed)
            return re.findall(r"session_start 1 \{'user': '([\w-]+)'", shown)[:1]

        self.assertEqual(len(users("7")), 1)
        self.assertEqual(users("7"), users("7"))

    def test_faults_are_explained(self) -> None:
        self.assertIn("next_errors", run("--fault", "list"))

    def test_a_port_that_is_taken(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            with self.assertRaisesRegex(CommandError, "cannot be listened on"):
                run("--port", str(taken.getsockname()[1]))

    def test_words_that_make_no_sense(self) -> None:
        for arguments in (
            ("--id", "a b"),
            ("--id", ""),
            ("--port", "70000"),
            ("--outlets", "0"),
            ("--outlets", "27"),
            ("--speed", "0"),
            ("--speed", "nan"),
            ("--log-bytes", "-1"),
            ("--reboot-seconds", "-1"),
            ("--duration", "0"),
            ("--fault", "fire"),
        ):
            with self.subTest(arguments), self.assertRaisesRegex(CommandError, arguments[0]):
                run(*arguments)
