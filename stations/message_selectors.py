"""The live table of the message log: what was said last, of all stations or of one.

The log grows by thousands of rows a second and is never read as a whole. The table searches its newest rows, those of
the stations that a query names, and shows the newest of what is found; everything older is in the REST API.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Func, IntegerField, Max, Min, Q, QuerySet, Value, When

from smartserver.core.clock import isoformat
from smartserver.core.events import TOPIC_MESSAGES
from smartserver.core.query import Column, Filter, Query
from smartserver.core.topic import Topic
from smartserver.core.view import LiveRow, View
from stations.models import Message, Station

SEARCHED = 20_000
"""Rows of the log, the newest, that are searched for what a query wants."""

SHOWN = 5000
"""Rows in a browser."""

PAGE = 500
"""Rows of a page of the past."""

FEW = 10
"""Stations for each of which its own newest rows are searched; for more it is the newest of all."""

_STATION = "station__identity"
_DURATION = Column("duration_ms", "Answered after", "number", "ms", computed=True)

COLUMNS = (
    Column("received_at", "Time", "time"),
    Column("station", "Station", path=_STATION),
    Column("action", "Action"),
    Column("state", "State", "state", options=tuple(Message.State.values)),
    Column("direction", "Direction", "state", options=tuple(Message.Direction.values)),
    Column("outcome", "Outcome"),
    _DURATION,
    Column("size", "Size", "number", "B", computed=True),
    Column("version", "Protocol", path="ocpp_version"),
    Column("message_id", "Message ID"),
)


class Octets(Func):
    """The bytes of a text, without reading a text that PostgreSQL keeps outside of the row."""

    function = "OCTET_LENGTH"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="LENGTH(CAST(%(expressions)s AS BLOB))", **context)


Outcome = Message.Outcome
_STATE = Case(
    When(outcome__in=(Outcome.CALLRESULT, Outcome.SEND), then=Value(Message.State.ANSWERED)),
    When(outcome__in=(Outcome.TIMED_OUT, Outcome.CONNECTION_LOST), then=Value(Message.State.UNANSWERED)),
    default=Value(Message.State.REFUSED),
    output_field=CharField(),
)

_VALUES = ("received_at", _STATION, "action", "state", "direction", "outcome", "answered_at")


def _rows(found: QuerySet[Message]) -> Iterable[tuple[int, dict[str, Any]]]:
    measured = found.annotate(size=Octets("request") + Octets("reply"))
    for pk, *values in measured.values_list("pk", *_VALUES, "size", "ocpp_version", "message_id"):
        received_at, answered_at = values[0], values[6]
        values[0] = isoformat(received_at)
        values[6] = duration_ms(received_at, answered_at)
        yield pk, dict(zip(_NAMES, values, strict=True))


_NAMES = tuple(column.name for column in COLUMNS)


def duration_ms(received_at: datetime, answered_at: datetime | None) -> int | None:
    """Whole milliseconds from a call to its answer."""
    return None if answered_at is None else round((answered_at - received_at) / timedelta(milliseconds=1))


def _load(condition: Q) -> Iterable[tuple[int, dict[str, Any]]]:
    return _rows(Message.objects.annotate(state=_STATE).filter(condition).order_by("-pk"))


def _find(query: Query) -> Iterable[tuple[int, dict[str, Any]]]:
    """The newest rows that fulfil the query, as far as the database can tell; each part of the search ends."""
    for newest, condition in _searches(query, Message.objects.all()):
        yield from _rows(_within(newest, condition))


def _searches(query: Query, rows: QuerySet[Message]) -> Iterable[tuple[QuerySet[Message], Q]]:
    """Where to look for what a query wants: rows, the newest first, and the condition for those among them."""
    others = query.search.q() if query.search else Q()
    named = Q()
    for each in query.filters:
        if each.column.orm == _STATION:
            named &= _identity(each)
        else:
            others &= each.q()
    keys = list(Station.objects.filter(named).values_list("pk", flat=True)[: FEW + 1]) if named else []
    if not named or len(keys) > FEW:
        yield rows.order_by("-pk"), query.q()
    for key in keys[:FEW] if len(keys) <= FEW else ():
        # By the index of station and time. The database would rather walk through the whole log backwards.
        yield rows.filter(station_id=key).order_by("-received_at"), others


def past(query: Query, before: int) -> dict[str, Any]:
    """A page of what is older than the message with the key `before`, for what the live table holds no more.

    `rows` are as in the live protocol, at most `PAGE`; `next` is the `before` of the page behind it, or None. A search
    that ends without finding anything may go on there.
    """
    found: dict[int, LiveRow] = {}
    ends: list[int] = []
    for newest, condition in _searches(query, Message.objects.filter(pk__lt=before)):
        searched = Message.objects.filter(pk__in=newest.values("pk")[:SEARCHED])
        reached = searched.aggregate(number=Count("pk"), last=Min("pk"))
        if reached["number"] == SEARCHED:
            ends.append(reached["last"])
        found |= {key: LiveRow.build(key, values) for key, values in _rows(_within(newest, condition))}
    end = max(ends, default=0)  # what is older was not looked for everywhere
    view = View(query, (row for row in found.values() if row.key >= end), limit=PAGE)
    shown = [row.key for row in view.initial]
    last = min(shown) if len(shown) == PAGE else end
    return {"rows": [[row.key, *row.values.values()] for row in view.initial], "next": last or None}


def _identity(each: Filter) -> Q:
    return Filter(Column("identity", "Station"), each.op, each.text, each.value).q()


def _within(newest: QuerySet[Message], condition: Q) -> QuerySet[Message]:
    """What fulfils the condition among so many of the newest rows."""
    searched = newest.values("pk")[:SEARCHED]
    return Message.objects.annotate(state=_STATE).filter(condition, pk__in=searched).order_by("-pk")


def _count() -> int:
    """How many there are, at most: to count them would take seconds. Rows are deleted from the oldest on."""
    ends = Message.objects.aggregate(first=Min("pk"), last=Max("pk"))
    return 0 if ends["last"] is None else ends["last"] - ends["first"] + 1


TOPIC = Topic(TOPIC_MESSAGES, COLUMNS, _load, _count, newest_first=True, limit=SHOWN, appended=Message, find=_find)
