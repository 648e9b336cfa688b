"""How vehicles will charge, as they choose it themselves (2.x K15, K16)."""

from __future__ import annotations

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import EVSchedule, Station
from stations.ocpp.facts import Decided
from stations.ocpp.smart_charging import EVScheduleNotified
from stations.services.context import Context
from stations.services.smart_charging.running import running_at


def keep_ev_schedule(batch: Batch, context: Context, fact: EVScheduleNotified) -> Decided:
    """Rejected where it cannot be used: no session runs there, or nobody knows when it begins.

    Accepted says that it was taken, not that anybody agrees with it (NotifyEVChargingScheduleResponse).
    """
    station = Station.objects.select_for_update().only("pk").get(pk=context.station_id)
    transaction = running_at(context.station_id, fact.evse)
    if transaction is None or fact.begins.moment is None:
        return Decided("Rejected")
    EVSchedule.objects.update_or_create(
        station=station,
        evse=fact.evse,
        defaults={
            "transaction": transaction,
            "begins_at": fact.begins.moment,
            "schedule": fact.schedule,
            "chosen": fact.chosen,
            "tolerance_accepted": fact.tolerance_accepted,
            "received_at": context.received_at,
        },
    )
    batch.changed(TOPIC_STATIONS, context.station_id)
    return Decided("Accepted")
