"""The time, handed to every part that waits, so that tests can pass hours in a moment."""

from __future__ import annotations

import threading
import time


class Clock:
    """The machine's own."""

    def now(self) -> float:
        """Seconds since 1970. It may jump: chargers without a battery begin in the past until they hear of the time."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def wait(self, seconds: float, event: threading.Event) -> bool:
        """Until the event is set (True), or so many seconds have passed (False)."""
        return event.wait(max(0.0, seconds))


SYSTEM = Clock()

SANE = 1_577_836_800.0
"""2020: a clock that shows less has not been set yet, and its times say nothing of an age."""

LONGEST_WAIT = 86_400.0


def due(clock: Clock) -> tuple[float, float]:
    """What is to be done at a time up to the first of these is due, and so is what stands after the second: nothing
    waits that long, the clock was set back."""
    return clock.now(), clock.now() + LONGEST_WAIT
