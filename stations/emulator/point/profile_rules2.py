"""What charging profiles a 2.x station refuses, and by which reasonCode (part 2, K01 and appendix 5). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from stations.emulator.point.message import Charge
from stations.emulator.point.profiles import speaks
from stations.emulator.point.settings import Settings
from stations.emulator.point.smart_charging_variables import Abilities
from stations.ocpp.charging import Profile
from stations.ocpp.frames import Payload
from stations.ocpp.operation_modes import INVALID_SCHEDULE, mode_of, period_faults
from stations.ocpp.profiles import (
    DEFAULT_PROFILE,
    DYNAMIC,
    EXTERNAL_CONSTRAINTS,
    IDLE,
    PRIORITY_CHARGING,
    STATION_MAX_PROFILE,
    TX_PROFILE,
)

INVALID_PROFILE, DUPLICATE = "InvalidProfile", "DuplicateProfile"

_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

Reasons = Iterator[str]


def reasons(evse: int, payload: Payload, charge: Charge | None, settings: Settings, abilities: Abilities) -> Reasons:
    """Why a profile is refused; `charge`: the running session of this EVSE."""
    yield from _of_place(evse, payload, charge)
    yield from _of_profile(payload, settings, abilities)
    yield from _of_kind(payload, abilities)
    for schedule in payload["chargingSchedule"]:
        yield from _of_schedule(payload, schedule, settings)
        yield from _of_features(payload["chargingProfilePurpose"], schedule, abilities)
        for period in schedule["chargingSchedulePeriod"]:
            yield from _of_period(payload["chargingProfilePurpose"], schedule["chargingRateUnit"], period, abilities)


def _of_place(evse: int, payload: Payload, charge: Charge | None) -> Reasons:
    """Whether the purpose goes with the EVSE and its session (K01.FR.03, FR.16, FR.22)."""
    purpose = payload["chargingProfilePurpose"]
    if purpose == TX_PROFILE:
        if evse == 0:
            yield INVALID_PROFILE
        elif charge is None or payload.get("transactionId") != charge.reference:
            yield "TxNotFound"
    elif "transactionId" in payload or purpose == EXTERNAL_CONSTRAINTS or (purpose == STATION_MAX_PROFILE and evse):
        yield INVALID_PROFILE


def _of_profile(payload: Payload, settings: Settings, abilities: Abilities) -> Reasons:
    purpose, reserved = payload["chargingProfilePurpose"], abilities.highest_reserved
    if reserved is not None and payload["id"] <= reserved:  # K01.FR.81
        yield "InvalidProfileId"
    if not abilities.knows_purpose(purpose):  # K01.FR.120
        yield "UnsupportedPurpose"
    if not 0 <= payload["stackLevel"] <= settings.number("ChargeProfileMaxStackLevel"):
        yield "InvalidStackLevel"
    if len(payload["chargingSchedule"]) > 1 and purpose != TX_PROFILE:
        yield INVALID_PROFILE
    if "maxOfflineDuration" in payload and not abilities.supports("MaxOfflineDuration"):
        yield "UnsupportedParam"


def _of_kind(payload: Payload, abilities: Abilities) -> Reasons:
    kind, schedules = payload["chargingProfileKind"], payload["chargingSchedule"]
    if kind == "Recurring" and "recurrencyKind" not in payload:
        yield INVALID_PROFILE
    if kind == DYNAMIC:
        if not abilities.supports("DynamicProfiles"):  # K01.FR.121
            yield "UnsupportedParam"
        if not len(schedules) == len(schedules[0]["chargingSchedulePeriod"]) == 1:
            yield INVALID_SCHEDULE
    elif "dynUpdateInterval" in payload or "dynUpdateTime" in payload:  # K01.FR.122
        yield INVALID_PROFILE


def _of_schedule(payload: Payload, schedule: Payload, settings: Settings) -> Reasons:
    kind = payload["chargingProfileKind"]
    starts = [period["startPeriod"] for period in schedule["chargingSchedulePeriod"]]
    if not speaks(settings, schedule["chargingRateUnit"]):  # K01.FR.26
        yield "UnsupportedRateUnit"
    if len(starts) > settings.number("ChargingScheduleMaxPeriods"):
        yield "TooManyElements"
    if starts[0] != 0 or starts != sorted(set(starts)):  # K01.FR.31, FR.35
        yield INVALID_SCHEDULE
    if ("startSchedule" in schedule) != (kind in ("Absolute", "Recurring")):  # K01.FR.40, FR.41
        yield INVALID_SCHEDULE
    if "duration" in schedule and payload["chargingProfilePurpose"] == PRIORITY_CHARGING:  # K01.FR.70
        yield INVALID_SCHEDULE


def _of_features(purpose: str, schedule: Payload, abilities: Abilities) -> Reasons:
    """What is an ability of its own (K01.FR.95, FR.123 to FR.125)."""
    wanted = {
        "UseLocalTime": schedule.get("useLocalTime", False),
        "RandomizedDelay": schedule.get("randomizedDelay", 0) > 0,
        "LimitAtSoC": "limitAtSoC" in schedule,
    }
    if any(is_wanted and not abilities.supports(feature) for feature, is_wanted in wanted.items()):
        yield INVALID_SCHEDULE
    if wanted["RandomizedDelay"] and purpose not in (TX_PROFILE, DEFAULT_PROFILE):
        yield INVALID_SCHEDULE


def _of_period(purpose: str, unit: str, period: Payload, abilities: Abilities) -> Reasons:
    if "phaseToUse" in period and period.get("numberPhases") != 1:  # K01.FR.19
        yield INVALID_SCHEDULE
    for fault in period_faults(period, purpose=purpose, unit=unit):  # K01.FR.114
        yield fault.code
    # K01.FR.126: an EVSE sleeps only while it is idle, and where it can.
    if period.get("evseSleep") and not (mode_of(period) == IDLE and abilities.supports("EvseSleep")):
        yield INVALID_SCHEDULE


def collides(new: Profile, others: Iterable[Profile]) -> bool:
    """Whether another one claims the same place at the same time (K01.FR.06, FR.39)."""
    return any(_collide(each, new) for each in others)


def _collide(one: Profile, other: Profile) -> bool:
    same = (one.connector, one.purpose, one.stack_level) == (other.connector, other.purpose, other.stack_level)
    overlaps = (one.valid_from or _EARLIEST) < (other.valid_to or _LATEST) and (other.valid_from or _EARLIEST) < (
        one.valid_to or _LATEST
    )
    return same and overlaps and one.transaction == other.transaction
