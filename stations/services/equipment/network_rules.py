"""What a network profile has to fulfil before it is sent (2.x use cases A05, B09), as a whole or by variables (2.1)."""

from __future__ import annotations

from stations.models import ConfigurationKey, Variable
from stations.ocpp.frames import Payload
from stations.services.smart_charging.profile_rules import refuse

TLS = 2
"""Security profiles from here on are encrypted (A00)."""


def check_network_profile(station_id: int, payload: Payload) -> None:
    """The security profile never falls below the one that the station has told, and from 2 on it takes TLS (A05)."""
    wanted = payload["connectionData"]
    problems = []
    if reason := _lowered(station_id, wanted["securityProfile"]):
        problems.append(("connectionData/securityProfile", reason))
    if wanted["securityProfile"] >= TLS and not wanted["ocppCsmsUrl"].lower().startswith("wss:"):
        problems.append(("connectionData/ocppCsmsUrl", f"Security profile {wanted['securityProfile']} needs wss."))
    refuse(problems)


def check_network_variables(station_id: int, payload: Payload) -> None:
    """The same where the profile of a slot is set by NetworkConfiguration.SecurityProfile (2.1)."""
    problems = []
    for place, data in enumerate(payload["setVariableData"]):
        names = (data["component"]["name"].strip().lower(), data["variable"]["name"].strip().lower())
        value = data["attributeValue"].strip()
        sets_profile = names == ("networkconfiguration", "securityprofile") and value.isdecimal()
        if sets_profile and (reason := _lowered(station_id, int(value))):
            problems.append((f"setVariableData/{place}/attributeValue", reason))
    refuse(problems)


def _lowered(station_id: int, wanted: int) -> str:
    """Why it cannot be so low; nothing: it can. Stations of 2.1 may be allowed to go from 3 to 2 (B09)."""
    known = security_profile(station_id)
    if known is None or wanted >= known:
        return ""
    allowed = _told(station_id, "AllowSecurityProfileDowngrade").strip().lower() == "true"
    if allowed and wanted >= TLS:
        return ""
    return f"The station has security profile {known}; it is never lowered" + (" below 2." if allowed else ".")


def security_profile(station_id: int) -> int | None:
    """What the station has told of SecurityCtrlr.SecurityProfile (1.6: SecurityProfile); None: nothing yet."""
    value = _told(station_id, "SecurityProfile")
    if not value:
        key = ConfigurationKey.objects.filter(station_id=station_id, key__iexact="SecurityProfile", unknown=False)
        value = key.values_list("value", flat=True).first() or ""
    return int(value) if value.isdecimal() else None


def _told(station_id: int, variable: str) -> str:
    told = Variable.objects.filter(
        station_id=station_id, component__iexact="SecurityCtrlr", variable__iexact=variable, attribute="Actual"
    )
    return told.values_list("value", flat=True).first() or ""
