"""Which messages a station has, by what it said of them.

A station removes a message by itself at its end (O01.FR.09), or with its transaction (O02.FR.03), and tells nobody.
So messages that are over are not shown, and go when the station tells of its messages again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import Command, DisplayMessage, Report, Station, Transaction
from stations.ocpp import displays
from stations.ocpp.displays import Criteria, DisplayMessageCleared, DisplayMessageSet
from stations.services.settled import Settled

ACCEPTED = "Accepted"
UNKNOWN = "Unknown"
ALWAYS_FRONT = "AlwaysFront"


_TOLD = ("priority", "state", "starts_at", "ends_at", "transaction", "contents", "display", "told_at")


def held_by(station_id: int, now: datetime) -> QuerySet[DisplayMessage]:
    """The messages that a station has now, by all that is known."""
    return DisplayMessage.objects.filter(station_id=station_id).exclude(_is_over(now))


def _is_over(now: datetime) -> Q:
    ended = Transaction.objects.filter(
        station=OuterRef("station"), reference=OuterRef("transaction"), active=False
    ).exclude(reference="")
    return Q(ends_at__lte=now) | Q(Exists(ended))


def keep_set(batch: Batch, settled: Settled, fact: DisplayMessageSet) -> None:
    """A message that was taken is one more, or replaces the one of the same number (O06)."""
    if fact.status != ACCEPTED:
        return
    _lock(settled.station_id)
    messages = DisplayMessage.objects.filter(station_id=settled.station_id)
    if fact.message.priority == ALWAYS_FRONT:
        # A newer message that is always in front replaces the one before (MessagePriorityEnumType).
        messages.filter(priority=ALWAYS_FRONT).exclude(number=fact.message.number).delete()
    messages.filter(_is_over(settled.at)).delete()
    _keep(settled.station_id, [fact.message], settled.at)
    batch.changed(TOPIC_STATIONS, settled.station_id)


def keep_cleared(batch: Batch, settled: Settled, fact: DisplayMessageCleared) -> None:
    """It is gone; or the station never heard of it, which is the same (O05)."""
    if fact.status in (ACCEPTED, UNKNOWN):
        DisplayMessage.objects.filter(station_id=settled.station_id, number=fact.number).delete()
        batch.changed(TOPIC_STATIONS, settled.station_id)


def take_report(batch: Batch, report: Report, items: list[Any]) -> None:
    """All that a station has of what was asked for (O03, O04): what is not in it is not there."""
    _lock(report.station_id)
    told = [displays.read_message(item) for item in items]
    messages = DisplayMessage.objects.filter(station_id=report.station_id)
    messages.filter(_is_over(batch.now)).delete()
    if (criteria := _asked(report)) is not None:
        messages.filter(_covered(criteria)).exclude(number__in=[message.number for message in told]).delete()
    _keep(report.station_id, told, batch.now)
    batch.changed(TOPIC_STATIONS, report.station_id)


def _asked(report: Report) -> Criteria | None:
    """What was asked for; None: nothing that we know of. Reports may be faster than the answer to what they were asked."""
    calls = Command.objects.filter(station_id=report.station_id, action="GetDisplayMessages").order_by("-pk")
    call = report.command or calls.filter(payload__requestId=report.request).first()
    return None if call is None else displays.read_criteria(call.payload)


def _covered(criteria: Criteria) -> Q:
    fits = Q()
    if criteria.numbers is not None:
        fits &= Q(number__in=criteria.numbers)
    if criteria.priority is not None:
        fits &= Q(priority=criteria.priority)
    if criteria.state is not None:
        fits &= Q(state=criteria.state)
    return fits


def _keep(station_id: int, messages: Iterable[displays.DisplayMessage], at: datetime) -> None:
    rows = {
        message.number: DisplayMessage(
            station_id=station_id,
            number=message.number,
            priority=message.priority[:16],
            state=message.state[:16],
            starts_at=message.starts.moment,
            ends_at=message.ends.moment,
            transaction=message.transaction[:36],
            contents=[content._asdict() for content in message.contents],
            display=message.display,
            told_at=at,
        )
        for message in messages
    }
    DisplayMessage.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=("station", "number"),
        update_fields=_TOLD,
    )


def _lock(station_id: int) -> None:
    """Who tells of a station's messages goes one after the other."""
    Station.objects.select_for_update().get(pk=station_id)
