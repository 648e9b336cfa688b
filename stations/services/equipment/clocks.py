"""In which time zone a station's local time is (2.x ClockCtrlr)."""

from __future__ import annotations

from datetime import tzinfo
from zoneinfo import ZoneInfo

from django.conf import settings

from stations.models import Variable
from stations.ocpp.local_times import zone_of


def zone_of_station(station_id: int) -> tzinfo:
    """What it says itself: TimeZone, else TimeOffset; else the setting."""
    rows = Variable.objects.filter(
        station_id=station_id, component__iexact="ClockCtrlr", evse=0, attribute="Actual", variable_instance=""
    )
    told = {name.lower(): value or "" for name, value in rows.values_list("variable", "value")}
    return zone_of(told.get("timezone", ""), told.get("timeoffset", "")) or ZoneInfo(settings.STATION_TIME_ZONE)
