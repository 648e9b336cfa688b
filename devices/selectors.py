"""Reads: the live table, the rows of plain browsers, the history of one device."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Avg, FloatField, Func, IntegerField, Min, Q
from django.db.models.functions import Cast, Floor

from devices.models import DeviceSample, DeviceState, SolMate
from smartserver.core import clock
from smartserver.core.errors import BadInput, NotFound
from smartserver.core.events import TOPIC_DEVICES
from smartserver.core.live import Topic
from smartserver.core.query import Column

MAX_POINTS = 2000
MAX_MINUTES = 31 * 24 * 60

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


TOPIC = Topic(TOPIC_DEVICES, COLUMNS, load_rows, count_rows)


# -- history ---------------------------------------------------------------------------

_MEASURED = tuple(column for column in COLUMNS if column.kind == "number" and column.unit)


class _UnixTime(Func):
    """Seconds since 1970, calculated by the database."""

    template = "EXTRACT(EPOCH FROM %(expressions)s)"
    output_field = FloatField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="((julianday(%(expressions)s) - 2440587.5) * 86400.0)", **context
        )


def history(pk: int, minutes: int) -> dict[str, Any]:
    """What a device reported in the last minutes: every change, or means when those are too many."""
    if not 1 <= minutes <= MAX_MINUTES:
        raise BadInput(f"A history covers 1 to {MAX_MINUTES} minutes.")
    if not SolMate.objects.filter(pk=pk).exists():
        raise NotFound("There is no such device.")
    now = clock.now()
    samples = DeviceSample.objects.filter(device=pk, received_at__gt=now - timedelta(minutes=minutes))
    names = [column.name for column in _MEASURED]
    if samples.count() <= MAX_POINTS:
        rows: list[tuple[Any, ...]] = [
            (round(moment.timestamp(), 3), *values)
            for moment, *values in samples.order_by("received_at", "pk").values_list("received_at", *names)
        ]
    else:
        # The first and the last slot may both be cut by the window, hence one slot fewer.
        seconds = math.ceil(minutes * 60 / (MAX_POINTS - 1))
        slot = Cast(Floor(_UnixTime("received_at") / seconds), IntegerField())
        means = {f"mean_{name}": Avg(name) for name in names}
        rows = [
            (round(moment, 3), *values)
            for _, moment, *values in samples.annotate(slot=slot)
            .values("slot")
            .annotate(moment=Min(_UnixTime("received_at")), **means)
            .order_by("slot")
            .values_list("slot", "moment", *means)
        ]
    time = {"name": "time", "unit": "s"}
    columns = [time] + [{"name": c.name, "label": c.label, "unit": c.unit} for c in _MEASURED]
    series = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]
    return {"columns": columns, "series": series}
