"""What is agreed on for a session: priority, and in which ways energy may flow (2.1 K21, K22, Q01)."""

from __future__ import annotations

from typing import Any

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import ChargingTerms, Station
from stations.ocpp.facts import Acknowledged
from stations.ocpp.smart_charging import PriorityNotified, PriorityUsed, TransferAllowed
from stations.services.context import Context
from stations.services.settled import Settled
from stations.services.smart_charging.running import running_named


def note_priority(batch: Batch, context: Context, fact: PriorityNotified) -> Acknowledged:
    """A driver has switched it at the station. Of a session that does not run any more nothing is kept."""
    terms = {"priority": fact.active, "priority_by": ChargingTerms.By.STATION, "priority_at": context.received_at}
    _agree(batch, context.station_id, fact.reference, terms)
    return Acknowledged()


def keep_priority(batch: Batch, settled: Settled, fact: PriorityUsed) -> None:
    """The station has switched it, as it was asked."""
    if fact.status == "Accepted":
        terms = {"priority": fact.active, "priority_by": ChargingTerms.By.SERVER, "priority_at": settled.at}
        _agree(batch, settled.station_id, fact.reference, terms)


def keep_transfer(batch: Batch, settled: Settled, fact: TransferAllowed) -> None:
    """The station uses none but these."""
    if fact.status == "Accepted":
        terms = {"allowed_energy_transfer": fact.modes, "allowed_at": settled.at}
        _agree(batch, settled.station_id, fact.reference, terms)


def _agree(batch: Batch, station_id: int, reference: str, terms: dict[str, Any]) -> None:
    Station.objects.select_for_update().only("pk").get(pk=station_id)
    transaction = running_named(station_id, reference)
    if transaction is not None:
        ChargingTerms.objects.update_or_create(transaction=transaction, defaults=terms)
        batch.changed(TOPIC_STATIONS, station_id)
