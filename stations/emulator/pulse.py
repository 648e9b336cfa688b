"""The time of one emulated station, and how it waits."""

from __future__ import annotations

import asyncio
from math import inf


class Pulse:
    """`speed` seconds of the station pass in a real one, from `start()` on."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._begun = 0.0
        self._wake = asyncio.Event()

    def start(self) -> None:
        self._begun = asyncio.get_running_loop().time()

    @property
    def now(self) -> float:
        """Seconds of the emulated station."""
        return (asyncio.get_running_loop().time() - self._begun) * self._speed

    def wake(self) -> None:
        self._wake.set()

    async def sleep(self, until: float, due: float) -> None:
        """Until something comes in, the station's clock shows `due`, or the loop's clock shows `until`."""
        until = min(until, self._begun + due / self._speed)
        timer = asyncio.get_running_loop().call_at(until, self._wake.set) if until != inf else None
        try:
            await self._wake.wait()
            self._wake.clear()
        finally:
            if timer is not None:
                timer.cancel()
