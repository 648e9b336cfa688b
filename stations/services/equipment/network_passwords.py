"""A password in a network profile (2.1 B09): where that leads to this server, the station will log in with it.

From the moment at which the call leaves it is the station's next password, so that neither the move nor an answer that
is lost locks the station out. What it is called elsewhere, and its password there, are nothing to this server.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from smartserver.core.credentials import hash_key
from stations.models import Station, Variable
from stations.ocpp.frames import Payload
from stations.ocpp.told import VariablesTold

COMPONENT, PASSWORD = "networkconfiguration", "basicauthpassword"


class _Login(NamedTuple):
    slot: str
    address: str
    identity: str
    password: str


def network_password_in(station_id: int, action: str, payload: Payload) -> str | None:
    """The password that a call brings to the station for this server, in a network profile."""
    logins = _logins(station_id, action, payload)
    found = [login.password for login in logins if _is_for_here(station_id, login)]
    return found[-1] if found else None


def keep_network_password(station_id: int, password: str, *, accepted: bool) -> None:
    """What the station said to it. It is used only when the station connects with it."""
    Station.objects.filter(pk=station_id).update(next_password_hash=hash_key(password) if accepted else "")


def is_accepted(fact: VariablesTold) -> bool:
    """Whether the station took the password of a slot; what it did not say it did not do."""
    return any(
        (told.component.lower(), told.variable.lower(), told.status) == (COMPONENT, PASSWORD, "Accepted")
        for told in fact.variables
    )


def _logins(station_id: int, action: str, payload: Payload) -> Iterator[_Login]:
    if action == "SetNetworkProfile":
        data = payload["connectionData"]
        if "basicAuthPassword" in data:
            yield _Login("", data["ocppCsmsUrl"], data.get("identity", ""), data["basicAuthPassword"])
    elif action == "SetVariables":
        set_now = dict(_fields(payload))
        for (slot, variable), value in set_now.items():
            if variable == PASSWORD:
                address, identity = (
                    set_now.get((slot, name), "") or _told(station_id, slot, name)
                    for name in ("ocppcsmsurl", "identity")
                )
                yield _Login(slot, address, identity, value)


def _fields(payload: Payload) -> Iterator[tuple[tuple[str, str], str]]:
    """What a SetVariables puts into slots: values by slot and variable, in small letters."""
    for data in payload["setVariableData"]:
        component = data["component"]
        if component["name"].strip().lower() == COMPONENT:
            yield (
                (component.get("instance", "").lower(), data["variable"]["name"].strip().lower()),
                data["attributeValue"],
            )


def _told(station_id: int, slot: str, variable: str) -> str:
    rows = Variable.objects.filter(
        station_id=station_id,
        component__iexact=COMPONENT,
        component_instance__iexact=slot,
        variable__iexact=variable,
        attribute="Actual",
    )
    return rows.values_list("value", flat=True).first() or ""


def _is_for_here(station_id: int, login: _Login) -> bool:
    try:
        host = urlsplit(login.address).hostname
    except ValueError:
        return False
    if not host or host != urlsplit(settings.PUBLIC_URL).hostname:
        return False
    return not login.identity or Station.objects.filter(pk=station_id, identity=login.identity).exists()
