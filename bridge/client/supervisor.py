"""All chargers of one process: their start, their life, and their end within five seconds."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack

from bridge.client import clock as clocks
from bridge.client import logs
from bridge.client.charger import Charger
from bridge.client.clock import Clock
from bridge.client.context import Context
from bridge.client.logs import Way
from bridge.client.options import Options
from bridge.client.status import Status
from bridge.client.store import StoreError
from bridge.client.traffic import Traffic
from bridge.client.transport import TICK_SECONDS, Switchboard

STOP_SECONDS = 4.0
"""For all tasks together. A task that waits for the DNS cannot be told to end; it goes with the process."""

HOUR = 3600.0

_current: Supervisor | None = None


def run(
    options: Options, *, stop: threading.Event, clock: Clock = clocks.SYSTEM, traffic: Traffic | None = None
) -> int:
    """Until `stop` is set, or for one round; the exit code: 0 well, 1 the round failed or the spool is of no use."""
    global _current
    with ExitStack() as stack:
        supervisor = Supervisor(options, stop, clock, traffic or Traffic())
        _current = supervisor
        stack.callback(_forget)
        try:
            supervisor.open(stack)
        except StoreError as error:
            logs.say(Way.WITHIN, str(error), level=logging.ERROR)
            return 1
        return supervisor.once() if options.once else supervisor.live()


def status() -> Status:
    """Of the supervisor that runs, if one does."""
    return _current.status() if _current is not None else {"chargers": [], "traffic": {}}


def _forget() -> None:
    global _current
    _current = None


class Supervisor:
    def __init__(self, options: Options, stop: threading.Event, clock: Clock, traffic: Traffic) -> None:
        self._options = options
        self._stop = stop
        self._clock = clock
        self._traffic = traffic
        self._switchboard = Switchboard()
        self._chargers: list[Charger] = []

    def open(self, stack: ExitStack) -> None:
        for charger in self._options.chargers:
            context = Context(self._options, charger, self._clock, self._traffic, self._switchboard, self._stop)
            made = Charger(context)
            stack.callback(made.close)
            self._chargers.append(made)

    def live(self) -> int:
        for charger in self._chargers:
            charger.start()
        begun = told = self._clock.monotonic()
        while not self._stop.wait(TICK_SECONDS):
            self._switchboard.tick()
            if self._clock.monotonic() - told >= HOUR:
                told = self._clock.monotonic()
                self._tell_traffic(begun)
        self._end()
        self._tell_traffic(begun)
        return 0

    def once(self) -> int:
        """One round of each charger, at the same time."""
        begun = self._clock.monotonic()
        rounds = [_Round(charger) for charger in self._chargers]
        for each in rounds:
            each.start()
        while any(each.is_alive() for each in rounds) and not self._stop.wait(TICK_SECONDS / 5):
            self._switchboard.tick()
        if self._stop.is_set():
            self._end()
        for each in rounds:
            each.join(STOP_SECONDS)
        self._tell_traffic(begun)
        return 0 if self._stop.is_set() or all(each.is_well for each in rounds) else 1

    def status(self) -> Status:
        return {
            "chargers": [charger.status() for charger in self._chargers],
            "traffic": self._traffic.snapshot(),
        }

    def _end(self) -> None:
        logs.say(Way.WITHIN, "The bridge ends")
        self._switchboard.stop()
        left = STOP_SECONDS
        for charger in self._chargers:
            charger.context.bells.stop()
        for charger in self._chargers:
            begun = clocks.SYSTEM.monotonic()
            if late := charger.join(left):
                charger.context.say(Way.WITHIN, f"Not ended in time: {', '.join(late)}")
            left = max(0.0, left - (clocks.SYSTEM.monotonic() - begun))

    def _tell_traffic(self, begun: float) -> None:
        logs.say(Way.WITHIN, self._traffic.line(self._clock.monotonic() - begun))


class _Round(threading.Thread):
    def __init__(self, charger: Charger) -> None:
        super().__init__(name=f"{charger.context.label} round", daemon=True)
        self._charger = charger
        self.is_well = False

    def run(self) -> None:
        try:
            self.is_well = self._charger.once()
        except Exception:
            logging.getLogger("bridge").exception("The round failed")
