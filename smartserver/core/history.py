"""Measurements over time, in as many points as a chart can show, from an hour to a year.

A short span is read from the measurements themselves, as they are or, when there are too many, as means over equal
slots. A long one is read from *hours*: a small table with a row for each hour that is over, which `core.hours` fills
beside the sockets. So a year costs some thousand rows, however often was measured; what the hours do not have yet is
read from the measurements.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Avg, Count, FloatField, Func, IntegerField, Min, QuerySet, Value
from django.db.models.functions import Coalesce

from smartserver.core import clock

MAX_POINTS = 2000

HOUR = 3600
SHORT = timedelta(days=2)
"""Spans of at most this length are read from the measurements."""


class UnixTime(Func):
    """Seconds since 1970, calculated by the database."""

    template = "EXTRACT(EPOCH FROM %(expressions)s)"
    output_field = FloatField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="((julianday(%(expressions)s) - 2440587.5) * 86400.0)", **context
        )


class UnixSeconds(Func):
    """The same in whole seconds, exactly: a moment on the border of two slots belongs to the later one."""

    template = "CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s)) AS bigint)"
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS integer)", **context
        )


class Hours(models.Model):
    """Base of tables of hours: the means of one hour, and of how many measurements."""

    hour = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        abstract = True


@dataclass(frozen=True, slots=True)
class Series:
    """Measurements of one kind. `source` has a `received_at`, `hours` is a subclass of `Hours`.

    Both name whose they are by the foreign key `owner`. `part` leads from a measurement to the number of the owner's
    part that was measured; in `hours` it is the column `part`, 0 for none.
    """

    source: type[models.Model]
    hours: type[Hours]
    owner: str
    values: tuple[str, ...]
    part: str = ""

    @property
    def owners(self) -> type[models.Model]:
        related = self.source._meta.get_field(self.owner).related_model
        assert isinstance(related, type)
        return related


Point = tuple[float, int, tuple[float | None, ...]]
"""Seconds since 1970, the part, and the values."""


def points(
    series: Series, owner: int, *, span: timedelta, until: datetime | None = None, most: int = MAX_POINTS
) -> list[Point]:
    """What was measured in the time until then (None: until now), in order, at most `most` points a part.

    A short time of long ago whose measurements are gone is read from hours, if these are there.
    """
    since = (until or clock.now()) - span
    measured = of(series, owner).filter(received_at__gte=since)
    if until is not None:
        measured = measured.filter(received_at__lt=until)
    count = measured.count() if span <= SHORT else 0
    if span > SHORT or (count == 0 and until is not None):
        return _long(series, owner, since, until, _slot(span, most))
    if count <= most:
        rows = measured.order_by("received_at", "pk").values_list("received_at", _part(series), *series.values)
        return [(round(moment.timestamp(), 3), number, tuple(values)) for moment, number, *values in rows]
    return list(_means(series, measured, _slot(span, most)))


def _long(series: Series, owner: int, since: datetime, until: datetime | None, slot: int) -> list[Point]:
    """From the hours, and for the time that they do not have yet from the measurements."""
    hours = series.hours._default_manager.filter(**{series.owner: owner}, hour__gt=since - timedelta(hours=1))
    measured = of(series, owner)
    if until is not None:
        hours, measured = hours.filter(hour__lt=until), measured.filter(received_at__lt=until)
    number = "part" if series.part else Value(0)
    found: list[Point] = [
        (moment.timestamp(), part, tuple(values))
        for moment, part, *values in hours.order_by("hour").values_list("hour", number, *series.values)
    ]
    summed_up = max((datetime.fromtimestamp(found[-1][0], UTC) + timedelta(hours=1), since) if found else (since,))
    found += _means(series, measured.filter(received_at__gte=summed_up), HOUR)
    return _thinned(found, slot)


def recent(
    series: Series, owners: Collection[int], value: str, *, seconds: int, number: int
) -> dict[int, list[float | None]]:
    """One value of many owners over the last `number` slots of so many seconds: means, oldest first, by owner.

    The means of an owner's parts are added up; part 0, the owner as a whole, counts where no other was measured. Slots
    begin at whole multiples of their length, so those that are over stay as they are. Owners that measured nothing are
    left out.
    """
    last = math.floor(clock.now().timestamp() / seconds)
    since = datetime.fromtimestamp((last - number + 1) * seconds, UTC)
    measured = series.source._default_manager.filter(**{f"{series.owner}__in": owners}, received_at__gte=since)
    slot = UnixSeconds("received_at") / seconds
    rows = (
        measured.filter(**{f"{value}__isnull": False})
        .order_by()
        .values_list(series.owner, slot, _part(series))
        .annotate(mean=Avg(value))
    )
    mains: dict[int, list[float | None]] = {}
    parts: dict[int, list[float | None]] = {}
    for owner, place, part, mean in rows:
        line = (parts if part else mains).setdefault(owner, [None] * number)
        index = min(place - last - 1, -1)  # what came in while we looked is of the last slot
        line[index] = (line[index] or 0.0) + mean
    return {owner: _laid_over(mains.get(owner), parts.get(owner)) for owner in mains | parts}


def _laid_over(below: list[float | None] | None, above: list[float | None] | None) -> list[float | None]:
    if below is None or above is None:
        return above or below or []
    return [under if over is None else over for under, over in zip(below, above, strict=True)]


def _slot(span: timedelta, most: int) -> int:
    # The first and the last slot may both be cut by the span, hence one slot fewer.
    return math.ceil(span.total_seconds() / (most - 1))


def _thinned(found: list[Point], seconds: int) -> list[Point]:
    """Means over slots of so many seconds; hours that are no longer than a slot stay as they are."""
    if seconds <= HOUR:
        return found
    slots: dict[tuple[int, int], list[Point]] = defaultdict(list)
    for point in found:
        slots[int(point[0] // seconds), point[1]].append(point)
    return [
        (group[0][0], number, tuple(_mean(values) for values in zip(*(point[2] for point in group), strict=True)))
        for (_, number), group in slots.items()
    ]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _means(series: Series, measured: QuerySet[Any], seconds: int) -> Iterator[Point]:
    for _, number, moment, _, *values in slots(series, measured, seconds):
        yield round(moment, 3), number, tuple(values)


def slots(series: Series, measured: QuerySet[Any], seconds: int) -> Iterable[Sequence[Any]]:
    """(slot, part, first moment, count, *means) of each slot in which something was measured."""
    means = {f"mean_{name}": Avg(name) for name in series.values}
    slot = UnixSeconds("received_at") / seconds
    rows: Iterable[Sequence[Any]] = (
        measured.annotate(slot=slot, number=_part(series))
        .order_by()
        .values("slot", "number")
        .annotate(moment=Min(UnixTime("received_at")), measurements=Count("pk"), **means)
        .order_by("slot", "number")
        .values_list("slot", "number", "moment", "measurements", *means)
    )
    return rows


def of(series: Series, owner: int) -> QuerySet[Any]:
    return series.source._default_manager.filter(**{series.owner: owner})


def _part(series: Series) -> Any:
    return Coalesce(series.part, 0) if series.part else Value(0)
