"""Charging profiles, limits, and what vehicles need (use cases K01 to K17).

What 2.1 adds to these messages is read here as well: a field that 2.0.1 does not have is not there.
"""

from __future__ import annotations

from stations.ocpp.facts import Decided
from stations.ocpp.frames import Payload
from stations.ocpp.reading import MAX_NUMBER, stamp, text, whole
from stations.ocpp.reports import ReportAsked, ReportKind, ReportPart, asked_of, part_of
from stations.ocpp.smart_charging import EVScheduleNotified, LimitCleared, LimitNotified, NeedsNotified
from stations.ocpp.told import ProfilesCleared, ProfileSet

# -- what stations say --------------------------------------------------------------------------


def _evse(payload: Payload) -> int:
    """Without one the station as a whole is meant."""
    return whole(payload, "evseId") if "evseId" in payload else 0


def read_limit(payload: Payload) -> LimitNotified:
    limit = payload["chargingLimit"]
    return LimitNotified(
        evse=_evse(payload),
        source=text(limit, "chargingLimitSource"),
        schedules=payload.get("chargingSchedule") or [],
        local_generation=bool(limit.get("isLocalGeneration")),
        grid_critical=limit.get("isGridCritical"),
    )


def read_cleared_limit(payload: Payload) -> LimitCleared:
    return LimitCleared(_evse(payload), text(payload, "chargingLimitSource"))


def read_needs(payload: Payload) -> NeedsNotified:
    needs = payload["chargingNeeds"]
    return NeedsNotified(
        evse=whole(payload, "evseId"),
        needs=needs,
        departure=stamp(needs.get("departureTime")),
        max_periods=whole(payload, "maxScheduleTuples") if "maxScheduleTuples" in payload else None,
    )


def read_ev_schedule(payload: Payload) -> EVScheduleNotified:
    return EVScheduleNotified(
        evse=whole(payload, "evseId"),
        begins=stamp(payload["timeBase"]),
        schedule=payload["chargingSchedule"],
        chosen=whole(payload, "selectedChargingScheduleId") if "selectedChargingScheduleId" in payload else None,
        tolerance_accepted=payload.get("powerToleranceAcceptance"),
    )


def write_decision(answer: Decided) -> Payload:
    return {"status": answer.status}


def read_profile_report(payload: Payload) -> ReportPart:
    """Profiles of one EVSE and one source; each is told of with both (K09)."""
    evse, source = whole(payload, "evseId"), text(payload, "chargingLimitSource")
    for profile in payload["chargingProfile"]:
        whole(profile, "id", least=-MAX_NUMBER)
        whole(profile, "stackLevel")
    items = [{"evse": evse, "source": source, "profile": profile} for profile in payload["chargingProfile"]]
    return part_of(ReportKind.CHARGING_PROFILES, payload, items)


# -- what they answer ---------------------------------------------------------------------------


def read_set_profile(request: Payload, reply: Payload) -> ProfileSet:
    return ProfileSet(request["evseId"], request["chargingProfile"], reply["status"])


def read_clear_profile(request: Payload, reply: Payload) -> ProfilesCleared:
    criteria = request.get("chargingProfileCriteria") or {}
    return ProfilesCleared(
        number=request.get("chargingProfileId"),
        evse=criteria.get("evseId"),
        purpose=criteria.get("chargingProfilePurpose"),
        stack_level=criteria.get("stackLevel"),
        status=reply["status"],
    )


def read_asked_profiles(request: Payload, reply: Payload) -> ReportAsked:
    return asked_of(ReportKind.CHARGING_PROFILES, request, reply)


# -- what is asked of them ----------------------------------------------------------------------


def write_set_profile(evse: int, profile: Payload) -> Payload:
    return {"evseId": evse, "chargingProfile": profile}


def write_clear_profile(number: int | None, criteria: Payload) -> Payload:
    """`criteria`: evse, purpose, stack_level."""
    names = {"evse": "evseId", "purpose": "chargingProfilePurpose", "stack_level": "stackLevel"}
    payload: Payload = {} if number is None else {"chargingProfileId": number}
    found = {names[name]: value for name, value in criteria.items()}
    return payload | {"chargingProfileCriteria": found} if found else payload


def write_composite(evse: int, duration: int) -> Payload:
    return {"evseId": evse, "duration": duration}
