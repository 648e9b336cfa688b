"""Segments, cut at each moment at which a condition of a price begins or ceases to hold.

Times are whole microseconds, and energies are rounded to 12 digits behind the point where a cut is made; the last piece
of a segment takes the rest. So the pieces of a segment are exactly the segment.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from stations.ocpp.tariffs.money import EXACT
from stations.ocpp.tariffs.tariff import Measure, Price
from stations.ocpp.tariffs.usage import Segment

MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
_FINEST = Decimal("1e-12")
_ZERO = Decimal()


@dataclass(slots=True)
class Counted:
    """What the transaction has used so far: Wh, and microseconds."""

    energy_wh: Decimal = _ZERO
    charging: int = 0
    idle: int = 0

    def add(self, piece: Piece) -> None:
        self.energy_wh += piece.energy_wh
        if piece.segment.charging:
            self.charging += piece.microseconds
        else:
            self.idle += piece.microseconds


class Piece(NamedTuple):
    """A part of a segment in which all conditions stay as they are."""

    segment: Segment
    begin: datetime
    microseconds: int
    energy_wh: Decimal


class _Cut(NamedTuple):
    """`after` microseconds of a segment. `energy_wh`: what has flowed in it until then, where that makes the cut."""

    after: int
    energy_wh: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where ranges begin and end: Wh, and microseconds."""

    energy: tuple[Decimal, ...]
    time: tuple[int, ...]
    charging: tuple[int, ...]
    idle: tuple[int, ...]

    @classmethod
    def of(cls, prices: Iterable[Price]) -> Thresholds:
        found: dict[Measure, set[Decimal]] = {measure: set() for measure in Measure}
        for price in prices:
            for measure, limits in price.conditions.ranges.items():
                found[measure].update(limits.limits)
        times = [
            tuple(sorted(int(each * SECOND) for each in found[measure]))
            for measure in (Measure.TIME, Measure.CHARGING_TIME, Measure.IDLE_TIME)
        ]
        return cls(tuple(sorted(found[Measure.ENERGY])), *times)


def cut(
    segment: Segment, elapsed: int, counted: Counted, thresholds: Thresholds, moments: Sequence[datetime]
) -> Iterator[Piece]:
    """The pieces of a segment that begins `elapsed` microseconds after its transaction.

    `moments`: at which something changes by the clock, in order. `counted`: what was used before; it is read at once.
    """
    cuts = list(_cuts(segment, elapsed, counted, thresholds, moments))
    if not cuts:
        return iter((Piece(segment, segment.begin, segment.microseconds, segment.energy_wh),))
    cuts.sort(key=lambda each: (each.after, abs(each.energy_wh or _ZERO)))
    return _pieces(segment, cuts)


def _pieces(segment: Segment, cuts: Iterable[_Cut]) -> Iterator[Piece]:
    total, duration = segment.energy_wh, segment.microseconds
    after, energy = 0, _ZERO
    for each in (*cuts, _Cut(duration, total)):
        reached = each.energy_wh
        if reached is None:
            reached = EXACT.divide(total * each.after, Decimal(duration)).quantize(_FINEST, context=EXACT)
        if abs(reached) < abs(energy):  # a cut by energy that was rounded to this very microsecond came before
            reached = energy
        if (each.after, reached) != (after, energy):
            yield Piece(segment, segment.begin + after * MICROSECOND, each.after - after, reached - energy)
        after, energy = each.after, reached


def _cuts(
    segment: Segment, elapsed: int, counted: Counted, thresholds: Thresholds, moments: Sequence[datetime]
) -> Iterator[_Cut]:
    duration = segment.microseconds
    first = bisect_right(moments, segment.begin)
    for moment in moments[first : bisect_left(moments, segment.end, lo=first)]:
        yield _Cut((moment - segment.begin) // MICROSECOND)
    own = (thresholds.charging, counted.charging) if segment.charging else (thresholds.idle, counted.idle)
    for limits, used in ((thresholds.time, elapsed), own):
        for limit in limits[bisect_right(limits, used) : bisect_left(limits, used + duration)]:
            yield _Cut(limit - used)
    total = segment.energy_wh
    low, high = sorted((counted.energy_wh, counted.energy_wh + total))
    limits_wh = thresholds.energy
    for limit_wh in limits_wh[bisect_right(limits_wh, low) : bisect_left(limits_wh, high)]:
        flowed = limit_wh - counted.energy_wh
        yield _Cut(int(EXACT.divide(flowed * duration, total).to_integral_value()), flowed)
