"""A tariff as the calculator needs it, read from a TariffType (2.1 part 2, section 2.60 and those it names)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any

from stations.ocpp.reading import stamp
from stations.ocpp.tariffs.money import Tax

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Kind(Enum):
    """What is priced; the values are the fields of TariffType."""

    ENERGY = "energy"
    CHARGING_TIME = "chargingTime"
    IDLE_TIME = "idleTime"
    FIXED = "fixedFee"
    RESERVATION_TIME = "reservationTime"
    RESERVATION_FIXED = "reservationFixed"


AMOUNT = MappingProxyType(
    {
        Kind.ENERGY: "priceKwh",
        Kind.CHARGING_TIME: "priceMinute",
        Kind.IDLE_TIME: "priceMinute",
        Kind.FIXED: "priceFixed",
        Kind.RESERVATION_TIME: "priceMinute",
        Kind.RESERVATION_FIXED: "priceFixed",
    }
)
"""The field that holds a price of this kind, without tax: for a kWh, for a minute, or once."""


class Measure(Enum):
    """What ranges of a condition are about; the values end the names of their fields (`minEnergy`, `maxEnergy`)."""

    ENERGY = "Energy"
    CURRENT = "Current"
    POWER = "Power"
    TIME = "Time"
    CHARGING_TIME = "ChargingTime"
    IDLE_TIME = "IdleTime"


@dataclass(frozen=True, slots=True)
class Range:
    """`low` is part of it, `high` is not; None is open. Negative: about discharging, and `low` is closest to zero."""

    low: Decimal | None
    high: Decimal | None

    @property
    def limits(self) -> tuple[Decimal, ...]:
        return tuple(each for each in (self.low, self.high) if each is not None)

    def holds(self, value: Decimal) -> bool:
        sign = -1 if any(each < 0 for each in self.limits) else 1
        distance = sign * value
        return (self.low is None or distance >= sign * self.low) and (self.high is None or distance < sign * self.high)


@dataclass(frozen=True, slots=True)
class Period:
    """Times of day, weekdays and dates by the station's local clock. `ends` before or at `begins`: the next day."""

    begins: time | None = None
    ends: time | None = None
    days: frozenset[int] = frozenset()
    """0 is Monday; none: all."""
    since: date | None = None
    until: date | None = None
    """The first day on which it does not hold any more."""

    @property
    def is_always(self) -> bool:
        return self == _ALWAYS

    def holds(self, local: datetime) -> bool:
        day, now = local.date(), local.time()
        if (self.since is not None and day < self.since) or (self.until is not None and day >= self.until):
            return False
        if self.days and local.weekday() not in self.days:
            return False
        begins, ends = self.begins or time.min, self.ends or time.min
        if ends <= begins:  # into the next day; 00:00 is the end of this one
            return now >= begins or now < ends
        return begins <= now < ends


_ALWAYS = Period()


@dataclass(frozen=True, slots=True)
class Conditions:
    """All of them have to hold. `evse_kind`: AC or DC; the empty text: whichever."""

    period: Period = _ALWAYS
    evse_kind: str = ""
    payment_brand: str = ""
    payment_recognition: str = ""
    ranges: Mapping[Measure, Range] = field(default_factory=dict)

    @property
    def are_some(self) -> bool:
        return self != _NONE


_NONE = Conditions()


@dataclass(frozen=True, slots=True)
class Price:
    amount: Decimal
    conditions: Conditions = _NONE


@dataclass(frozen=True, slots=True)
class Part:
    """The prices of one kind. The first one whose conditions hold applies."""

    prices: tuple[Price, ...]
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """The least or the most that a transaction costs, without and with tax; at least one of them is there."""

    excl: Decimal | None
    incl: Decimal | None
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class Tariff:
    id: str
    currency: str
    parts: Mapping[Kind, Part]
    valid_from: datetime | None = None
    minimum: Limit | None = None
    maximum: Limit | None = None


def read_tariff(payload: Mapping[str, Any]) -> Tariff:
    """A TariffType that fits its schema and makes sense (`sense.problems_of`)."""
    return Tariff(
        id=payload["tariffId"],
        currency=payload["currency"],
        parts={kind: _part(kind, payload[kind.value]) for kind in Kind if kind.value in payload},
        valid_from=stamp(payload.get("validFrom")).moment,
        minimum=_limit(payload.get("minCost")),
        maximum=_limit(payload.get("maxCost")),
    )


def number(value: float | int | str) -> Decimal:
    """The number as it was written: 0.1 is a tenth, not the nearest binary fraction."""
    return Decimal(str(value))


def read_conditions(payload: Mapping[str, Any]) -> Conditions:
    """TariffConditionsType, or TariffConditionsFixedType. `ValueError`: a time or a date is none."""
    begins, ends = payload.get("startTimeOfDay"), payload.get("endTimeOfDay")
    since, until = payload.get("validFromDate"), payload.get("validToDate")
    ranges = {measure: _range(payload, measure.value) for measure in Measure}
    return Conditions(
        Period(
            begins=None if begins is None else _time(begins),
            ends=None if ends is None else _time(ends),
            days=frozenset(WEEKDAYS.index(day) for day in payload.get("dayOfWeek", ())),
            since=None if since is None else date.fromisoformat(since),
            until=None if until is None else date.fromisoformat(until),
        ),
        payload.get("evseKind", ""),
        payload.get("paymentBrand", ""),
        payload.get("paymentRecognition", ""),
        {measure: found for measure, found in ranges.items() if found.limits},
    )


def _time(text: str) -> time:
    return datetime.strptime(text, "%H:%M").time()


def _range(payload: Mapping[str, Any], name: str) -> Range:
    low, high = payload.get(f"min{name}"), payload.get(f"max{name}")
    return Range(None if low is None else number(low), None if high is None else number(high))


def _part(kind: Kind, payload: Mapping[str, Any]) -> Part:
    prices = tuple(
        Price(number(each[AMOUNT[kind]]), read_conditions(each.get("conditions", {}))) for each in payload["prices"]
    )
    return Part(prices, _taxes(payload))


def _taxes(payload: Mapping[str, Any]) -> tuple[Tax, ...]:
    return tuple(Tax(each["type"], number(each["tax"]), each.get("stack", 0)) for each in payload.get("taxRates", ()))


def _limit(payload: Mapping[str, Any] | None) -> Limit | None:
    if payload is None:
        return None
    excl, incl = payload.get("exclTax"), payload.get("inclTax")
    return Limit(None if excl is None else number(excl), None if incl is None else number(incl), _taxes(payload))
