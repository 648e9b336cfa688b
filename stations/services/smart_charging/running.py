"""Which session is meant: the one that runs somewhere, or under a name."""

from __future__ import annotations

from stations.models import Transaction


def running_at(station_id: int, evse: int) -> Transaction | None:
    """The newest session that runs on an EVSE."""
    running = Transaction.objects.filter(station_id=station_id, active=True, evse__number=evse)
    return running.order_by("-pk").first()


def running_named(station_id: int, name: int | str) -> Transaction | None:
    """The session that runs under this transactionId: a number in 1.6, a text in 2.x."""
    running = Transaction.objects.filter(station_id=station_id, active=True)
    found = running.filter(reference=name) if isinstance(name, str) else running.filter(pk=name)
    return found.order_by("-pk").first()
