"""What a network profile has to fulfil before it is sent (2.x use cases A05, B09)."""

from __future__ import annotations

from stations.models import Variable
from stations.ocpp.frames import Payload
from stations.services.smart_charging.profile_rules import refuse

TLS = 2
"""Security profiles from here on are encrypted (A00)."""


def check_network_profile(station_id: int, payload: Payload) -> None:
    """The security profile never falls below the one that the station has told, and from 2 on it takes TLS (A05)."""
    wanted = payload["connectionData"]
    problems = []
    known = security_profile(station_id)
    if known is not None and wanted["securityProfile"] < known:
        reason = f"The station has security profile {known}; it is never lowered."
        problems.append(("connectionData/securityProfile", reason))
    if wanted["securityProfile"] >= TLS and not wanted["ocppCsmsUrl"].lower().startswith("wss:"):
        problems.append(("connectionData/ocppCsmsUrl", f"Security profile {wanted['securityProfile']} needs wss."))
    refuse(problems)


def security_profile(station_id: int) -> int | None:
    """What the station has told of SecurityCtrlr.SecurityProfile; None: nothing yet."""
    told = Variable.objects.filter(
        station_id=station_id,
        component__iexact="SecurityCtrlr",
        variable__iexact="SecurityProfile",
        attribute="Actual",
    ).values_list("value", flat=True)
    value = told.first() or ""
    return int(value) if value.isdecimal() else None
