"""Charging profiles (sections 5.5, 5.7, 5.11, 5.16): what the answers to our calls tell."""

from __future__ import annotations

from stations.ocpp.frames import Payload
from stations.ocpp.told import ProfilesCleared, ProfileSet, RemotelyStarted


def read_set_profile(request: Payload, reply: Payload) -> ProfileSet:
    return ProfileSet(request["connectorId"], request["csChargingProfiles"], reply["status"])


def read_clear_profile(request: Payload, reply: Payload) -> ProfilesCleared:
    return ProfilesCleared(
        number=request.get("id"),
        evse=request.get("connectorId"),
        purpose=request.get("chargingProfilePurpose"),
        stack_level=request.get("stackLevel"),
        status=reply["status"],
    )


def read_remote_start(request: Payload, reply: Payload) -> RemotelyStarted:
    return RemotelyStarted(
        request.get("connectorId"), request["idTag"], request.get("chargingProfile"), reply["status"]
    )


def write_set_profile(evse: int, profile: Payload) -> Payload:
    return {"connectorId": evse, "csChargingProfiles": profile}


def write_clear_profile(number: int | None, criteria: Payload) -> Payload:
    """`criteria`: evse, purpose, stack_level."""
    names = {"evse": "connectorId", "purpose": "chargingProfilePurpose", "stack_level": "stackLevel"}
    payload: Payload = {} if number is None else {"id": number}
    return payload | {names[name]: value for name, value in criteria.items()}


def write_composite(evse: int, duration: int) -> Payload:
    return {"connectorId": evse, "duration": duration}
