"""What a charging profile of 2.x has to fulfil before it is sent (part 2, use cases K01, K28; V2X: block Q).

What it has in common with 1.6 is in `profile_rules.py`. Fields that 2.0.1 does not have are not there, so its profiles
pass the rules of 2.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from django.db.models import Q

from stations.models import ChargingProfile
from stations.ocpp.frames import Payload
from stations.ocpp.operation_modes import CENTRAL_FREQUENCY, CHARGING_ONLY, mode_of, period_faults
from stations.ocpp.profiles import (
    DEFAULT_PROFILE,
    DYNAMIC,
    EXTERNAL_CONSTRAINTS,
    STATION_MAX_PROFILE,
    TX_PROFILE,
    schedules_of,
)
from stations.ocpp.reading import stamp
from stations.services.equipment.known_limits import Configured, configured_2x, operation_modes
from stations.services.smart_charging.profile_rules import (
    Problems,
    found_at,
    profile_problems,
    refuse,
    room_problems,
    started_problems,
)
from stations.services.smart_charging.running import running_named

_DELAYED = (DEFAULT_PROFILE, TX_PROFILE)
"""Purposes of profiles that may begin by chance a little later."""

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def check_set_profile_2x(station_id: int, payload: Payload) -> None:
    """`InvalidPayload` when the profile of a SetChargingProfile of 2.x can never be right at this station."""
    evse, profile = payload["evseId"], payload["chargingProfile"]
    known = configured_2x(station_id)
    refuse(
        [
            *_evse_problems(evse),
            *found_at("chargingProfile", _number_problems(known, profile)),
            *found_at("chargingProfile", _place_problems(station_id, evse, profile)),
            *found_at("chargingProfile", _problems(known, profile)),
            *found_at("chargingProfile", _mode_problems(station_id, evse, profile)),
            *found_at("chargingProfile", _level_problems(station_id, evse, profile)),
            *found_at("chargingProfile", room_problems(known, station_id, Q(number=profile["id"]), "id")),
        ]
    )


def check_request_start(station_id: int, payload: Payload) -> None:
    """The same for RequestStartTransaction, whose profile is for the transaction that it starts (F01, K05)."""
    profile = payload.get("chargingProfile")
    if profile is not None:
        problems = [*started_problems(profile), *_problems(configured_2x(station_id), profile)]
        refuse([*found_at("chargingProfile", iter(problems))])


def _evse_problems(evse: int) -> Problems:
    if evse < 0:
        yield "evseId", "It is at least 0."


def _number_problems(known: Configured, profile: Payload) -> Problems:
    """Ids up to this one are for the limits of others (2.1 K01.FR.80)."""
    reserved = known.get("maxexternalconstraintsid", "").strip()
    try:
        is_free = not reserved or profile["id"] > int(reserved)
    except ValueError:
        return  # the station says something else
    if not is_free:
        yield "id", f"The station keeps the ids up to {reserved} for the limits of others."


def _place_problems(station_id: int, evse: int, profile: Payload) -> Problems:
    """Purpose, EVSE and transaction have to fit (K01.FR.03, FR.16, FR.22)."""
    purpose, name = profile["chargingProfilePurpose"], profile.get("transactionId")
    if purpose == EXTERNAL_CONSTRAINTS:
        yield "chargingProfilePurpose", "External constraints are told by the station, and not set."
    if purpose == STATION_MAX_PROFILE and evse != 0:
        yield "chargingProfilePurpose", f"{STATION_MAX_PROFILE} is for EVSE 0, the station as a whole."
    if purpose != TX_PROFILE:
        if name is not None:
            yield "transactionId", f"Only a {TX_PROFILE} belongs to a transaction."
    elif evse == 0:
        yield "chargingProfilePurpose", f"{TX_PROFILE} is for one EVSE, not for EVSE 0."
    elif name is None:
        yield "transactionId", f"A {TX_PROFILE} has to say of which transaction."
    else:
        running = running_named(station_id, name)
        if running is None or running.evse is None or running.evse.number != evse:
            yield "transactionId", f"No such transaction runs on EVSE {evse} of this station."


def _problems(known: Configured, profile: Payload) -> Problems:
    yield from profile_problems(known, profile)
    kind, schedules = profile["chargingProfileKind"], schedules_of(profile)
    if len(schedules) > 1 and profile["chargingProfilePurpose"] != TX_PROFILE:
        yield "chargingSchedule", f"Only a {TX_PROFILE} has several, of which the vehicle chooses one."
    for index, schedule in enumerate(schedules):
        path = f"chargingSchedule/{index}"
        if schedule.get("randomizedDelay") and profile["chargingProfilePurpose"] not in _DELAYED:
            yield f"{path}/randomizedDelay", "Only profiles of transactions are delayed."  # K01.FR.95
        if kind in ("Absolute", "Recurring") and "startSchedule" not in schedule:
            yield f"{path}/startSchedule", "An absolute or recurring profile has to say when it begins."
        if kind in ("Relative", DYNAMIC) and "startSchedule" in schedule:
            yield f"{path}/startSchedule", "Only an absolute or recurring profile has one."
        for number, period in enumerate(schedule["chargingSchedulePeriod"]):
            faults = period_faults(period, purpose=profile["chargingProfilePurpose"], unit=schedule["chargingRateUnit"])
            found = chain(((fault.field, fault.text) for fault in faults), _period_problems(kind, period))
            yield from found_at(f"{path}/chargingSchedulePeriod/{number}", found)
    yield from _dynamic_problems(profile, schedules)


def _dynamic_problems(profile: Payload, schedules: list[Mapping[str, Any]]) -> Problems:
    """K28: values that are told anew are those of one period."""
    if profile["chargingProfileKind"] == DYNAMIC:
        if len(schedules) > 1 or len(schedules[0]["chargingSchedulePeriod"]) > 1:
            yield "chargingSchedule", "A dynamic profile has one schedule of one period."
        if profile.get("dynUpdateInterval", 0) < 0:
            yield "dynUpdateInterval", "It is at least 0."
        return
    for name in ("dynUpdateInterval", "dynUpdateTime"):
        if name in profile:
            yield name, "Only a dynamic profile has one."


def _period_problems(kind: str, period: Mapping[str, Any]) -> Problems:
    if "phaseToUse" in period and period.get("numberPhases") != 1:
        yield "phaseToUse", "It goes with numberPhases 1 only."  # K01.FR.19
    if mode_of(period) == CENTRAL_FREQUENCY:
        if kind != DYNAMIC:
            yield "operationMode", f"{CENTRAL_FREQUENCY} is for a dynamic profile."  # Q07.FR.02
        for name in ("limit", "dischargeLimit"):
            if name in period:
                yield name, f"{CENTRAL_FREQUENCY} has none."  # Q07.FR.03
    setpoint = period.get("setpoint")
    if setpoint is None:
        return
    if "limit" in period and setpoint > period["limit"]:
        yield "setpoint", "It is above the limit."
    if "dischargeLimit" in period and setpoint < period["dischargeLimit"]:
        yield "setpoint", "It is below the limit of discharging."


def _mode_problems(station_id: int, evse: int, profile: Payload) -> Problems:
    """Whether the EVSE knows the operation modes (V2XChargingCtrlr.SupportedOperationModes)."""
    wanted = {mode_of(each) for schedule in schedules_of(profile) for each in schedule["chargingSchedulePeriod"]}
    if wanted == {CHARGING_ONLY}:
        return
    known = operation_modes(station_id, evse)
    if known and (unknown := wanted - known - {CHARGING_ONLY}):
        yield "chargingSchedule", f"The EVSE does not know {' and '.join(sorted(unknown))}."


def _level_problems(station_id: int, evse: int, profile: Payload) -> Problems:
    """Two of one purpose and level may not hold at once (K01.FR.06, FR.39); the same id replaces (K01.FR.05)."""
    others = ChargingProfile.objects.filter(
        station_id=station_id,
        evse=max(evse, 0),
        purpose=profile["chargingProfilePurpose"],
        stack_level=max(profile["stackLevel"], 0),
    ).exclude(number=profile["id"])
    start, end = (stamp(profile.get(name)).moment for name in ("validFrom", "validTo"))
    for other in others:
        if (other.valid_from or _FIRST) < (end or _LAST) and (start or _FIRST) < (other.valid_to or _LAST):
            yield (
                "stackLevel",
                f"Profile {other.number} has this purpose and level at the same time: replace or clear it.",
            )
            return
