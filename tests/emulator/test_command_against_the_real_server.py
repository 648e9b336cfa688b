"""`manage.py emulate_stations` against `manage.py serve`: what was sent is what is stored."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from contextlib import closing
from pathlib import Path
from typing import Any

from smartserver.settings import BASE_DIR
from stations.emulator.point.der import MODES
from stations.emulator.point.device_model import device_model

STARTING_SECONDS = 60.0


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class CommandCase(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.port = free_port()

    def start(self, *arguments: str, data: str) -> subprocess.Popen[str]:
        environment = os.environ | {
            "SMARTSERVER_OPEN": "1",
            "SMARTSERVER_DATA_DIR": str(self.folder / data),
            "NO_COLOR": "1",
            "COLUMNS": "120",
        }
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(self.end, process)
        return process

    def end(self, process: subprocess.Popen[str]) -> None:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)

    def emulate(self, *arguments: str) -> subprocess.Popen[str]:
        return self.start("emulate_stations", "--url", f"ws://127.0.0.1:{self.port}/ocpp/", *arguments, data="emulator")

    def serve(self) -> None:
        process = self.start("serve", "--port", str(self.port), data="server")
        deadline = time.monotonic() + STARTING_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        self.fail("The server did not start.")


def summary(text: str) -> dict[str, int]:
    """The numbers of the table that ends a run."""
    return {name.strip(): int(value) for name, value in re.findall(r"^│ (.+?) +│ (\d+) +│$", text, re.MULTILINE)}


class Fleet(CommandCase):
    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "server" / "smartserver.sqlite3")) as database:
            return database.execute(sql).fetchall()

    def test_is_stored_as_it_was_sent(self) -> None:
        self.serve()
        run = self.emulate("--count", "9", "--version", "mixed", "--speed", "60", "--duration", "6")
        output, _ = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0, output)
        said = summary(output)
        self.assertEqual(said["Stations connected"], 9)
        self.assertEqual(said["Answered"], said["Messages sent"])
        self.assertGreater(said["Transactions started"], 0)

        self.assertEqual(self.query("select distinct outcome from stations_message"), [("CALLRESULT",)])
        stored = dict(
            self.query("select action, count(*) from stations_message where direction = 'in' group by action")
        )
        self.assertEqual(stored, {action: said[action] for action in stored})
        self.assertEqual(sum(stored.values()), said["Messages sent"])
        versions = self.query("select ocpp_version, count(*) from stations_station group by 1 order by 1")
        self.assertEqual(versions, [("1.6", 3), ("2.0.1", 3), ("2.1", 3)])
        self.assertEqual(self.query("select count(*) from stations_transaction"), [(said["Transactions started"],)])
        self.assertEqual(self.query("select count(*) from stations_transaction where active"), [(0,)])
        self.assertEqual(self.query("select count(*) from stations_metervalue"), [(said["Meter readings"],)])
        missing = " or ".join(f"{column} is null" for column in ("energy_wh", "power_w", "current_a", "voltage_v"))
        # Readings at round times are also taken where nobody charges, if the run happens to meet one.
        missing += " or (transaction_id is null and samples not like '%Sample.Clock%')"
        self.assertEqual(self.query(f"select count(*) from stations_metervalue where {missing}"), [(0,)])
        self.assertEqual(self.query("select rule from stations_quirk"), [])
        # Of those that have a device model the server has asked the inventory at their first boot.
        self.assertEqual(self.query("select state, count(*) from stations_report group by 1"), [("complete", 6)])
        self.assertEqual(
            self.query("select count(*) from stations_variable"),
            # One more says whether readings are signed: their meters have keys.
            [(3 * (len(device_model(2)) + 1) + 3 * (len(device_model(2, MODES, v2x=True)) + 1),)],
        )

    def test_ends_at_a_signal_with_the_summary(self) -> None:
        self.serve()
        for number in (signal.SIGTERM, signal.SIGINT):
            run = self.emulate("--count", "3", "--version", "1.6", "--version", "2.1", "--speed", "60")
            assert run.stdout is not None
            while "3 online" not in (line := run.stdout.readline()):
                self.assertNotEqual(line, "", "The emulator ended by itself.")
            run.send_signal(number)
            output, _ = run.communicate(timeout=30)
            self.assertEqual(run.returncode, 0, output)
            self.assertEqual(summary(output)["Stations connected"], 3)


class Unreachable(CommandCase):
    def test_server_is_told_of_and_fails_the_run(self) -> None:
        run = self.emulate("--count", "2", "--duration", "6")
        output, _ = run.communicate(timeout=30)
        self.assertEqual(run.returncode, 1, output)
        self.assertIn("0 online", output)
        self.assertIn("Connect call failed", output)
        self.assertEqual(summary(output)["Stations connected"], 0)
        self.assertIn("Exit code 1, since not everything was acknowledged:\n", output)
        self.assertIn("  2 stations never got a connection.\n  Nothing was sent.\n", output)
        self.assertFalse((self.folder / "emulator" / "smartserver.sqlite3").exists())

    def test_nonsense_is_refused(self) -> None:
        for arguments in (("--count", "0"), ("--rate", "-1"), ("--version", "9.9")):
            run = self.emulate(*arguments)
            run.communicate(timeout=30)
            self.assertNotEqual(run.returncode, 0)
