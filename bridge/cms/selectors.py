"""Reads of chargers: what they last showed, and the live table of alerts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from bridge import vendor
from bridge.cms.models import Alert, Charger
from bridge.outlets import Outlet, StateError, read_state
from smartserver.core.events import TOPIC_ALERTS
from smartserver.core.query import Column
from smartserver.core.tables import read_rows, states_of
from smartserver.core.topic import Topic

STANDING, CLEARED = "standing", "cleared"

COLUMNS = (
    Column("station", "Station", path="station__identity"),
    Column("state", "State", "state", options=(STANDING, CLEARED)),
    Column("outlet", "Outlet", "number"),
    Column("meaning", "Alert"),
    Column("code", "Code", "number"),
    Column("message", "Message"),
    Column("source", "Source"),
    Column("session", "Session"),
    Column("raised_at", "Raised", "time"),
    Column("cleared_at", "Cleared", "time"),
)

MAX_ALERTS = 5000
"""The newest alerts that the live table holds; all others are in the REST API."""


def _alerts() -> QuerySet[Alert]:
    state = Case(When(cleared_at=None, then=Value(STANDING)), default=Value(CLEARED), output_field=CharField())
    return Alert.objects.annotate(state=state)


def _load(condition: Q) -> Iterable[tuple[int, dict[str, Any]]]:
    return read_rows(_alerts().filter(condition).order_by("-pk")[:MAX_ALERTS], COLUMNS)


ALERTS = Topic(TOPIC_ALERTS, COLUMNS, _load, lambda: Alert.objects.count(), newest_first=True, limit=MAX_ALERTS)
ALERT_STATES = states_of(ALERTS, COLUMNS[1], _alerts)


_STANDING = Alert.objects.filter(station=OuterRef("station"), cleared_at=None).order_by()
"""The standing alerts of the charger of the query around it."""


def chargers() -> QuerySet[Charger]:
    """All chargers, each with the number of its standing alerts as `alerts`."""
    number = Subquery(_STANDING.values("station").annotate(number=Count("pk")).values("number"))
    return Charger.objects.select_related("station").annotate(alerts=Coalesce(number, 0))


def is_alerting() -> Exists:
    """The condition that an alert of the charger stands."""
    return Exists(_STANDING)


def outlets_of(charger: Charger) -> tuple[Outlet, ...]:
    """The outlets of a charger as it last showed them; none before its first state."""
    try:
        return read_state(orjson.dumps(charger.state))
    except StateError:
        return ()


def phase_name(outlet: Outlet) -> str:
    """The name of the phase that an outlet is in; an unknown one by its number."""
    return "" if outlet.phase is None else vendor.PHASES.get(outlet.phase, f"phase {outlet.phase}")
