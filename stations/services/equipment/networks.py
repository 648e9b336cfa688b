"""Network profiles, as stations confirmed them (2.x use case B09)."""

from __future__ import annotations

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import NetworkProfile
from stations.ocpp.network import NetworkProfileSet
from stations.services.equipment.network_passwords import keep_network_password, network_password_in
from stations.services.secrets import mask
from stations.services.settled import Settled


def keep_profile(batch: Batch, settled: Settled, fact: NetworkProfileSet) -> None:
    """What was accepted is in the slot now; what was refused changes nothing. Passwords are not kept."""
    password = network_password_in(settled.station_id, settled.action, settled.request)
    if password is not None:
        keep_network_password(settled.station_id, password, accepted=fact.status == "Accepted")
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
    batch.changed(TOPIC_STATIONS, settled.station_id)
