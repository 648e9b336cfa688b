"""What a change of a configuration key, or of a variable, has to fulfil before it is sent."""

from __future__ import annotations

from typing import Any

from stations.ocpp.frames import Payload
from stations.services.smart_charging.profile_rules import refuse

MIN_PASSWORD = 16

_TOO_SHORT = f"A password has at least {MIN_PASSWORD} characters."


def is_password(key: str) -> bool:
    """Whether this key is what the station logs in with (security whitepaper, section 2.1)."""
    return key.strip().lower() == "authorizationkey"


def is_password_variable(component: str, variable: str) -> bool:
    """The same of a variable (2.x A01)."""
    return (component.strip().lower(), variable.strip().lower()) == ("securityctrlr", "basicauthpassword")


def password_in(action: str, payload: Payload) -> str | None:
    """The password that a call brings to the station."""
    if action == "ChangeConfiguration":
        return payload["value"] if is_password(payload["key"]) else None
    if action == "SetVariables":
        passwords = [each["attributeValue"] for each in payload["setVariableData"] if _sets_password(each)]
        return passwords[-1] if passwords else None
    return None


def _sets_password(data: Payload) -> bool:
    return is_password_variable(data["component"]["name"], data["variable"]["name"])


def check_change(station_id: int, payload: Payload) -> None:
    """A password that is too short is refused (security whitepaper A00.FR.205); the rest is the station's affair."""
    if is_password(payload["key"]) and len(payload["value"]) < MIN_PASSWORD:
        refuse([("value", _TOO_SHORT)])


def check_variables(station_id: int, payload: Payload) -> None:
    """The same for 2.x (A00.FR.205)."""
    data: list[Any] = payload["setVariableData"]
    short = [
        place for place, each in enumerate(data) if _sets_password(each) and len(each["attributeValue"]) < MIN_PASSWORD
    ]
    if short:
        refuse([(f"setVariableData/{place}/attributeValue", _TOO_SHORT) for place in short])
