"""What runs beside the sockets: the totals are written down."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial

from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.beside import beside
from smartserver.core.runtime import Runtime
from smartserver.overview.models import PowerTotal
from smartserver.overview.selectors import MAX_MINUTES, power_now

EVERY = 30
"""Seconds between two totals: 90,000 rows a month."""


async def keep_totals(runtime: Runtime) -> None:
    """Every half minute the sums; each process does it, and the first one's count."""
    while True:
        row = await beside(lambda: total_at(clock.now()))
        await runtime.writer.run(partial(store, row=row))
        await asyncio.sleep(EVERY - clock.now().timestamp() % EVERY)


def total_at(now: datetime) -> PowerTotal:
    """The present sums, under the half minute that this moment belongs to."""
    charging, solar = power_now()
    return PowerTotal(second=int(now.timestamp()) // EVERY * EVERY, charging_w=charging, solar_w=solar)


def store(batch: Batch, *, row: PowerTotal) -> None:
    """Keep a total, and let those go that no chart shows any more."""
    PowerTotal.objects.bulk_create([row], ignore_conflicts=True)
    PowerTotal.objects.filter(second__lt=int(batch.now.timestamp()) - MAX_MINUTES * 60).delete()
