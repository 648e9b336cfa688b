"""How long to wait before the next attempt to connect. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable

DELAYS = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
JITTER = 0.1
"""Each delay is longer or shorter by up to this share, so that a thousand chargers do not come back at once."""

STABLE = 60.0
"""Seconds after which a connection counts as stable: the next delay is the first again."""

GAP = 2.0
"""Seconds between two attempts at least, however often somebody asks."""


class Backoff:
    """One connection's delays. Times are seconds on a clock that never goes back."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._failures = 0
        self._tried: float | None = None
        self._opened: float | None = None

    def tries(self, now: float) -> None:
        """An attempt begins."""
        self._tried, self._opened = now, None

    def opened(self, now: float) -> None:
        """It has led to a connection."""
        self._opened = now

    def lost(self, now: float) -> float:
        """It failed, or the connection ended: the seconds until the next attempt."""
        if self._opened is not None and now - self._opened >= STABLE:
            self._failures = 0
        delay = DELAYS[min(self._failures, len(DELAYS) - 1)]
        self._failures += 1
        delay *= 1 - JITTER + 2 * JITTER * self._chance()
        since = GAP if self._tried is None else now - self._tried
        return max(delay, GAP - since)


def grown(first: float, failures: int) -> float:
    """Seconds to wait after so many failures in a row of something that begins with `first`: doubled up to 300 s."""
    longest = max(first, DELAYS[-1])
    return float(min(first * 2 ** min(failures - 1, 10), longest)) if failures > 0 else 0.0
