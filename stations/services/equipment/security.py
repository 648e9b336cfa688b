"""Security events of stations (1.6 security whitepaper section 4.5, 2.x use case A04)."""

from __future__ import annotations

from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from smartserver.core.events import SECURITY_EVENT_RECEIVED
from stations.models import SecurityEvent, Station
from stations.ocpp.facts import Acknowledged, SecurityEventReported
from stations.services.context import Context

CRITICAL = frozenset(
    {
        "FirmwareUpdated",
        "MaintenanceLoginAccepted",  # of 2.1, like the next one
        "MaintenanceLoginFailed",
        "SettingSystemTime",
        "StartupOfTheDevice",
        "ResetOrReboot",
        "SecurityLogWasCleared",
        "MemoryExhaustion",
        "TamperDetectionActivated",
    }
)
"""The events that the specification's list marks as critical; others may be of a vendor's own making."""


def keep_security_event(batch: Batch, context: Context, fact: SecurityEventReported) -> Acknowledged:
    """Every event has one row, however often it is repeated: a station keeps it until it is acknowledged."""
    station = Station.objects.select_for_update().only("identity").get(pk=context.station_id)
    same = {"type": fact.type[:50], "info": fact.info[:255], "stamp": fact.stamp.text}
    if fact.stamp.text and SecurityEvent.objects.filter(station=station, **same).exists():
        return Acknowledged()
    event = SecurityEvent.objects.create(
        station=station,
        critical=fact.type in CRITICAL,
        occurred_at=fact.stamp.moment,
        received_at=context.received_at,
        **same,
    )
    batch.publish(
        SECURITY_EVENT_RECEIVED,
        {
            "station": station.identity,
            "type": event.type,
            "info": event.info,
            "critical": event.critical,
            "occurred_at": isoformat(event.occurred_at) if event.occurred_at else None,
        },
    )
    return Acknowledged()
