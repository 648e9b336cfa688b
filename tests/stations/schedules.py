"""Charging profiles, sessions and composite schedules in short."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from stations.ocpp.charging import Profile, Unit, composite
from stations.ocpp.schemas import request_problems
from stations.ocpp.times import written
from tests.stations.support import NOON

HOUR, DAY = 3600, 86400
TX = 7


def after(**span: int) -> datetime:
    return NOON + timedelta(**span)


def profile(
    *steps: tuple[int, float] | tuple[int, float, int],
    purpose: str = "TxDefaultProfile",
    connector: int = 1,
    level: int = 0,
    kind: str = "Absolute",
    unit: str = "A",
    start: datetime | None = NOON,
    duration: int | None = None,
    number: int = 1,
    received: datetime = NOON,
    begun: datetime | None = None,
    **more: Any,
) -> Profile:
    """A profile as it comes off the wire: valid by the schema of SetChargingProfile."""
    schedule: dict[str, Any] = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [
            dict(zip(("startPeriod", "limit", "numberPhases"), step, strict=False)) for step in steps
        ],
    }
    if start is not None:
        schedule["startSchedule"] = written(start)
    if duration is not None:
        schedule["duration"] = duration
    payload = {
        "chargingProfileId": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
    } | more
    problems = request_problems("1.6", "SetChargingProfile", {"connectorId": connector, "csChargingProfiles": payload})
    assert not problems, problems
    return Profile.read(payload, connector=connector, received_at=received, transaction_start=begun)


def whole(limit: float, **more: Any) -> Profile:
    """The limit of the station as a whole."""
    return profile((0, limit), purpose="ChargePointMaxProfile", connector=0, **({"number": 90} | more))


def session(*steps: Any, **more: Any) -> Profile:
    return profile(*steps, purpose="TxProfile", **({"number": 50, "transactionId": TX} | more))


def made(
    *profiles: Profile,
    start: datetime = NOON,
    duration: int = HOUR,
    unit: Unit = "A",
    connector: int = 1,
    transaction: int | None = None,
    **more: Any,
) -> list[tuple[int, float | None]]:
    found = composite(
        profiles,
        start=start,
        duration=duration,
        unit=unit,
        connector=connector,
        transaction=transaction,
        **more,
    )
    return [(period.start_seconds, period.limit) for period in found]
