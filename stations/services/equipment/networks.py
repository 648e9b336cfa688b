"""Network profiles, as stations confirmed them (2.x use case B09)."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from smartserver.core.batch import Batch
from smartserver.core.credentials import hash_key
from smartserver.core.events import TOPIC_STATIONS
from stations.models import NetworkProfile, Station, Variable
from stations.ocpp.network import NetworkProfileSet
from stations.ocpp.told import VariablesTold
from stations.services.secrets import mask
from stations.services.settled import Settled

COMPONENT, PASSWORD = "networkconfiguration", "basicauthpassword"


def keep_profile(batch: Batch, settled: Settled, fact: NetworkProfileSet) -> None:
    """What was accepted is in the slot now; what was refused changes nothing. Passwords are not kept."""
    if fact.status != "Accepted":
        return
    profile = mask(settled.action, {"connectionData": fact.profile})["connectionData"]
    NetworkProfile.objects.update_or_create(
        station_id=settled.station_id,
        slot=fact.slot,
        defaults={
            "url": profile["ocppCsmsUrl"],
            "interface": profile["ocppInterface"],
            "security_profile": profile["securityProfile"],
            "profile": profile,
            "confirmed_at": settled.at,
        },
    )
    if password := fact.profile.get("basicAuthPassword", ""):
        _expect(settled.station_id, fact.profile["ocppCsmsUrl"], fact.profile.get("identity", ""), password)
    batch.changed(TOPIC_STATIONS, settled.station_id)


def take_password_of_network(batch: Batch, settled: Settled, fact: VariablesTold) -> None:
    """The same where the password of a slot was set by its variable (2.1), behind the address or with it."""
    if settled.action != "SetVariables":
        return
    accepted = {
        (told.component_instance.lower(), told.variable.lower())
        for told in fact.variables
        if told.component.lower() == COMPONENT and told.status == "Accepted"
    }
    for data in settled.request["setVariableData"]:
        slot = data["component"].get("instance", "").lower()
        is_password = data["component"]["name"].lower() == COMPONENT and data["variable"]["name"].lower() == PASSWORD
        if is_password and (slot, PASSWORD) in accepted:
            address, identity = (_told(settled.station_id, slot, name) for name in ("OcppCsmsUrl", "Identity"))
            _expect(settled.station_id, address, identity, data["attributeValue"])


def _told(station_id: int, slot: str, variable: str) -> str:
    rows = Variable.objects.filter(
        station_id=station_id,
        component__iexact=COMPONENT,
        component_instance__iexact=slot,
        variable__iexact=variable,
        attribute="Actual",
    )
    return rows.values_list("value", flat=True).first() or ""


def _expect(station_id: int, address: str, identity: str, password: str) -> None:
    """The station will connect with this password, if the profile leads to this server: it must not be locked out."""
    station = Station.objects.filter(pk=station_id).exclude(password_hash="")
    if identity:
        station = station.filter(identity=identity)
    if _leads_here(address):
        station.update(next_password_hash=hash_key(password))


def _leads_here(address: str) -> bool:
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return False
    return bool(host) and host == urlsplit(settings.PUBLIC_URL).hostname
