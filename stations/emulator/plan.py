"""What the stations of a run have in common."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from stations.emulator.tls import Tls
from stations.emulator.trace import Trace

BACKOFF_FIRST = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What all stations of a run have in common."""

    url: str
    password: str = ""
    speed: float = 1.0
    """Seconds of the emulated station in a real one."""
    call_timeout: float = 30.0
    backoff: float = BACKOFF_FIRST
    tls: Tls = field(default_factory=Tls)
    trace: Trace = field(default_factory=Trace)


class Pace:
    """Spreads the connections of a fleet evenly, also when all of them come back at once."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1.0 / per_second
        self._free = 0.0

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time()
        self._free = max(now, self._free + self._gap)
        await asyncio.sleep(self._free - now)
