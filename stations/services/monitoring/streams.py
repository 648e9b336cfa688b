"""Periodic event streams of 2.1 (N11 to N15): which are open, with which parameters, and what they delivered."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import F

from smartserver.core.batch import Batch
from smartserver.core.bulk import insert_rows
from smartserver.core.events import TOPIC_STATIONS
from stations.models import EventStream, Station, StreamValue
from stations.ocpp.facts import Acknowledged, Decided
from stations.ocpp.monitoring import (
    Stream,
    StreamAdjusted,
    StreamClosed,
    StreamDelivered,
    StreamOpened,
    StreamsListed,
)
from stations.services import quirks
from stations.services.context import Context
from stations.services.settled import Settled

State = EventStream.State

ACCEPTED, REJECTED = "Accepted", "Rejected"

MAX_OPEN = 100
"""Streams of one station that may be open: each of them writes rows without being asked again."""


def open_stream(batch: Batch, context: Context, fact: StreamOpened) -> Decided:
    """The same stream again changes nothing but its parameters."""
    _lock(context.station_id)
    if not _has_room(context.station_id, fact.stream):
        return Decided(REJECTED)
    _put(context.station_id, Stream(fact.stream, fact.monitor, fact.interval, fact.values), context.received_at)
    batch.changed(TOPIC_STATIONS, context.station_id)
    return Decided(ACCEPTED)


def close_stream(batch: Batch, context: Context, fact: StreamClosed) -> Acknowledged:
    """One that is not open needs no closing."""
    _lock(context.station_id)
    known = EventStream.objects.filter(station_id=context.station_id, number=fact.stream, state=State.OPEN)
    if known.update(state=State.CLOSED, closed_at=context.received_at, pending=0):
        batch.changed(TOPIC_STATIONS, context.station_id)
    return Acknowledged()


def keep_values(batch: Batch, context: Context, fact: StreamDelivered) -> Acknowledged:
    """Nobody repeats a SEND, so values of a stream that is not known to be open are kept all the same."""
    _lock(context.station_id)
    stream = EventStream.objects.filter(station_id=context.station_id, number=fact.stream).first()
    if stream is None:
        if not _has_room(context.station_id, fact.stream):
            return Acknowledged()  # it was told so
        stream = EventStream(station_id=context.station_id, number=fact.stream, opened_at=context.received_at)
        stream.save()
        quirks.note_in(batch, context, rules=("unknown_stream",))
    base = fact.stamp.moment or context.received_at
    values = [_Value(stream.pk, each.moment(base), each.value, context.received_at) for each in fact.values]
    for each in values:
        batch.defer(_insert, each)
    newest = max(values, key=lambda each: each.measured_at)
    EventStream.objects.filter(pk=stream.pk).update(
        delivered=F("delivered") + len(values),
        pending=fact.pending,
        last_value=newest.value,
        last_at=newest.measured_at,
    )
    batch.changed(TOPIC_STATIONS, context.station_id)
    return Acknowledged()


class _Value(NamedTuple):
    """The columns of a value, in the order in which they are inserted."""

    stream_id: int
    measured_at: datetime
    value: str
    received_at: datetime


def _insert(batch: Batch, values: list[_Value]) -> None:
    fields = ("stream", "measured_at", "value", "received_at")
    rows = {(each.stream_id, each.measured_at): each for each in values}
    insert_rows(StreamValue, fields, rows.values(), replacing=("stream", "measured_at"))


def keep_adjustment(batch: Batch, settled: Settled, fact: StreamAdjusted) -> None:
    """N14."""
    if fact.status != ACCEPTED:
        return
    known = EventStream.objects.filter(station_id=settled.station_id, number=fact.stream)
    known.update(interval=fact.interval, values=fact.values)
    batch.changed(TOPIC_STATIONS, settled.station_id)


def keep_list(batch: Batch, settled: Settled, fact: StreamsListed) -> None:
    """The station tells all that are open (N12); others are not, whatever was known of them."""
    numbers = [each.number for each in fact.streams]
    others = EventStream.objects.filter(station_id=settled.station_id, state=State.OPEN).exclude(number__in=numbers)
    others.update(state=State.CLOSED, closed_at=settled.at, pending=0)
    for each in fact.streams:
        _put(settled.station_id, each, settled.at)
    batch.changed(TOPIC_STATIONS, settled.station_id)


def _lock(station_id: int) -> None:
    Station.objects.select_for_update().only("pk").get(pk=station_id)


def _has_room(station_id: int, number: int) -> bool:
    others = EventStream.objects.filter(station_id=station_id, state=State.OPEN).exclude(number=number)
    return others.count() < MAX_OPEN


def _put(station_id: int, stream: Stream, at: datetime) -> None:
    """It is open; one that was not, or was another monitor's, begins to count anew."""
    parameters = {"monitor": stream.monitor, "interval": stream.interval, "values": stream.values}
    anew = {"state": State.OPEN, "opened_at": at, "closed_at": None, "delivered": 0, "last_value": "", "last_at": None}
    known = EventStream.objects.filter(station_id=station_id, number=stream.number)
    # Values may have come before it was known whose they are.
    if known.filter(state=State.OPEN, monitor=stream.monitor).update(**parameters):
        return
    if known.filter(state=State.OPEN, monitor=None).update(**parameters):
        return
    EventStream.objects.update_or_create(
        station_id=station_id, number=stream.number, defaults={**parameters, **anew, "pending": 0}
    )
