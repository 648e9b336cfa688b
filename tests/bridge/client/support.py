"""A bridge between two counterparts, with a clock that the test moves."""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import threading
import time
import unittest
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bridge.client import options, supervisor
from bridge.client.clock import Clock
from bridge.client.options import ChargerOptions, Options
from bridge.client.traffic import Traffic
from bridge.wire import Method, RemoteCommand
from tests.bridge.client.counterparts import Cms, Hardware
from tests.waiting import eventually

BEGIN = 1_800_000_000.0
"""Seconds since 1970, when the tests' clocks begin."""

PATIENCE = 60.0
"""Real seconds within which what a test waits for must happen."""


class FakeClock(Clock):
    """Stands still until it is moved."""

    def __init__(self, begin: float = BEGIN) -> None:
        self._begin = begin
        self._passed = 0.0

    def now(self) -> float:
        return self._begin + self._passed

    def monotonic(self) -> float:
        return self._passed

    def wait(self, seconds: float, event: threading.Event) -> bool:
        until = self._passed + seconds
        while not event.is_set() and self._passed < until:
            event.wait(0.004)
        return event.is_set()

    def advance(self, seconds: float) -> None:
        self._passed += seconds

    def run_until(self, condition: Callable[[], bool], *, step: float = 1.0, pause: float = 0.01) -> float:
        """Move in small steps until the condition holds; how many seconds that took.

        `pause`: the real seconds that others have to do something between two steps. Only real seconds end the
        waiting: on a busy machine the others get little done between two steps, however many there are.
        """
        begun, deadline = self._passed, time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "It did not happen in time."
            time.sleep(pause)
            if not condition():
                self.advance(step)
        return self._passed - begun


def options_of(folder: Path, cms: Cms, *hardware: Hardware, **changes: Any) -> Options:
    """The defaults, towards these counterparts."""
    usual = options.read(argparse.Namespace(), {})
    chargers = tuple(
        ChargerOptions("127.0.0.1", each.port, f"ws://127.0.0.1:{each.port}/events/stream") for each in hardware
    )
    places: dict[str, Any] = {
        "server_url": f"http://127.0.0.1:{cms.port}/",
        "chargers": chargers,
        "spool_dir": folder,
        "health_port": 0,
        "push": False,
    }
    return replace(usual, **(places | changes))


class BridgeCase(unittest.TestCase):
    """`hardware`, `cms` and `clock`; `start` runs a bridge between them until the end of the test."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.hardware, self.cms, self.clock = Hardware(), Cms(), FakeClock()
        self.addCleanup(self.hardware.close)
        self.addCleanup(self.cms.close)
        self.traffic = Traffic()
        self.stop = threading.Event()
        self.exit_code: int | None = None
        self._threads: list[threading.Thread] = []
        before = logging.getLogger("bridge").level
        logging.getLogger("bridge").setLevel(os.environ.get("TEST_BRIDGE_LOG", "CRITICAL"))
        self.addCleanup(logging.getLogger("bridge").setLevel, before)
        self.addCleanup(self.end)

    def options(self, **changes: Any) -> Options:
        return options_of(self.folder, self.cms, self.hardware, **changes)

    def start(self, **changes: Any) -> None:
        chosen = self.options(**changes)
        self.stop = stop = threading.Event()

        def run() -> None:
            self.exit_code = supervisor.run(chosen, stop=stop, clock=self.clock, traffic=self.traffic)

        thread = threading.Thread(target=run)
        self._threads.append(thread)
        thread.start()

    def run_once(self, **changes: Any) -> int:
        chosen = self.options(once=True, **changes)
        return supervisor.run(chosen, stop=threading.Event(), clock=self.clock, traffic=self.traffic)

    def end(self) -> float:
        """Stop the bridge; the seconds that it took."""
        begun = time.monotonic()
        self.stop.set()
        for thread in self._threads:
            thread.join(10)
            self.assertFalse(thread.is_alive(), "The bridge does not end.")
        self._threads.clear()
        return time.monotonic() - begun

    @property
    def status(self) -> dict[str, Any]:
        return dict(supervisor.status()["chargers"][0])

    def listening(self) -> None:
        """Until the event stream is open, and the CMS was found."""
        eventually(lambda: bool(self.hardware.live) and bool(self.cms.feeds))


def get(execution_id: int, path: str = "/version", **more: Any) -> RemoteCommand:
    return RemoteCommand(execution_id, Method.GET, path, **more)


def put(execution_id: int, path: str = "/outlets/1/powercap", body: str = '{"watts": 1000}') -> RemoteCommand:
    return RemoteCommand(execution_id, Method.PUT, path, False, body)
