"""Hours that are over are summed up beside the sockets, for `core.history`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Max

from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.beside import beside
from smartserver.core.history import HOUR, Hours, Series, of, slots
from smartserver.core.runtime import Runtime

SETTLED = timedelta(minutes=5)
"""An hour is summed up so long after its end: by then all that was received in it is committed."""

AT_ONCE = timedelta(days=31)
"""Measurements that one statement sums up, when there is much to catch up with."""

EVERY = 600.0
PAUSE = 0.005
"""Seconds between two owners: the work of an hour may take minutes, sockets come first."""


def keep(*all_series: Series) -> Callable[[Runtime], Awaitable[None]]:
    """The task that sums up hours when they are over, and catches up with what was measured before it ran."""

    async def keep_hours(runtime: Runtime) -> None:
        while True:
            for series in all_series:
                await _catch_up(runtime, series)
            await asyncio.sleep(EVERY)

    return keep_hours


async def _catch_up(runtime: Runtime, series: Series) -> None:
    # Reading is what takes time, so it is done here, and the writer gets rows that are ready.
    for owner in await beside(_owners, series):
        while rows := await beside(due, series, owner):
            await runtime.writer.run(partial(store, series=series, rows=rows))
        await asyncio.sleep(PAUSE)


def _owners(series: Series) -> list[int]:
    return list(series.owners._default_manager.order_by("pk").values_list("pk", flat=True))


def due(series: Series, owner: int) -> list[Hours]:
    """The next hours of this owner that are over and not summed up; none when all are."""
    until = (clock.now() - SETTLED).replace(minute=0, second=0, microsecond=0)
    last = series.hours._default_manager.filter(**{series.owner: owner}).aggregate(last=Max("hour"))["last"]
    measured = of(series, owner).filter(received_at__lt=until)
    if last is not None:
        measured = measured.filter(received_at__gte=last + timedelta(hours=1))
    first = measured.order_by("received_at").values_list("received_at", flat=True).first()
    if first is None:
        return []
    measured = measured.filter(received_at__lt=first.replace(minute=0, second=0, microsecond=0) + AT_ONCE)
    return [_hour(series, owner, *row) for row in slots(series, measured, HOUR)]


def _hour(series: Series, owner: int, slot: int, number: int, _moment: float, count: int, *means: Any) -> Hours:
    part_of = {"part": number} if series.part else {}
    values = dict(zip(series.values, means, strict=True))
    hour = datetime.fromtimestamp(slot * HOUR, UTC)
    return series.hours(**{f"{series.owner}_id": owner}, hour=hour, count=count, **part_of, **values)


def store(batch: Batch, *, series: Series, rows: list[Hours]) -> None:
    """Keep what was summed up; another process may have been faster, with the same result.

    An owner that was removed meanwhile takes its hours along.
    """
    owner = f"{series.owner}_id"
    there = series.owners._default_manager.filter(pk__in={getattr(row, owner) for row in rows})
    known = set(there.select_for_update().values_list("pk", flat=True))
    kept = [row for row in rows if getattr(row, owner) in known]
    series.hours._default_manager.bulk_create(kept, ignore_conflicts=True)
