"""Limits that others than the server set, as stations tell of them (2.x K12, K13).

Vehicles whose needs are met by a plan get another one where it is no longer what is best (K16).
"""

from __future__ import annotations

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import ChargingLimit, ChargingProfile, Station
from stations.ocpp.facts import Acknowledged
from stations.ocpp.profiles import EXTERNAL_CONSTRAINTS, LOCAL_GENERATION
from stations.ocpp.smart_charging import LimitCleared, LimitNotified
from stations.services.context import Context
from stations.services.smart_charging.needs import plan_again

MAX_LIMITS = 500
"""Limits that are kept of one station."""


def keep_limit(batch: Batch, context: Context, fact: LimitNotified) -> Acknowledged:
    """The limit of this source is this one now. Beyond `MAX_LIMITS` the one that was told of first goes."""
    station = Station.objects.select_for_update().only("pk").get(pk=context.station_id)
    ChargingLimit.objects.update_or_create(
        station=station,
        evse=fact.evse,
        source=fact.source[:20],
        is_local_generation=fact.local_generation,
        defaults={
            "is_grid_critical": fact.grid_critical,
            "schedules": fact.schedules,
            "received_at": context.received_at,
            "cleared_at": None,
        },
    )
    kept = ChargingLimit.objects.filter(station=station).order_by("-received_at", "-pk").values_list("pk", flat=True)
    if over := list(kept[MAX_LIMITS:]):
        ChargingLimit.objects.filter(pk__in=over).delete()
    plan_again(batch, station_id=context.station_id, at=context.received_at, evse=fact.evse)
    batch.changed(TOPIC_STATIONS, context.station_id)
    return Acknowledged()


def clear_limit(batch: Batch, context: Context, fact: LimitCleared) -> Acknowledged:
    """The limits of this source are gone, and profiles that the station has told of as its."""
    limits = ChargingLimit.objects.filter(station_id=context.station_id, evse=fact.evse, source=fact.source[:20])
    limits.filter(cleared_at=None).update(cleared_at=context.received_at)
    ChargingProfile.objects.filter(
        station_id=context.station_id,
        evse=fact.evse,
        purpose__in=(EXTERNAL_CONSTRAINTS, LOCAL_GENERATION),
        limit_source=fact.source[:20],
    ).delete()
    plan_again(batch, station_id=context.station_id, at=context.received_at, evse=fact.evse)
    batch.changed(TOPIC_STATIONS, context.station_id)
    return Acknowledged()
