"""The delivery log is deleted when it is old; what waits to be delivered is not."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from smartserver.core.batch import Batch
from smartserver.retention.kinds import Kind, register
from smartserver.webhooks.models import Delivery
from smartserver.webhooks.queue import forget


def register_kinds() -> None:
    register(Kind("webhook_deliveries", "WEBHOOK_KEEP_DAYS", Delivery, "created_at", _ended, remove=_remove))


def _ended(time: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(created_at__lt=time).exclude(state=Delivery.State.PENDING)


def _remove(batch: Batch, keys: list[int]) -> None:
    forget(keys)
