"""What people decide about a charger. Its password is that of its station."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.cms.models import Charger
from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, NotFound
from smartserver.core.events import TOPIC_CHARGERS
from stations.models import Station

SETTABLE = frozenset({"open_name"})


def change_charger(batch: Batch, *, station_id: int, settings: Mapping[str, Any]) -> None:
    """Change how the bridge of a charger is let in, also before it has reported for the first time.

    It counts for the next request, and for the next opening of the push channel.
    """
    if surplus := settings.keys() - SETTABLE:
        raise BadInput(f"{', '.join(sorted(surplus))} cannot be set.")
    # The station's row is the lock of all that belongs to it.
    if not Station.objects.select_for_update().filter(pk=station_id).exists():
        raise NotFound("There is no such station.")
    known = Charger.objects.filter(station=station_id)
    if settings:
        Charger.objects.update_or_create(station_id=station_id, defaults=dict(settings))
        batch.changed(TOPIC_CHARGERS, station_id)
    elif not known.exists():
        raise NotFound("This station is no charger behind a bridge.")
