"""What a change of a configuration key has to fulfil before it is sent."""

from __future__ import annotations

from stations.ocpp.frames import Payload
from stations.services.smart_charging.profile_rules import refuse

MIN_PASSWORD = 16


def is_password(key: str) -> bool:
    """Whether this key is what the station logs in with (security whitepaper, section 2.1)."""
    return key.strip().lower() == "authorizationkey"


def check_change(station_id: int, payload: Payload) -> None:
    """A password that is too short is refused (security whitepaper A00.FR.205); the rest is the station's affair."""
    if is_password(payload["key"]) and len(payload["value"]) < MIN_PASSWORD:
        refuse([("value", f"A password has at least {MIN_PASSWORD} characters.")])
