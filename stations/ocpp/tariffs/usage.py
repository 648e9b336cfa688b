"""What a transaction used, as the calculator takes it: segments of time in which energy flows evenly, or none does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import NamedTuple

_ZERO = Decimal()
_MICROSECOND = timedelta(microseconds=1)
_HOUR = 3_600_000_000


class Segment(NamedTuple):
    """`charging`: energy flows between EVSE and EV; else the time is idle (2.1 section 2.58, TotalUsageType)."""

    begin: datetime
    end: datetime
    energy_wh: Decimal = _ZERO
    power_w: Decimal = _ZERO
    current_a: Decimal = _ZERO
    charging: bool = False

    @property
    def microseconds(self) -> int:
        return (self.end - self.begin) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Usage:
    """`segments` follow each other without a gap, the first one begins at `begin`.

    `reserved_from`: when the reservation was made by which the transaction began; None: there was none.
    """

    begin: datetime
    segments: tuple[Segment, ...] = ()
    zone: tzinfo = UTC
    evse_kind: str = ""
    payment_brand: str = ""
    payment_recognition: str = ""
    reserved_from: datetime | None = None

    @property
    def end(self) -> datetime:
        return self.segments[-1].end if self.segments else self.begin


class Sample(NamedTuple):
    """What a meter showed. `energy_wh`: since the transaction began; None: it was not told."""

    moment: datetime
    energy_wh: float | None = None
    power_w: float | None = None
    current_a: float | None = None


def segments_of(
    samples: Iterable[Sample], begin: datetime, end: datetime, total_wh: float | None = None
) -> tuple[Segment, ...]:
    """The segments between the samples, from `begin` to `end`.

    The energy never goes back, because what is charged is not given back; `total_wh` is what the transaction used
    in the end, whatever single registers said (a meter may have been replaced on the way).
    """
    ordered = sorted((each for each in samples if _tells(each)), key=lambda sample: sample.moment)
    top = None if total_wh is None else _decimal(total_wh)
    segments: list[Segment] = []
    at, energy, power = begin, _ZERO, None
    for sample in ordered:
        moment = min(max(sample.moment, at), max(end, at))
        reached = energy if sample.energy_wh is None else max(energy, _decimal(sample.energy_wh))
        reached = reached if top is None else max(energy, min(reached, top))
        if moment > at or reached > energy:
            segments.append(_segment(at, moment, reached - energy, power, sample))
        at, energy, power = moment, reached, sample.power_w
    if at < end or (top is not None and energy < top):
        rest = _ZERO if top is None else max(_ZERO, top - energy)
        segments.append(_segment(at, max(at, end), rest, power, Sample(end)))
    return tuple(segments)


def _tells(sample: Sample) -> bool:
    return sample.energy_wh is not None or sample.power_w is not None


def _segment(begin: datetime, end: datetime, energy: Decimal, before: float | None, sample: Sample) -> Segment:
    """Between two samples; `before` is the power of the first one, None: there is none.

    Its power is the mean, where energy flowed. A register of whole kWh stands still for a while; where it does, power
    at both ends tells that the vehicle charges.
    """
    power = _decimal(sample.power_w or 0.0) if before is None or before > 0 else _ZERO
    duration = (end - begin) // _MICROSECOND
    if energy > 0 and duration > 0:
        power = energy * _HOUR / duration
    return Segment(begin, end, energy, power, _decimal(sample.current_a or 0.0), energy > 0 or power > 0)


def _decimal(value: float) -> Decimal:
    """To the thousandth: meters count no finer, and sums of floats are not exact."""
    return Decimal(str(round(value, 3)))
