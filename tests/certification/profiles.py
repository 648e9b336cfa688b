"""Charging profiles for tests."""

from __future__ import annotations

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.ocpp.frames import Payload


def profile(
    number: int = 1,
    purpose: str = "TxDefaultProfile",
    *,
    level: int = 0,
    periods: tuple[tuple[int, float], ...] = ((0, 2000.0),),
    duration: int = 3600,
    start: str = "",
) -> Payload:
    """An absolute one from now on, in W; `periods`: seconds, and what may flow from then."""
    return {
        "chargingProfileId": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "duration": duration,
            "startSchedule": start or isoformat(clock.now()),
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": second, "limit": limit} for second, limit in periods],
        },
    }


def limits(schedule: Payload) -> list[float]:
    """What a chargingSchedule allows, one after the other."""
    return [period["limit"] for period in schedule["chargingSchedulePeriod"]]
