"""A server that lives: with a past, and with emulated stations and devices that report to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.past import DEVICES, STATIONS
from tests.server import ROOT, ServerProcess


@contextmanager
def living_server(*, past: bool = True) -> Iterator[ServerProcess]:
    server = ServerProcess()
    if past:
        server.begin_with("tests.past")
    with server, _fleet(server):
        yield server


@contextmanager
def _fleet(server: ServerProcess) -> Iterator[None]:
    stations = ["--count", str(STATIONS), "--version", "mixed", "--speed", "6", "--url", f"{server.ws}/ocpp/"]
    devices = ["--count", str(DEVICES), "--url", f"{server.ws}/update/"]
    fleet = [
        subprocess.Popen(
            [sys.executable, "manage.py", command, "--seed", "3", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        for command, arguments in (("emulate_stations", stations), ("emulate_devices", devices))
    ]
    try:
        yield
    finally:
        for process in fleet:
            process.terminate()
        for process in fleet:
            process.wait(60)  # they may say for half a minute what they still have to say
