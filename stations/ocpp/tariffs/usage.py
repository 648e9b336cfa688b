"""What a transaction used, as the calculator takes it: segments of time in which energy flows evenly, or none does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import NamedTuple

from stations.ocpp.tariffs.money import EXACT

_ZERO = Decimal()
_MICROSECOND = timedelta(microseconds=1)
_HOUR = 3_600_000_000
_FINEST = Decimal("1e-12")


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
    """What a station told of a moment. `energy_wh`: since the transaction began; None: it was not told.

    `charging`: the charging state says that from here on energy flows, or that none does (2.x); None: it was not told.
    """

    moment: datetime
    energy_wh: float | None = None
    power_w: float | None = None
    current_a: float | None = None
    charging: bool | None = None

    @property
    def measures(self) -> bool:
        return self.energy_wh is not None or self.power_w is not None


def segments_of(
    samples: Iterable[Sample], begin: datetime, end: datetime, total_wh: float | None = None
) -> tuple[Segment, ...]:
    """The segments between the samples, from `begin` to `end`.

    The energy never goes back, because what is charged is not given back; `total_wh` is what the transaction used
    in the end, whatever single registers said (a meter may have been replaced on the way).
    """
    ordered = sorted(samples, key=lambda sample: sample.moment)
    top = None if total_wh is None else _decimal(total_wh)
    account = _Account(begin)
    for sample in ordered:
        is_change = sample.charging not in (None, account.told)
        if not (sample.measures or is_change):
            continue
        account.go(min(max(sample.moment, account.at), max(end, account.at)))
        if sample.measures:
            energy = account.energy
            reached = energy if sample.energy_wh is None else max(energy, _decimal(sample.energy_wh))
            account.measure(sample, reached if top is None else max(energy, min(reached, top)))
        account.told = sample.charging if is_change else account.told
    account.go(max(account.at, end))
    account.measure(Sample(end), account.energy if top is None else max(account.energy, top))
    return tuple(account.segments)


class _Span(NamedTuple):
    """A time in which the charging state stayed as it was told; None: it was not told."""

    begin: datetime
    end: datetime
    told: bool | None

    @property
    def microseconds(self) -> int:
        return (self.end - self.begin) // _MICROSECOND


class _Account:
    """Collects the spans between two measurements, and divides among them what was measured."""

    def __init__(self, begin: datetime) -> None:
        self.at = begin
        self.energy = _ZERO
        self.told: bool | None = None
        self.segments: list[Segment] = []
        self._power: float | None = None
        self._spans: list[_Span] = []

    def go(self, moment: datetime) -> None:
        if moment > self.at:
            self._spans.append(_Span(self.at, moment, self.told))
            self.at = moment

    def measure(self, sample: Sample, reached: Decimal) -> None:
        used = reached - self.energy
        if used and not self._spans:
            self._spans.append(_Span(self.at, self.at, self.told))
        for span, energy in _shares(self._spans, used):
            self.segments.append(_segment(span, energy, self._power, sample))
        if self._spans or sample.power_w is not None:  # else the same moment once more, with less than is known of it
            self._power = sample.power_w
        self.energy, self._spans = reached, []


def _shares(spans: list[_Span], energy: Decimal) -> Iterator[tuple[_Span, Decimal]]:
    """Energy flows evenly while the vehicle charges; evenly all the time, where that is said of no moment."""
    charging = [span.told is not False for span in spans]
    weights = [
        span.microseconds if flows or not any(charging) else 0 for span, flows in zip(spans, charging, strict=True)
    ]
    total, left = sum(weights), energy
    last = max((index for index, weight in enumerate(weights) if weight), default=len(spans) - 1)
    for index, (span, weight) in enumerate(zip(spans, weights, strict=True)):
        share = left if index == last else _part(energy, weight, total)
        left -= share
        yield span, share


def _part(energy: Decimal, weight: int, total: int) -> Decimal:
    return EXACT.divide(EXACT.multiply(energy, weight), total).quantize(_FINEST, context=EXACT)


def _segment(span: _Span, energy: Decimal, before: float | None, sample: Sample) -> Segment:
    """Between two measurements; `before` is the power of the first one, None: there is none.

    Its power is the mean, where energy flowed. A register of whole kWh stands still for a while; where it does, power
    at both ends tells that the vehicle charges. What the charging state says goes before both, unless a station that
    says that it charges measures at both ends that it does not.
    """
    power = _decimal(sample.power_w or 0.0) if before is None or before > 0 else _ZERO
    duration = span.microseconds
    if energy > 0 and duration > 0:
        power = energy * _HOUR / duration
    charging = energy > 0 or power > 0
    if span.told is not None and not energy:
        charging = span.told and not (before == 0 and sample.power_w == 0)
    power = power if charging else _ZERO
    return Segment(span.begin, span.end, energy, power, _decimal(sample.current_a or 0.0), charging)


def _decimal(value: float) -> Decimal:
    """To the thousandth: meters count no finer, and sums of floats are not exact."""
    return Decimal(str(round(value, 3)))
