"""What a station should allow by the charging profiles that it has, and how that differs from what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Any, NamedTuple

from smartserver.core.errors import BadInput
from stations.models import ChargingLimit, ChargingProfile, ChargingTerms, EVSchedule, Transaction
from stations.ocpp import schemas
from stations.ocpp.charging import LONGEST, Difference, Period, Session, Unit, composite, differences, read_periods
from stations.ocpp.frames import Payload
from stations.ocpp.profiles import DYNAMIC, EXTERNAL_CONSTRAINTS, LOCAL_GENERATION, Profile, schedules_of
from stations.ocpp.reading import stamp
from stations.services.equipment.clocks import zone_of_station


class Schedule(NamedTuple):
    """`unreadable`: ids of profiles that could not be taken into account (a station may name any of its own)."""

    evse: int
    start: datetime
    duration: int
    unit: Unit
    periods: tuple[Period, ...]
    unreadable: tuple[int, ...] = ()


class Comparison(NamedTuple):
    """`reported` is None where the station gave no schedule."""

    expected: Schedule
    reported: Schedule | None
    differences: tuple[Difference, ...]


def expected_schedule(
    station_id: int,
    evse: int,
    start: datetime,
    duration: int,
    unit: str = "A",
    *,
    voltage: float = 230.0,
    phases: int = 3,
    without: int | None = None,
) -> Schedule:
    """The composite schedule by the profiles that the station confirmed, and by the limits that it has told of (2.x).

    EVSE 0 is the station as a whole. An EVSE without a session is taken as one whose session begins at `start`.
    `without`: the number of a profile that is left out. `BadInput` for what makes no schedule.
    """
    asked = _unit(unit)
    if not 1 <= duration <= LONGEST.total_seconds():
        raise BadInput(f"A schedule is at least a second and at most {LONGEST.days} days long.")
    if voltage <= 0 or not 1 <= phases <= 3:
        raise BadInput("There has to be a voltage, and one to three phases.")
    sessions = _sessions(station_id)
    if evse:
        sessions.setdefault(evse, Session(None, start))
    profiles, unreadable = _profiles(station_id, without)
    periods = composite(
        profiles,
        start=start,
        duration=duration,
        unit=asked,
        connector=evse,
        voltage=voltage,
        phases=phases,
        sessions=sessions,
    )
    return Schedule(evse, start, duration, asked, periods, unreadable)


def compare_schedule(
    station_id: int, request: Payload, reply: Payload, at: datetime, *, voltage: float = 230.0, phases: int = 3
) -> Comparison:
    """A station's answer to GetCompositeSchedule beside what its profiles, as they are known now, amount to.

    `at` is when it was answered: where the schedule begins if the answer does not say (1.6 section 6.22).
    """
    evse = _evse(reply, request)
    # 1.6: a ChargingSchedule, with its start beside it or in it; 2.x: a CompositeSchedule.
    schedule: dict[str, Any] = reply.get("chargingSchedule") or reply.get("schedule") or {}
    starts = (schedule.get("startSchedule"), schedule.get("scheduleStart"), reply.get("scheduleStart"))
    moment = next(filter(None, (stamp(each).moment for each in starts)), None)
    asked = int(request["duration"])
    # A station may answer for less than was asked for, and in its own unit.
    said = int(schedule.get("duration") or asked)
    duration = max(1, min(asked, said, int(LONGEST.total_seconds())))
    unit: str = schedule.get("chargingRateUnit") or request.get("chargingRateUnit") or "A"
    expected = expected_schedule(station_id, evse, moment or at, duration, unit, voltage=voltage, phases=phases)
    if reply["status"] != "Accepted" or not schedule:
        return Comparison(expected, None, ())
    reported = expected._replace(periods=read_periods(schedule), unreadable=())
    found = differences(expected.periods, reported.periods, duration=duration)
    return Comparison(expected, reported, found)


def _evse(*payloads: Payload) -> int:
    """Where it is about, in the answer or, where that does not say, in the request."""
    found = (payload.get(name) for payload in payloads for name in ("connectorId", "evseId"))
    return int(next(each for each in found if each is not None))


def _unit(unit: str) -> Unit:
    if unit == "A":
        return "A"
    if unit == "W":
        return "W"
    raise BadInput("The unit is A or W.")


def _sessions(station_id: int) -> dict[int, Session]:
    running = Transaction.objects.filter(station_id=station_id, active=True, evse__isnull=False).order_by("pk")
    first = set(
        ChargingTerms.objects.filter(transaction__in=running, priority=True).values_list("transaction", flat=True)
    )
    return {
        evse: Session(key, begun, key in first, soc)
        for key, evse, begun, soc in running.values_list("pk", "evse__number", "started_at", "soc")
    }


def _profiles(station_id: int, without: int | None = None) -> tuple[list[Profile], tuple[int, ...]]:
    rows = list(ChargingProfile.objects.filter(station_id=station_id))
    limits = list(ChargingLimit.objects.filter(station_id=station_id, cleared_at__isnull=True))
    rows, limits = _newer(rows, limits)
    choices = EVSchedule.objects.filter(station_id=station_id).values_list("transaction", "chosen")
    chosen: dict[int | None, int | None] = dict(choices)
    zone = cache(lambda: zone_of_station(station_id))
    found, unreadable = [each for limit in limits for each in _of_limit(limit)], []
    for row in rows:
        if row.number == without:
            continue
        try:
            found.append(_read(row, chosen.get(row.transaction_id), zone))
        except ValueError:
            unreadable.append(row.number)
    return found, tuple(unreadable)


def _newer(
    rows: list[ChargingProfile], limits: list[ChargingLimit]
) -> tuple[list[ChargingProfile], list[ChargingLimit]]:
    """A limit of others may be known twice: as it was told (K12), and among the profiles that were reported (K09)."""
    told = {(limit.evse, limit.source, _purpose(limit)): limit.received_at for limit in limits}
    reported: dict[tuple[int, str, str], datetime] = {}
    kept = []
    for row in rows:
        place = row.evse, row.limit_source, row.purpose
        if place not in told or told[place] < row.confirmed_at:
            reported[place] = row.confirmed_at
            kept.append(row)
    return kept, [each for each in limits if (each.evse, each.source, _purpose(each)) not in reported]


def _purpose(limit: ChargingLimit) -> str:
    return LOCAL_GENERATION if limit.is_local_generation else EXTERNAL_CONSTRAINTS


_CALLS = {False: ("2.1", "evseId", "chargingProfile"), True: ("1.6", "connectorId", "csChargingProfiles")}
"""How a profile that has a chargingProfileId, or none, is sent; what 2.0.1 sends fits the schema of 2.1."""


def _read(row: ChargingProfile, chosen: int | None, zone: Callable[[], tzinfo]) -> Profile:
    profile = _checked(row.profile, row.evse, row.confirmed_at, chosen, zone)
    # Sessions have the server's numbers here, whatever the station calls them.
    return profile if row.transaction_id is None else replace(profile, transaction=row.transaction_id)


def _checked(
    profile: Payload,
    evse: int,
    at: datetime,
    chosen: int | None = None,
    zone: Callable[[], tzinfo] = lambda: UTC,
) -> Profile:
    """What a station names itself was not checked yet. `ValueError` for what is none."""
    version, place, name = _CALLS["chargingProfileId" in profile]
    if schemas.request_problems(version, "SetChargingProfile", {place: evse, name: profile}):
        raise ValueError("not by the schema")
    return Profile.read(
        profile, connector=evse, received_at=at, chosen=chosen, zone=zone() if _is_local(profile) else UTC
    )


def _is_local(profile: Payload) -> bool:
    """Whether the station's time zone matters."""
    return any(each.get("useLocalTime") for each in schedules_of(profile))


def _of_limit(limit: ChargingLimit) -> Iterator[Profile]:
    """A limit of others that the station has told of, as the profiles that it is (2.x K12, K13)."""
    for schedule in limit.schedules:
        profile = {
            "id": -limit.pk,
            "stackLevel": 0,
            "chargingProfilePurpose": _purpose(limit),
            "chargingProfileKind": "Absolute" if "startSchedule" in schedule else DYNAMIC,
            "chargingSchedule": [schedule],
        }
        with suppress(ValueError):  # it is shown as it was told, and limits nothing that could be calculated
            yield _checked(profile, limit.evse, limit.received_at)
