"""What follows from an attempt: delivered, tried again and when, or given up. Pure.

Deliveries of one subscription go out one at a time, oldest first. While the oldest fails, those
behind it wait, so that a receiver that was away for a short while gets everything in order. After
`in_order` attempts, or when the receiver itself refuses this one message (4xx), it *stands aside*: it is
tried again by its own timetable, and the others pass. While the receiver does not work at all, the
subscription as a whole pauses between attempts, the longer the more often it failed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

GONE = 410
ASKS_FOR_LATER = frozenset({408, 425, 429})
"""4xx that do not mean the message, but the moment."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of an attempt. `status` None: no answer, `error` says why. `retry_after` in seconds, as asked for."""

    status: int | None = None
    text: str = ""
    error: str = ""
    seconds: float = 0.0
    retry_after: float | None = None

    @property
    def success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        return self.status == GONE

    @property
    def refuses_message(self) -> bool:
        """The receiver works, but does not take this message."""
        return self.status is not None and 400 <= self.status < 500 and self.status not in ASKS_FOR_LATER


@dataclass(frozen=True, slots=True)
class Verdict:
    """After a failure. `again`: not before this time, None: given up. `holds`: the deliveries behind it wait.

    `pause`: so long the whole subscription waits.
    """

    again: datetime | None
    holds: bool
    pause: timedelta


@dataclass(frozen=True, slots=True)
class Schedule:
    """Pauses in seconds, after the first, second, … failure; the last one is repeated until `lifetime` is over."""

    steps: tuple[float, ...] = (5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600)
    lifetime: timedelta = timedelta(days=3)
    longest_pause: float = 300.0
    in_order: int = 4
    jitter: float = 0.2
    longest_wish: float = 3600.0

    def judge(
        self, reply: Reply, *, attempts: int, failures: int, since: datetime, now: datetime, chance: Callable[[], float]
    ) -> Verdict:
        """What follows from a failed attempt.

        `attempts` of this delivery, which waits `since`; `failures` of the subscription in a row; both count the one
        just made. `chance()` is a random number in 0…1: a receiver that comes back is not met by everybody at once.
        """
        spread = 1.0 + self.jitter * (2.0 * chance() - 1.0)
        wish = min(reply.retry_after or 0.0, self.longest_wish)
        delay = timedelta(seconds=max(self._step(attempts) * spread, wish))
        pause = timedelta(seconds=max(min(self._step(failures) * spread, self.longest_pause), wish))
        again = None if reply.gone or now - since >= self.lifetime else now + delay
        if reply.refuses_message:
            return Verdict(again, holds=False, pause=timedelta(0))
        if attempts < self.in_order and again is not None:
            return Verdict(again, holds=True, pause=delay)
        return Verdict(again, holds=False, pause=pause)

    def _step(self, failures: int) -> float:
        return self.steps[min(failures, len(self.steps)) - 1]
