"""Charging profiles of all versions: what they say, and which of their periods holds when.

1.6 section 7.8, 2.x part 2 ChargingProfileType. Both become one form here: which of them a payload has is seen from
its names, so rows and emulated stations need not remember a version.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from stations.ocpp.local_times import moment_of, recurrence, recurrences
from stations.ocpp.reading import number, stamp

MAX_PROFILE, DEFAULT_PROFILE, TX_PROFILE = "ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"

STATION_MAX_PROFILE, EXTERNAL_CONSTRAINTS = "ChargingStationMaxProfile", "ChargingStationExternalConstraints"
"""2.x: what 1.6 calls ChargePointMaxProfile, and what is limited by somebody else than the server."""

PRIORITY_CHARGING, LOCAL_GENERATION = "PriorityCharging", "LocalGeneration"
"""2.1: in force instead of others when it is switched on; capacity that comes on top of others."""

MAX_PROFILES = frozenset({MAX_PROFILE, STATION_MAX_PROFILE})

DYNAMIC = "Dynamic"
"""2.1: a profile of one period whose values are told anew while it holds (K28)."""

IDLE = "Idle"
"""2.1: the operation mode in which nothing flows (Q10)."""

WISHES = ("evseSleep", "preconditioningRequest")
"""2.1: what a period may want of the EVSE and of the vehicle besides (Q10)."""

MAX_RATE = Decimal(10**9)
"""No connection takes more amperes or watts; higher limits are read as this one."""

_RECURRENCES = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}


class Step(NamedTuple):
    """A period of a profile: `limit` in the profile's unit, from `start` seconds after the profile's beginning.

    In 2.1 there may be no `limit`, but a `setpoint`: what has to flow, below 0 into the grid; and `discharge`, at most
    0: the lowest that may flow. Where phases have values of their own, watts are their sum, amperes the one that is
    nearest to 0. `mode` is the operationMode, `wishes` those of `WISHES` that it has.
    """

    start: int
    limit: Decimal | None
    phases: int | None = None
    discharge: Decimal | None = None
    setpoint: Decimal | None = None
    mode: str = ""
    wishes: frozenset[str] = frozenset()


class SocLimit(NamedTuple):
    """2.1 limitAtSoC: from a state of charge on, in %, no more than `limit`, in the profile's unit."""

    soc: float
    limit: Decimal

    def cap(self, step: Step, soc: float | None) -> Step:
        """What is left of a period at a state of charge; one that nobody knows changes nothing."""
        if soc is None or soc < self.soc:
            return step
        return step._replace(
            limit=self.limit if step.limit is None else min(step.limit, self.limit),
            setpoint=None if step.setpoint is None else min(step.setpoint, self.limit),
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """A charging profile of a station. `transaction`: the number of 1.6, or the text of 2.x.

    `zone`: the station's, where the schedule is in local time (2.1 useLocalTime).
    """

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
    transaction: int | str | None = None
    start_schedule: datetime | None = None
    duration: int | None = None
    min_rate: float | None = None
    transaction_start: datetime | None = None
    zone: tzinfo | None = None
    soc_limit: SocLimit | None = None

    @classmethod
    def read(
        cls,
        payload: Mapping[str, Any],
        *,
        connector: int = 0,
        received_at: datetime,
        transaction_start: datetime | None = None,
        chosen: int | None = None,
        zone: tzinfo = UTC,
    ) -> Profile:
        """Read a profile that fits its schema; `ValueError` for a time or a limit that cannot be read.

        What is relative begins at `transaction_start`; without one at `received_at`. `chosen` is the id of the schedule
        that the vehicle has chosen, where there are several (2.x, ISO 15118); otherwise the first counts. `zone` is the
        station's, for schedules in local time.
        """
        schedules = schedules_of(payload)
        schedule = next((each for each in schedules if chosen is not None and each.get("id") == chosen), schedules[0])
        unit = schedule["chargingRateUnit"]
        steps = (_step(each, unit) for each in schedule["chargingSchedulePeriod"])
        dynamic = payload["chargingProfileKind"] == DYNAMIC
        local = zone if schedule.get("useLocalTime") else None
        return cls(
            id=number_of(payload),
            purpose=payload["chargingProfilePurpose"],
            stack_level=payload["stackLevel"],
            kind=payload["chargingProfileKind"],
            unit=unit,
            periods=tuple(sorted(steps, key=lambda step: step.start)),
            received_at=received_at,
            connector=connector,
            recurrency=payload.get("recurrencyKind"),
            valid_from=_moment(payload, "validFrom"),
            valid_to=_moment(payload, "validTo"),
            transaction=payload.get("transactionId"),
            # The values of a dynamic profile hold from the moment at which they were told (2.1 K28).
            start_schedule=_moment(payload, "dynUpdateTime") if dynamic else _start(schedule, local),
            duration=schedule.get("duration"),
            min_rate=number(schedule.get("minChargingRate")),
            transaction_start=transaction_start,
            zone=local,
            soc_limit=_soc_limit(schedule),
        )

    def step_at(self, at: datetime, begun: datetime | None = None) -> Step | None:
        """The period that holds at this moment. `begun`: the session's, where the profile's own is another."""
        seconds = self.position(at, begun)
        if seconds is None:
            return None
        index = bisect_right(self.periods, seconds, key=lambda step: step.start)
        return self.periods[index - 1] if index else None

    def position(self, at: datetime, begun: datetime | None = None) -> float | None:
        """How many seconds into its schedule a moment is; None: it does not hold then."""
        if (self.valid_from and at < self.valid_from) or (self.valid_to and at >= self.valid_to):
            return None
        beginning = self._beginning(begun)
        if at < beginning:
            return None
        if length := self._recurs_after:
            count = recurrences(beginning, length, at, self.zone)
            beginning = recurrence(beginning, length, count, self.zone)
        seconds = (at - beginning).total_seconds()
        return None if self.duration is not None and seconds >= self.duration else seconds

    def edges(self, start: datetime, length: timedelta, begun: datetime | None = None) -> Iterator[timedelta]:
        """When, counted from `start`, another period may hold; all those within `length`, perhaps some outside."""
        for limit in (self.valid_from, self.valid_to):
            if limit is not None:
                yield limit - start
        marks = [timedelta(seconds=step.start) for step in self.periods]
        if self.duration is not None:
            marks.append(timedelta(seconds=self.duration))
        for beginning in self._beginnings(start, start + length, begun):
            offset = beginning - start
            yield offset  # what lasted from the day before ends here
            yield from (offset + mark for mark in marks)

    def _beginnings(self, start: datetime, end: datetime, begun: datetime | None) -> Iterator[datetime]:
        """When its schedule begins: the last time until `start`, and again until `end`."""
        first, again = self._beginning(begun), self._recurs_after
        if again is None:
            yield first
            return
        count = recurrences(first, again, start, self.zone) if first < start else 0
        while (beginning := recurrence(first, again, count, self.zone)) < end:
            yield beginning
            count += 1

    @property
    def _recurs_after(self) -> timedelta | None:
        return _RECURRENCES.get(self.recurrency or "") if self.kind == "Recurring" else None

    def _beginning(self, begun: datetime | None) -> datetime:
        if self.start_schedule is not None and self.kind != "Relative":
            return self.start_schedule
        if self.kind == DYNAMIC:
            return self.received_at
        return begun or self.transaction_start or self.received_at


def number_of(payload: Mapping[str, Any]) -> int:
    """The id of a profile: chargingProfileId in 1.6, id in 2.x."""
    found: int = payload["chargingProfileId"] if "chargingProfileId" in payload else payload["id"]
    return found


def schedules_of(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schedules of a profile: one object in 1.6, a list in 2.x."""
    found = payload["chargingSchedule"]
    return found if isinstance(found, list) else [found]


def is_level_unique(payload: Mapping[str, Any]) -> bool:
    """Whether a profile takes the place of one with the same purpose and level: in 1.6 (section 3.13.2).

    In 2.x only one with the same id goes, and others may stand beside it while their times do not overlap (K01.FR.05,
    FR.06).
    """
    return "chargingProfileId" in payload


def _step(period: Mapping[str, Any], unit: str) -> Step:
    mode = period.get("operationMode", "")
    nothing = Decimal() if mode == IDLE else None
    return Step(
        period["startPeriod"],
        _of_phases(period, "limit", unit) if nothing is None else nothing,
        period.get("numberPhases"),
        _of_phases(period, "dischargeLimit", unit) if nothing is None else nothing,
        _of_phases(period, "setpoint", unit),
        mode,
        frozenset(name for name in WISHES if period.get(name)),
    )


def _of_phases(period: Mapping[str, Any], name: str, unit: str) -> Decimal | None:
    """A value of a period, for all its phases together; None where it has none."""
    if name not in period:
        return None
    rates = [_rate(period[each]) for each in (name, f"{name}_L2", f"{name}_L3") if each in period]
    return sum(rates, Decimal()) if unit == "W" else min(rates, key=abs)


def _soc_limit(schedule: Mapping[str, Any]) -> SocLimit | None:
    found = schedule.get("limitAtSoC")
    return None if found is None else SocLimit(found["soc"], _rate(found["limit"]))


def _rate(value: Any) -> Decimal:
    found = number(value)
    if found is None:
        raise ValueError(f"{value!r} is no limit.")
    return max(-MAX_RATE, min(MAX_RATE, Decimal(str(found))))


def _start(schedule: Mapping[str, Any], zone: tzinfo | None) -> datetime | None:
    if zone is None or "startSchedule" not in schedule:
        return _moment(schedule, "startSchedule")
    return moment_of(schedule["startSchedule"], zone)


def _moment(payload: Mapping[str, Any], name: str) -> datetime | None:
    value = payload.get(name)
    if value is None:
        return None
    moment = stamp(value).moment
    if moment is None:
        raise ValueError(f"{name} is no time.")
    return moment
