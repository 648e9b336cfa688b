"""The live table of chargers behind NOC bridges. Its keys are those of their stations, whose changes are theirs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, CharField, Q, Value, When

from bridge.cms.models import Charger
from bridge.cms.selectors import chargers
from smartserver.core.events import TOPIC_CHARGERS, TOPIC_STATIONS
from smartserver.core.query import Column
from smartserver.core.tables import read_rows, states_of
from smartserver.core.topic import Topic
from stations.models import State

KEY = "station_id"

OPEN, CLOSED = "open", "closed"

COLUMNS = (
    Column("identity", "Charger", path="station__identity"),
    Column("state", "State", "state", path="station__state", options=tuple(State.values)),
    Column("status", "Status", path="station__status"),
    Column("connectors", "Outlets", path="station__connectors"),
    Column("alerts", "Standing alerts", "number"),
    Column("power_w", "Power", "number", "W", path="station__power_w"),
    Column("sessions", "Sessions", "number", path="station__sessions"),
    Column("channel", "Push channel"),
    Column("bridge_version", "Bridge"),
    Column("fed_at", "Last feed", "time"),
    Column("state_at", "Last state", "time"),
    Column("last_seen_at", "Last seen", "time", path="station__last_seen_at"),
)


def _load(condition: Q) -> Iterable[tuple[int, dict[str, Any]]]:
    channel = Case(When(pushed_since=None, then=Value(CLOSED)), default=Value(OPEN), output_field=CharField())
    return read_rows(chargers().annotate(channel=channel).filter(condition).order_by(), COLUMNS, key=KEY)


TOPIC = Topic(
    TOPIC_CHARGERS, COLUMNS, _load, lambda: Charger.objects.count(), key=KEY, follows=frozenset({TOPIC_STATIONS})
)
STATES = states_of(TOPIC, COLUMNS[1], lambda: Charger.objects.all())
