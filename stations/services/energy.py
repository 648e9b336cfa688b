"""What a session used, from registers that are missing, wrong, replaced or out of order. Pure; energies in Wh.

The rule is simple, last register minus first, until a meter breaks it. Then what is in doubt is not billed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

MARGIN_WH = 1_000.0
"""Registers below this prove nothing: a new meter begins here, and a session that just began may be here."""

MAX_POWER_W = 500_000.0
"""More than outlets for cars give. (A lorry at 3 MW whose meter begins at zero loses its first interval to it.)"""


def is_implausible_start(start_wh: float, register_wh: float, elapsed: timedelta) -> bool:
    """Whether a start meter of zero hides the meter's lifetime (citrineos-core#1060).

    It does when the next register is more than an outlet can have given since.
    """
    hours = max(0.0, elapsed.total_seconds()) / 3600.0
    return start_wh <= 0.0 and register_wh > MARGIN_WH + MAX_POWER_W * hours


def elapsed_between(*spans: tuple[datetime | None, datetime | None]) -> timedelta:
    """The longest of the spans of which both ends are known: a server hears of an offline start late."""
    known = [end - begin for begin, end in spans if begin is not None and end is not None]
    return max(known, default=timedelta())


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
