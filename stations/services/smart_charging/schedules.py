"""What a station should allow by the charging profiles that it has, and how that differs from what it says."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from smartserver.core.errors import BadInput
from stations.models import ChargingProfile, Transaction
from stations.ocpp import schemas
from stations.ocpp.charging import LONGEST, Difference, Period, Session, Unit, composite, differences, read_periods
from stations.ocpp.frames import Payload
from stations.ocpp.profiles import Profile
from stations.ocpp.reading import stamp


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
) -> Schedule:
    """The composite schedule by the profiles that the station confirmed; EVSE 0 is the station as a whole.

    An EVSE without a session is taken as one whose session begins at `start`. `BadInput` for what makes no schedule.
    """
    asked = _unit(unit)
    if not 1 <= duration <= LONGEST.total_seconds():
        raise BadInput(f"A schedule is at least a second and at most {LONGEST.days} days long.")
    if voltage <= 0 or not 1 <= phases <= 3:
        raise BadInput("There has to be a voltage, and one to three phases.")
    sessions = _sessions(station_id)
    if evse:
        sessions.setdefault(evse, Session(None, start))
    profiles, unreadable = _profiles(station_id)
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
    evse = int(reply["connectorId"] if "connectorId" in reply else request["connectorId"])
    schedule: dict[str, Any] = reply.get("chargingSchedule") or {}
    moment = stamp(schedule.get("startSchedule")).moment or stamp(reply.get("scheduleStart")).moment
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


def _unit(unit: str) -> Unit:
    if unit == "A":
        return "A"
    if unit == "W":
        return "W"
    raise BadInput("The unit is A or W.")


def _sessions(station_id: int) -> dict[int, Session]:
    running = Transaction.objects.filter(station_id=station_id, active=True, evse__isnull=False).order_by("pk")
    return {evse: Session(key, begun) for key, evse, begun in running.values_list("pk", "evse__number", "started_at")}


def _profiles(station_id: int) -> tuple[list[Profile], tuple[int, ...]]:
    found, unreadable = [], []
    for row in ChargingProfile.objects.filter(station_id=station_id):
        sent = row.profile if row.transaction_id is None else row.profile | {"transactionId": row.transaction_id}
        call = {"connectorId": row.evse, "csChargingProfiles": sent}
        try:
            if schemas.request_problems("1.6", "SetChargingProfile", call):
                raise ValueError("not by the schema")  # what a station names itself was not checked
            found.append(Profile.read(sent, connector=row.evse, received_at=row.confirmed_at))
        except ValueError:
            unreadable.append(row.number)
    return found, tuple(unreadable)
