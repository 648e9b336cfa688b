"""Charging profiles of 1.6 (section 7.8): what they say, and which of their periods holds when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from stations.ocpp.reading import number, stamp

MAX_PROFILE, DEFAULT_PROFILE, TX_PROFILE = "ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"

MAX_RATE = Decimal(10**9)
"""No connection takes more amperes or watts; higher limits are read as this one."""

_RECURRENCES = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}


class Step(NamedTuple):
    """A period of a profile: `limit` in the profile's unit, from `start` seconds after the profile's beginning."""

    start: int
    limit: Decimal
    phases: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A charging profile of a station (section 7.8)."""

    id: int
    purpose: str
    stack_level: int
    kind: str
    unit: str
    periods: tuple[Step, ...]
    received_at: datetime
    connector: int = 0
    recurrency: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction: int | None = None
    start_schedule: datetime | None = None
    duration: int | None = None
    min_rate: float | None = None
    transaction_start: datetime | None = None

    @classmethod
    def read(
        cls,
        payload: Mapping[str, Any],
        *,
        connector: int = 0,
        received_at: datetime,
        transaction_start: datetime | None = None,
    ) -> Profile:
        """Read a csChargingProfiles object that fits its schema; `ValueError` for a time that cannot be read.

        What is relative begins at `transaction_start`; without one at `received_at`.
        """
        schedule = payload["chargingSchedule"]
        steps = (
            Step(each["startPeriod"], _rate(each["limit"]), each.get("numberPhases"))
            for each in schedule["chargingSchedulePeriod"]
        )
        return cls(
            id=payload["chargingProfileId"],
            purpose=payload["chargingProfilePurpose"],
            stack_level=payload["stackLevel"],
            kind=payload["chargingProfileKind"],
            unit=schedule["chargingRateUnit"],
            periods=tuple(sorted(steps, key=lambda step: step.start)),
            received_at=received_at,
            connector=connector,
            recurrency=payload.get("recurrencyKind"),
            valid_from=_moment(payload, "validFrom"),
            valid_to=_moment(payload, "validTo"),
            transaction=payload.get("transactionId"),
            start_schedule=_moment(schedule, "startSchedule"),
            duration=schedule.get("duration"),
            min_rate=number(schedule.get("minChargingRate")),
            transaction_start=transaction_start,
        )

    def step_at(self, at: datetime, begun: datetime | None = None) -> Step | None:
        """The period that holds at this moment. `begun`: the session's, where the profile's own is another."""
        if (self.valid_from and at < self.valid_from) or (self.valid_to and at >= self.valid_to):
            return None
        position = at - self._beginning(begun)
        if position < timedelta():
            return None
        if length := self._recurs_after:
            position %= length
        seconds = position.total_seconds()
        if self.duration is not None and seconds >= self.duration:
            return None
        index = bisect_right(self.periods, seconds, key=lambda step: step.start)
        return self.periods[index - 1] if index else None

    def edges(self, start: datetime, length: timedelta, begun: datetime | None = None) -> Iterator[timedelta]:
        """When, counted from `start`, another period may hold; all those within `length`, perhaps some outside."""
        for limit in (self.valid_from, self.valid_to):
            if limit is not None:
                yield limit - start
        marks = [timedelta(seconds=step.start) for step in self.periods]
        if self.duration is not None:
            marks.append(timedelta(seconds=self.duration))
        offset = self._beginning(begun) - start
        if again := self._recurs_after:
            offset += max(0, -offset // again) * again
        while offset < length:
            yield from (offset + mark for mark in marks)
            if not again:
                break
            yield offset  # what lasted from the day before ends here
            offset += again

    @property
    def _recurs_after(self) -> timedelta | None:
        return _RECURRENCES.get(self.recurrency or "") if self.kind == "Recurring" else None

    def _beginning(self, begun: datetime | None) -> datetime:
        if self.start_schedule is not None and self.kind != "Relative":
            return self.start_schedule
        return begun or self.transaction_start or self.received_at


def _rate(value: Any) -> Decimal:
    found = number(value)
    if found is None:
        raise ValueError(f"{value!r} is no limit.")
    return max(-MAX_RATE, min(MAX_RATE, Decimal(str(found))))


def _moment(payload: Mapping[str, Any], name: str) -> datetime | None:
    value = payload.get(name)
    if value is None:
        return None
    moment = stamp(value).moment
    if moment is None:
        raise ValueError(f"{name} is no time.")
    return moment
