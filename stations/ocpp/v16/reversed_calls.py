"""What some stations send the wrong way round: charging profiles, and a question that is no frame.

A charge point of seed 004 calls SetChargingProfile and ClearChargingProfile itself, with `chargingProfile` or
`csChargingProfiles`, and `chargingProfileId` or `id`. The schemas are those of the other direction, so they do not
help: what has to be there is looked for here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stations.ocpp.errors import OCCURRENCE_VIOLATION, PROPERTY_VIOLATION, CallError
from stations.ocpp.facts import Decided, ProfileClaimed, ProfilesDisclaimed
from stations.ocpp.frames import Payload
from stations.ocpp.reading import MAX_NUMBER, number, text

STATE_REQUEST = "DUMP_STATE"
"""The text message that asks for the state of the sessions; the answer is JSON, but no frame of OCPP."""

MAX_PERIODS = 1024


def is_state_request(message: str) -> bool:
    return message.strip() == STATE_REQUEST


def read_profile(payload: Payload) -> ProfileClaimed:
    profile = payload.get("csChargingProfiles") or payload.get("chargingProfile")
    if not isinstance(profile, dict):
        raise CallError(OCCURRENCE_VIOLATION, "There is no charging profile in it.")
    key = _whole(profile, "chargingProfileId", "id")
    if key is None:
        raise CallError(OCCURRENCE_VIOLATION, "The charging profile has no chargingProfileId.")
    schedule = profile.get("chargingSchedule")
    periods = schedule.get("chargingSchedulePeriod") if isinstance(schedule, dict) else None
    if isinstance(periods, list) and len(periods) > MAX_PERIODS:
        raise CallError(PROPERTY_VIOLATION, f"The charging profile has more than {MAX_PERIODS} periods.")
    return ProfileClaimed(
        evse=_whole(payload, "connectorId", "evseId") or 0,
        number=key,
        stack_level=_whole(profile, "stackLevel") or 0,
        purpose=text(profile, "chargingProfilePurpose")[:40] or "TxDefaultProfile",
        kind=text(profile, "chargingProfileKind")[:16],
        profile=profile,
    )


def read_clearing(payload: Payload) -> ProfilesDisclaimed:
    return ProfilesDisclaimed(
        number=_whole(payload, "chargingProfileId", "id"),
        evse=_whole(payload, "connectorId", "evseId"),
        purpose=text(payload, "chargingProfilePurpose")[:40] or None,
        stack_level=_whole(payload, "stackLevel"),
    )


def write_decision(answer: Decided) -> Payload:
    return {"status": answer.status}


def _whole(values: Mapping[str, Any], *names: str) -> int | None:
    """The first of these that is there, as a whole number of 32 bits, also when it was sent as a text."""
    for name in names:
        if values.get(name) is not None:
            found = number(values[name])
            if found is None or not found.is_integer() or not 0 <= found <= MAX_NUMBER:
                raise CallError(PROPERTY_VIOLATION, f"{name} is no whole number of 32 bits.")
            return int(found)
    return None


def first_limit_w(profile: Any) -> float | None:
    """The limit of the first period of a profile, in W; None where it is in A or not to be found."""
    schedule = profile.get("chargingSchedule") if isinstance(profile, dict) else None
    if not isinstance(schedule, dict) or schedule.get("chargingRateUnit") == "A":
        return None
    periods = schedule.get("chargingSchedulePeriod")
    first = periods[0] if isinstance(periods, list) and periods else None
    return number(first.get("limit")) if isinstance(first, dict) else None
