"""Reads: the live table, the rows of plain browsers, the history of one device."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from devices.models import DeviceHour, DeviceMessage, DeviceSample, DeviceState, SolMate
from smartserver.core import clock
from smartserver.core.by_key import by_key
from smartserver.core.errors import BadInput, NotFound
from smartserver.core.events import TOPIC_DEVICES
from smartserver.core.history import Series, points
from smartserver.core.query import Column
from smartserver.core.tables import states_of
from smartserver.core.topic import Topic

MAX_MINUTES = 366 * 24 * 60

COLUMNS = (
    Column("serial_number", "Serial number"),
    Column("state", "State", "state", options=tuple(DeviceState.values)),
    Column("solmate_version", "Version"),
    Column("software_version", "Software"),
    Column("country", "Country"),
    Column("postcode", "Postcode"),
    Column("power_income", "Solar power", "number", "W"),
    Column("power_inject", "Injected power", "number", "W"),
    Column("power_consumption", "Consumption", "number", "W"),
    Column("battery", "Battery", "number", "Wh"),
    Column("pv_connectors", "PV connectors", "number"),
    Column("local_time", "Local time"),
    Column("owner", "Owner", path="owner__username"),
    Column("manufacturing_date", "Manufactured", "time"),
    Column("last_status_update", "Last update", "time"),
)
_NAMES = tuple(column.name for column in COLUMNS)
_PATHS = tuple(column.orm for column in COLUMNS)
_MADE, _HEARD = _NAMES.index("manufacturing_date"), _NAMES.index("last_status_update")


def load_rows(condition: Q) -> Iterable[tuple[int, dict[str, Any]]]:
    """The devices that fulfil a condition, as (key, values in the order of `COLUMNS`)."""
    isoformat = clock.isoformat
    for key, *values in SolMate.objects.filter(condition).order_by().values_list("pk", *_PATHS):
        values[_MADE] = isoformat(values[_MADE])
        if values[_HEARD] is not None:
            values[_HEARD] = isoformat(values[_HEARD])
        yield key, dict(zip(_NAMES, values, strict=True))


def count_rows() -> int:
    return SolMate.objects.count()


TOPIC = Topic(TOPIC_DEVICES, COLUMNS, load_rows, count_rows, read=by_key(SolMate, COLUMNS))
STATES = states_of(TOPIC, COLUMNS[1], lambda: SolMate.objects.all())


def newest_messages(pk: int, most: int) -> list[DeviceMessage]:
    """The newest messages of a device as it sent them, newest first."""
    return list(DeviceMessage.objects.filter(device=pk).order_by("-number")[:most])


# -- history ---------------------------------------------------------------------------

_MEASURED = tuple(column for column in COLUMNS if column.kind == "number" and column.unit)


SERIES = Series(DeviceSample, DeviceHour, "device", tuple(column.name for column in _MEASURED))


def history(pk: int, minutes: int, until: datetime | None = None) -> dict[str, Any]:
    """What a device reported in the minutes until then (or now): every change, or means when those are too many."""
    if not 1 <= minutes <= MAX_MINUTES:
        raise BadInput(f"A history covers 1 to {MAX_MINUTES} minutes.")
    if not SolMate.objects.filter(pk=pk).exists():
        raise NotFound("There is no such device.")
    found = points(SERIES, pk, span=timedelta(minutes=minutes), until=until)
    columns = [{"name": "time", "unit": "s"}]
    columns += [{"name": c.name, "label": c.label, "unit": c.unit} for c in _MEASURED]
    rows = [(moment, *values) for moment, _, values in found]
    series = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]
    return {"columns": columns, "series": series}
