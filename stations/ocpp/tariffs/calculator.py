"""What a transaction costs (2.1 part 2, block I; use cases I08 to I12).

    cost = calculate([Agreed(begin, tariff)], usage)     # or `CannotCalculate`

Of each kind the first price applies whose conditions hold; where none does, nothing is charged. Volumes are added up
exactly, taxes are added to the sum of a kind, and only that is rounded. The least and the most that a transaction costs
come last. Time and memory grow with the segments plus the times of day that lie in between.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import NamedTuple

from stations.ocpp.tariffs import calendar
from stations.ocpp.tariffs.limits import CostType, limited
from stations.ocpp.tariffs.money import EXACT, LARGEST, Money, factor, rounded
from stations.ocpp.tariffs.pieces import MICROSECOND, SECOND, Counted, Piece, Thresholds, cut
from stations.ocpp.tariffs.tariff import Conditions, Kind, Measure, Part, Price, Tariff
from stations.ocpp.tariffs.usage import Segment, Usage

LONGEST = timedelta(days=400)
"""A transaction that seems longer has its times from a clock that was set in between."""

_MINUTE = 60 * SECOND
_ZERO = Decimal()


class CannotCalculate(Exception):
    """There is no cost; the text says why."""


class Agreed(NamedTuple):
    """A tariff, and from when it is the transaction's (the first one: from its begin, whatever `since` says)."""

    since: datetime
    tariff: Tariff


@dataclass(slots=True)
class ChargingPeriod:
    """A time of the transaction in which the same prices applied. Wh, microseconds, and the bounds of W and A."""

    begin: datetime
    tariff_id: str
    energy_wh: Decimal = _ZERO
    charging: int = 0
    idle: int = 0
    power_w: tuple[Decimal, Decimal] | None = None
    current_a: tuple[Decimal, Decimal] | None = None

    def add(self, piece: Piece) -> None:
        self.energy_wh += piece.energy_wh
        if not piece.segment.charging:
            self.idle += piece.microseconds
            return
        self.charging += piece.microseconds
        self.power_w = _widened(self.power_w, piece.segment.power_w)
        self.current_a = _widened(self.current_a, piece.segment.current_a)


def _widened(bounds: tuple[Decimal, Decimal] | None, value: Decimal) -> tuple[Decimal, Decimal]:
    return (value, value) if bounds is None else (min(bounds[0], value), max(bounds[1], value))


@dataclass(frozen=True, slots=True)
class Cost:
    """`kinds`: rounded, of each that the tariff prices. `total`: their sum, unless a limit took its place (`type`)."""

    currency: str
    kinds: Mapping[Kind, Money]
    total: Money
    type: CostType
    periods: tuple[ChargingPeriod, ...]
    energy_wh: Decimal
    charging: timedelta
    idle: timedelta
    reserved: timedelta


def calculate(agreed: Sequence[Agreed], usage: Usage) -> Cost:
    """The cost of a usage by the tariffs that were agreed on, the first one first."""
    currency = agreed[0].tariff.currency
    if any(each.tariff.currency != currency for each in agreed):
        raise CannotCalculate("The tariffs of a transaction have different currencies.")
    begin = usage.begin if usage.reserved_from is None else min(usage.begin, usage.reserved_from)
    if usage.end - begin > LONGEST:
        raise CannotCalculate(f"A transaction of more than {LONGEST.days} days has its times from a wrong clock.")
    with localcontext(EXACT):
        return _Account(agreed, usage, begin).settle()


class _Chooser:
    """Finds the price of one kind that applies."""

    def __init__(self, part: Part, usage: Usage) -> None:
        # What is known of the EVSE and the payment does not change.
        self._prices = [(index, price) for index, price in enumerate(part.prices) if _fits(price.conditions, usage)]
        self._open: list[tuple[int, Price]] = []

    def enter(self, local: datetime) -> None:
        """From now on, and until the next moment at which something changes by the clock."""
        self._open = [(index, price) for index, price in self._prices if price.conditions.period.holds(local)]

    def choose(self, values: Mapping[Measure, Decimal]) -> int | None:
        for index, price in self._open:
            ranges = price.conditions.ranges
            if all(limits.holds(values[measure]) for measure, limits in ranges.items()):
                return index
        return None


def _fits(conditions: Conditions, usage: Usage) -> bool:
    wanted = (conditions.evse_kind, conditions.payment_brand, conditions.payment_recognition)
    found = (usage.evse_kind, usage.payment_brand, usage.payment_recognition)
    return all(not want or want == have for want, have in zip(wanted, found, strict=True))


@dataclass(slots=True)
class _Volumes:
    """Wh or microseconds, by the number of the agreed tariff, the kind and the number of the price."""

    found: dict[tuple[int, Kind, int], Decimal] = field(default_factory=dict)

    def add(self, phase: int, kind: Kind, price: int | None, volume: Decimal) -> None:
        if price is not None:
            key = phase, kind, price
            self.found[key] = self.found.get(key, _ZERO) + volume


_DURING = (Kind.ENERGY, Kind.CHARGING_TIME, Kind.IDLE_TIME)
_BEFORE = (Kind.RESERVATION_TIME,)


class _Account:
    def __init__(self, agreed: Sequence[Agreed], usage: Usage, begin: datetime) -> None:
        self._agreed = agreed
        self._usage = usage
        self._volumes = _Volumes()
        self._periods: list[ChargingPeriod] = []
        self._counted = Counted()
        self._reserved = usage.begin - begin
        self._choosers = [{kind: _Chooser(part, usage) for kind, part in each.tariff.parts.items()} for each in agreed]
        prices = [price for each in agreed for part in each.tariff.parts.values() for price in part.prices]
        self._thresholds = Thresholds.of(prices)
        self._has_ranges = any(price.conditions.ranges for price in prices)
        periods = [price.conditions.period for price in prices]
        self._moments = sorted(
            {*calendar.changes(periods, begin, usage.end, usage.zone), *(each.since for each in agreed[1:])}
        )
        self._era = -1

    def settle(self) -> Cost:
        self._reserve()
        self._begin()
        self._charge()
        kinds = self._kinds()
        total = Money(
            sum((each.excl for each in kinds.values()), _ZERO), sum((each.incl for each in kinds.values()), _ZERO)
        )
        total, kind = limited(total, self._agreed[-1].tariff)
        if max(abs(total.excl), abs(total.incl)) >= LARGEST:
            raise CannotCalculate("Nobody has charged for so much: a meter is wrong.")
        counted = self._counted
        return Cost(
            currency=self._agreed[0].tariff.currency,
            kinds=kinds,
            total=total,
            type=kind,
            periods=tuple(self._periods),
            energy_wh=counted.energy_wh,
            charging=counted.charging * MICROSECOND,
            idle=counted.idle * MICROSECOND,
            reserved=self._reserved,
        )

    # -- what is used ---------------------------------------------------------------------

    def _reserve(self) -> None:
        """The time for which the EVSE was kept (reservationTime)."""
        usage, counted = self._usage, Counted()
        segment = Segment(usage.begin - self._reserved, usage.begin)
        for piece in self._pieces([segment], segment.begin, counted):
            self._take(0, _BEFORE, piece, self._values(piece, segment.begin, counted))
            counted.add(piece)

    def _begin(self) -> None:
        """What is charged once: of the tariff with which the transaction began (TariffConditionsFixedType)."""
        kinds = (Kind.FIXED,) if self._usage.reserved_from is None else (Kind.FIXED, Kind.RESERVATION_FIXED)
        for kind in kinds:
            if chooser := self._choosers[0].get(kind):
                chooser.enter(self._usage.begin.astimezone(self._usage.zone))
                self._volumes.add(0, kind, chooser.choose({}), Decimal(1))

    def _charge(self) -> None:
        usage, counted, applied = self._usage, self._counted, None
        for piece in self._pieces(usage.segments, usage.begin, counted):
            phase = self._phase_at(piece.begin)
            chosen = phase, self._take(phase, _DURING, piece, self._values(piece, usage.begin, counted))
            if chosen != applied:
                self._periods.append(ChargingPeriod(piece.begin, self._agreed[phase].tariff.id))
                applied = chosen
            self._periods[-1].add(piece)
            counted.add(piece)

    def _pieces(self, segments: Iterable[Segment], begin: datetime, counted: Counted) -> Iterable[Piece]:
        for segment in segments:
            elapsed = (segment.begin - begin) // MICROSECOND
            for piece in cut(segment, elapsed, counted, self._thresholds, self._moments):
                self._enter(piece.begin)
                yield piece

    def _enter(self, moment: datetime) -> None:
        era = bisect_right(self._moments, moment)
        if era != self._era:
            self._era = era
            local = moment.astimezone(self._usage.zone)
            for choosers in self._choosers:
                for chooser in choosers.values():
                    chooser.enter(local)

    def _phase_at(self, moment: datetime) -> int:
        return bisect_right(self._agreed[1:], moment, key=lambda each: each.since)

    def _take(
        self, phase: int, kinds: Iterable[Kind], piece: Piece, values: Mapping[Measure, Decimal]
    ) -> tuple[int | None, ...]:
        """Charge a piece; the prices that applied."""
        applied: list[int | None] = []
        for kind in kinds:
            chooser = self._choosers[phase].get(kind)
            price = None if chooser is None else chooser.choose(values)
            applied.append(price)
            self._volumes.add(phase, kind, price, _volume(kind, piece))
        return tuple(applied)

    def _values(self, piece: Piece, begin: datetime, counted: Counted) -> dict[Measure, Decimal]:
        """In the middle of a piece, because nothing changes between its ends: Wh, W, A, s. None, where nobody asks."""
        if not self._has_ranges:
            return {}
        segment, half = piece.segment, Decimal(piece.microseconds) / 2
        charging = counted.charging + (half if segment.charging else _ZERO)
        idle = counted.idle + (_ZERO if segment.charging else half)
        return {
            Measure.ENERGY: counted.energy_wh + piece.energy_wh / 2,
            Measure.CURRENT: segment.current_a,
            Measure.POWER: segment.power_w,
            Measure.TIME: ((piece.begin - begin) // MICROSECOND + half) / SECOND,
            Measure.CHARGING_TIME: charging / SECOND,
            Measure.IDLE_TIME: idle / SECOND,
        }

    # -- what it costs --------------------------------------------------------------------

    def _kinds(self) -> dict[Kind, Money]:
        net: dict[tuple[int, Kind], Decimal] = {}
        for (phase, kind, index), volume in self._volumes.found.items():
            price = self._agreed[phase].tariff.parts[kind].prices[index]
            net[phase, kind] = net.get((phase, kind), _ZERO) + _net(kind, volume, price.amount)
        priced = {kind for each in self._agreed for kind in each.tariff.parts}
        return {kind: self._rounded(kind, net) for kind in Kind if kind in priced}

    def _rounded(self, kind: Kind, net: Mapping[tuple[int, Kind], Decimal]) -> Money:
        excl = incl = _ZERO
        for phase, each in enumerate(self._agreed):
            amount = net.get((phase, kind))
            if amount is not None:
                excl += amount
                incl += amount * factor(each.tariff.parts[kind].taxes)
        currency = self._agreed[0].tariff.currency
        return Money(rounded(excl, currency), rounded(incl, currency))


def _volume(kind: Kind, piece: Piece) -> Decimal:
    if kind is Kind.ENERGY:
        return piece.energy_wh
    counts = kind is not (Kind.IDLE_TIME if piece.segment.charging else Kind.CHARGING_TIME)
    return Decimal(piece.microseconds) if counts else _ZERO


def _net(kind: Kind, volume: Decimal, amount: Decimal) -> Decimal:
    if kind is Kind.ENERGY:
        return volume * amount / 1000
    if kind in (Kind.FIXED, Kind.RESERVATION_FIXED):
        return amount
    return volume * amount / _MINUTE
