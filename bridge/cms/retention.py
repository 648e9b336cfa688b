"""Which records of bridged chargers are deleted when they are old."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from bridge.cms.models import Alert, HardwareEvent
from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_ALERTS
from smartserver.retention.kinds import Kind, before, register


def register_kinds() -> None:
    register(
        Kind(
            "hardware_events",
            "HARDWARE_EVENT_KEEP_DAYS",
            HardwareEvent,
            "received_at",
            before("received_at", HardwareEvent.objects.all),
            least=30,  # by them repeated events are recognised, and a bridge that was cut off repeats old ones
        ),
        Kind("alerts", "ALERT_KEEP_DAYS", Alert, "raised_at", _cleared, remove=_forget_alerts),
    )


def _cleared(time: datetime) -> QuerySet[Alert]:
    """An alert that stands is none of them, however old it is."""
    return Alert.objects.filter(raised_at__lt=time, cleared_at__lt=time)


def _forget_alerts(batch: Batch, keys: list[int]) -> None:
    Alert.objects.filter(pk__in=keys).delete()
    for key in keys:
        batch.changed(TOPIC_ALERTS, key)
