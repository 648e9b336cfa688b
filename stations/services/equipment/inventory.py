"""The inventory of a 2.x station: its variables, as it reports them (use cases B07 and B08)."""

from __future__ import annotations

from typing import Any

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import Command, Report, Station, Variable
from stations.ocpp.v201.variables import reported
from stations.services.secrets import MASKED, is_secret_key

FULL = "FullInventory"

_KEY = ("component", "component_instance", "evse", "connector", "variable", "variable_instance", "attribute")


def keep_part(batch: Batch, report: Report, items: list[Any]) -> None:
    """The variables of one part are kept at once: parts come in any order, and each variable replaces itself."""
    rows = {}
    for each in reported(items):
        row = Variable(
            station_id=report.station_id,
            component=each.component[:50],
            component_instance=each.component_instance[:50],
            evse=each.evse or 0,
            connector=each.connector or 0,
            variable=each.variable[:50],
            variable_instance=each.variable_instance[:50],
            attribute=each.attribute,
            value=MASKED if each.value and is_secret_key(each.variable) else each.value,
            mutability=each.mutability,
            characteristics=each.characteristics,
            reported_at=report.changed_at,
        )
        rows[tuple(getattr(row, name) for name in _KEY)] = row
    _keep_newer(report, rows)
    Variable.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=("station", *_KEY),
        update_fields=("value", "mutability", "characteristics", "reported_at"),
    )


def _keep_newer(report: Report, rows: dict[tuple[Any, ...], Variable]) -> None:
    """A station says at once what it was asked for, and its parts may leave late: what was set meanwhile stays."""
    if report.asked_at is None:
        return
    since: dict[str, Any] = {"station_id": report.station_id, "action": "SetVariables"}
    if not Command.objects.filter(**since, settled_at__gt=report.asked_at).exists():
        return
    known = Variable.objects.filter(
        station_id=report.station_id,
        reported_at__gt=report.asked_at,
        component__in={row.component for row in rows.values()},
    )
    for *key, value in known.values_list(*_KEY, "value"):
        if (row := rows.get(tuple(key))) is not None:
            row.value = value


def complete(batch: Batch, report: Report, items: list[Any]) -> None:
    """A full inventory names all that there is: what it does not name any more is gone.

    An empty one is none, and does not end one that was known.
    """
    if report.command is None or report.command.payload.get("reportBase") != FULL or not items:
        return
    # What one of its parts named was kept since the first of them.
    Variable.objects.filter(station_id=report.station_id, reported_at__lt=report.began_at).delete()
    Station.objects.filter(pk=report.station_id).update(configured_at=report.changed_at)
    batch.changed(TOPIC_STATIONS, report.station_id)
