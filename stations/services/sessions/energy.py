"""What a session used, from registers that are missing, wrong, replaced or out of order. Pure; energies in Wh.

The rule is simple, last register minus first, until a meter breaks it. Then what is in doubt is not billed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

NEW_METER_WH = 1_000.0
"""A register below this may be that of a new meter: what it says proves nothing."""

MARGIN_WH = 10_000.0
WITHOUT_CLOCK_WH = 100_000.0
"""What a session may have used at any moment; and when nobody knows how long it has been running."""

MAX_POWER_W = 500_000.0
"""More than outlets for cars give."""


class Spans(NamedTuple):
    """From the start of a session to a register: as the server heard of them, and by the station's clock."""

    heard: tuple[datetime, datetime]
    told: tuple[datetime | None, datetime | None]


def is_implausible_start(start_wh: float, register_wh: float, spans: Spans) -> bool:
    """Whether a start meter of zero hides the meter's lifetime (citrineos-core#1060).

    It does when the next register is more than the outlet can have given since. The server may have heard of the
    start late, so the station's own clock counts too, where it can be believed.
    """
    elapsed, margin = spans.heard[1] - spans.heard[0], WITHOUT_CLOCK_WH
    begin, end = spans.told
    if begin is not None and end is not None:
        elapsed, margin = max(elapsed, end - begin), MARGIN_WH
    hours = max(0.0, elapsed.total_seconds()) / 3600.0
    return start_wh <= 0.0 and register_wh > margin + MAX_POWER_W * hours


def used(registers: Iterable[float]) -> float:
    """What a meter counted, of its registers, oldest first; also when it was reset, replaced, or overflowed on the way.

    After a step back by more than half it counts on from the lower register, unless one step leads back to where
    it was. Any other step back is noise: registers below the highest one are as if they had not been sent.
    """
    total = 0.0
    peak: float | None = None  # the register before the step back, while the meter is below it
    total_at_peak = drop = 0.0
    previous: float | None = None
    for register in registers:
        if previous is None:
            pass
        elif register < previous:
            if peak is None:
                peak, total_at_peak, drop = previous, total, 0.0
            drop = max(drop, peak - register)
        else:
            total += register - previous
            if peak is not None and register >= peak:
                if _is_noise(peak, drop) or register - previous >= drop / 2.0:
                    total = total_at_peak + register - peak
                peak = None
        previous = register
    return total_at_peak if peak is not None and _is_noise(peak, drop) else total


def _is_noise(peak: float, drop: float) -> bool:
    return drop < peak / 2.0
