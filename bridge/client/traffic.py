"""How many bytes went where: mobile data costs money, so the bridge counts what it uses."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import MappingProxyType

from bridge.client.sizes import shown

CMS_PURPOSES = ("feed", "event", "state", "log", "command", "result", "health", "version", "push")
"""Between bridge and CMS, over the line that is paid for."""

PURPOSES = (*CMS_PURPOSES, "hardware")
"""`hardware` is the charger's own network."""

DAY = 86_400.0
SHORTEST = 60.0
"""Seconds below which nothing is said of a whole day."""


class Traffic:
    """Bytes of bodies, addresses and frames by purpose. Any thread may add and read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = dict.fromkeys(PURPOSES, (0, 0))

    def add(self, purpose: str, sent: int = 0, received: int = 0) -> None:
        """`KeyError` for a purpose that is none."""
        with self._lock:
            before = self._bytes[purpose]
            self._bytes[purpose] = (before[0] + sent, before[1] + received)

    def snapshot(self) -> dict[str, tuple[int, int]]:
        """`{purpose: (bytes sent, bytes received)}` of all purposes."""
        with self._lock:
            return dict(self._bytes)

    def line(self, seconds: float) -> str:
        """One line on the traffic with the CMS in so many seconds, and what that makes a day."""
        counted = self.snapshot()
        both = {purpose: sum(counted[purpose]) for purpose in CMS_PURPOSES if any(counted[purpose])}
        sent, received = (sum(counted[purpose][way] for purpose in CMS_PURPOSES) for way in (0, 1))
        text = f"{shown(sent)} sent to the CMS, {shown(received)} received in {_duration(seconds)}"
        if seconds >= SHORTEST:
            text += f", about {shown(daily(counted, seconds))} a day"
        shares = ", ".join(f"{purpose} {shown(both[purpose])}" for purpose in sorted(both, key=both.__getitem__)[::-1])
        return f"{text} ({shares})" if shares else text


def daily(counted: Mapping[str, tuple[int, int]], seconds: float) -> int:
    """Bytes a day over the line to the CMS, both ways, if all days are like these seconds."""
    return round(sum(sum(counted[purpose]) for purpose in CMS_PURPOSES) * DAY / seconds)


def _duration(seconds: float) -> str:
    for unit, size in _UNITS.items():
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


_UNITS: Mapping[str, float] = MappingProxyType({"days": DAY, "h": 3600.0, "min": 60.0})
