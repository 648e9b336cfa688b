"""The live table of charging sessions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, CharField, F, FloatField, Q, QuerySet, Value, When

from smartserver.core.events import TOPIC_SESSIONS
from smartserver.core.query import Column
from smartserver.core.summaries import Summary
from smartserver.core.tables import read_rows
from smartserver.core.topic import Topic
from stations.models import Transaction

ACTIVE, ENDED = "active", "ended"

COLUMNS = (
    Column("station", "Station", path="station__identity"),
    Column("state", "State", "state", options=(ACTIVE, ENDED)),
    Column("charging_state", "Charging"),
    Column("evse", "EVSE", "number", path="evse__number"),
    Column("connector", "Connector", "number", path="connector_number"),
    Column("id_token", "Token", path="id_token__value"),
    Column("power_w", "Power", "number", "W"),
    Column("energy_wh", "Energy", "number", "Wh"),
    Column("soc", "State of charge", "number", "%"),
    Column("started_at", "Started", "time"),
    Column("ended_at", "Ended", "time"),
    Column("end_reason", "Ended because"),
    Column("remark", "Remark"),
)

MAX_SESSIONS = 5000
"""The newest sessions that the live table holds, and counts; all others are in the REST API."""


def sessions() -> QuerySet[Transaction]:
    """All sessions, each with its `state` and, while it runs, the `power_w` of its EVSE."""
    state = Case(When(active=True, then=Value(ACTIVE)), default=Value(ENDED), output_field=CharField())
    power = Case(When(active=True, then=F("evse__power_w")), output_field=FloatField())
    return Transaction.objects.annotate(state=state, power_w=power)


def _load(condition: Q) -> Iterable[tuple[int, dict[str, Any]]]:
    return read_rows(sessions().filter(condition).order_by("-pk")[:MAX_SESSIONS], COLUMNS)


def _number(**conditions: Any) -> int:
    """How many there are, as far as the table goes: all that ever ran are too many to be counted at each change."""
    return Transaction.objects.filter(**conditions)[:MAX_SESSIONS].count()


def _states() -> dict[str, Any]:
    return {"states": {ACTIVE: _number(active=True), ENDED: _number(active=False)}}


TOPIC = Topic(TOPIC_SESSIONS, COLUMNS, _load, _number, newest_first=True)
STATES = Summary(f"{TOPIC_SESSIONS}.states", frozenset({TOPIC_SESSIONS}), _states)
