"""NotifyEvent (N07, N08): every event has one row, and what is serious is announced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from smartserver.core.events import MONITORING_EVENT_RECEIVED, TOPIC_STATIONS
from stations.models import Monitor, MonitoringEvent, Station
from stations.ocpp.facts import Acknowledged, StatusReported
from stations.ocpp.monitoring import ALERTING, EventReported, EventsReported
from stations.services.context import Context
from stations.services.equipment import provisioning
from stations.services.monitoring.subjects import columns_of
from stations.services.secrets import MASKED, is_secret_key

ANNOUNCED = 3
"""Severities up to this one are announced: danger, hardware failure, system failure, critical (part 2, N05)."""

Key = tuple[Any, ...]

_SAME = ("number", "stamp", "component", "component_instance", "evse", "connector", "variable", "variable_instance")
_KEY = (*_SAME, "trigger", "value", "cleared")
"""By these an event is recognised. Its number alone does not do: some stations begin anew with each start."""


def keep_events(batch: Batch, context: Context, fact: EventsReported) -> Acknowledged:
    """A station repeats an event until it is acknowledged: after a reconnect that may be for the second time."""
    station = Station.objects.select_for_update().only("identity").get(pk=context.station_id)
    severities = _severities(station, fact.events)
    known = _known(station, fact.events)
    rows, new = [], []
    for each in fact.events:
        row = _row(station, context, each, severities)
        key = tuple(getattr(row, name) for name in _KEY)
        if row.stamp and key in known:
            continue
        known.add(key)
        rows.append(row)
        new.append(each)
    MonitoringEvent.objects.bulk_create(rows)
    for row in rows:
        if _is_serious(row):
            _announce(batch, station, row)
    if rows:
        batch.changed(TOPIC_STATIONS, station.pk)
    for each in new:
        _take_state(batch, context, each)
    return Acknowledged()


def _take_state(batch: Batch, context: Context, event: EventReported) -> None:
    """2.x may tell the state of a connector as an event of its variable, instead of StatusNotification (G01)."""
    component, _, evse, connector, variable, _ = event.subject
    if (component.lower(), variable.lower()) == ("connector", "availabilitystate") and evse and connector:
        provisioning.report_status(batch, context, StatusReported(evse, connector, event.value, event.stamp))


def _known(station: Station, events: Sequence[EventReported]) -> set[Key]:
    numbers, stamps = {each.number for each in events}, {each.stamp.text for each in events}
    rows = MonitoringEvent.objects.filter(station=station, number__in=numbers, stamp__in=stamps)
    return set(rows.values_list(*_KEY))


def _severities(station: Station, events: Sequence[EventReported]) -> dict[int, int]:
    """Those of the monitors, for events that do not tell theirs (2.0.1)."""
    numbers = {each.monitor for each in events if each.monitor is not None and each.severity is None}
    if not numbers:
        return {}
    return dict(Monitor.objects.filter(station=station, number__in=numbers).values_list("number", "severity"))


def _row(station: Station, context: Context, event: EventReported, severities: dict[int, int]) -> MonitoringEvent:
    known = severities.get(event.monitor) if event.monitor is not None else None
    return MonitoringEvent(
        station=station,
        **columns_of(event.subject),
        number=event.number,
        trigger=event.trigger,
        value=MASKED if event.value and is_secret_key(event.subject.variable) else event.value,
        kind=event.kind,
        monitor=event.monitor,
        severity=known if event.severity is None else event.severity,
        cause=event.cause,
        cleared=event.cleared,
        transaction=event.transaction[:36],
        tech_code=event.tech_code[:50],
        tech_info=event.tech_info[:500],
        stamp=event.stamp.text,
        occurred_at=event.stamp.moment,
        received_at=context.received_at,
    )


def _is_serious(row: MonitoringEvent) -> bool:
    """Where nobody knows the severity of an alert (a hard-wired notification in 2.0.1 has none), it may be any."""
    return row.trigger == ALERTING if row.severity is None else row.severity <= ANNOUNCED


def _announce(batch: Batch, station: Station, row: MonitoringEvent) -> None:
    batch.publish(
        MONITORING_EVENT_RECEIVED,
        {
            "event": row.pk,
            "station": station.identity,
            "evse": row.evse,
            "connector": row.connector,
            "component": row.component,
            "variable": row.variable,
            "trigger": row.trigger,
            "value": row.value,
            "severity": row.severity,
            "cleared": row.cleared,
            "info": row.tech_info,
            "occurred_at": isoformat(row.occurred_at) if row.occurred_at else None,
        },
    )
