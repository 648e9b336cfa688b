"""Alarms of distributed energy resources (2.1 use case R05)."""

from __future__ import annotations

from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from smartserver.core.events import DER_ALARM_RECEIVED
from stations.models import DERAlarm, Station
from stations.ocpp.der import DERAlarmReported
from stations.ocpp.facts import Acknowledged
from stations.services.context import Context


def keep_alarm(batch: Batch, context: Context, fact: DERAlarmReported) -> Acknowledged:
    """Every begin and every end has one row, however often it is repeated."""
    station = Station.objects.select_for_update().only("identity").get(pk=context.station_id)
    same = {
        "control_type": fact.control_type,
        "fault": fact.fault,
        "ended": fact.ended,
        "info": fact.info[:200],
        "stamp": fact.stamp.text,
    }
    if fact.stamp.text and DERAlarm.objects.filter(station=station, **same).exists():
        return Acknowledged()
    alarm = DERAlarm.objects.create(
        station=station, occurred_at=fact.stamp.moment, received_at=context.received_at, **same
    )
    batch.publish(
        DER_ALARM_RECEIVED,
        {
            "station": station.identity,
            "type": alarm.control_type,
            "fault": alarm.fault,
            "ended": alarm.ended,
            "info": alarm.info,
            "occurred_at": isoformat(alarm.occurred_at) if alarm.occurred_at else None,
        },
    )
    return Acknowledged()
