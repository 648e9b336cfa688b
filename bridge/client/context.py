"""What the tasks of one charger share."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bridge.client import logs
from bridge.client.clock import Clock
from bridge.client.logs import Way
from bridge.client.options import ChargerOptions, Options
from bridge.client.traffic import Traffic
from bridge.client.transport import Switchboard, Transport


class Bells:
    """One bell for each task that waits; whoever has news rings."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bells: dict[str, threading.Event] = {}
        self._are_stopped = False

    def of(self, name: str) -> threading.Event:
        with self._lock:
            bell = self._bells.setdefault(name, threading.Event())
            if self._are_stopped:
                bell.set()
            return bell

    def ring(self, *names: str) -> None:
        for name in names:
            self.of(name).set()

    def stop(self) -> None:
        with self._lock:
            self._are_stopped = True
            bells = list(self._bells.values())
        for bell in bells:
            bell.set()


@dataclass(slots=True)
class Context:
    """`name` is the charger's id, empty until the hardware (or the spool's file) has said it."""

    options: Options
    charger: ChargerOptions
    clock: Clock
    traffic: Traffic
    switchboard: Switchboard
    stop: threading.Event
    bells: Bells = field(default_factory=Bells)
    name: str = ""
    last_poll: float | None = None
    last_event: float | None = None

    @property
    def label(self) -> str:
        """For log lines."""
        return self.name or f"{self.charger.host}:{self.charger.port}"

    def say(self, way: Way, text: str, *, level: int = logging.INFO) -> None:
        logs.say(way, text, level=level, charger=self.label)

    def warn(self, way: Way, text: str) -> None:
        """What the end of the bridge itself does to requests is nothing to warn of."""
        if not self.stop.is_set():
            self.say(way, text, level=logging.WARNING)

    def wait(self, task: str, seconds: float) -> None:
        """Until somebody rings for this task, or so many seconds have passed, or the bridge stops."""
        bell = self.bells.of(task)
        if not self.stop.is_set():
            self.clock.wait(seconds, bell)
            bell.clear()

    def transport(self, *, is_local: bool) -> Transport:
        return Transport(self.switchboard, self.traffic, is_local=is_local)


def moment(seconds: float | None) -> str | None:
    """ISO 8601 in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
