"""What runs beside the sockets of devices."""

from __future__ import annotations

import asyncio

from django.conf import settings

from devices.services import mark_all_offline, sweep_devices
from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.runtime import Runtime

INTERVAL = 3.0

PROCESS_STARTED = clock.now()
"""Connections from before are not ours. Read once, so that a task that starts again does no harm."""


async def sweep(runtime: Runtime) -> None:
    """Keep the states of devices true while nobody says anything."""
    if not settings.REDIS_URL:  # with several processes, the others may hold those connections
        await runtime.writer.run(lambda batch: mark_all_offline(batch, before=PROCESS_STARTED))
    while True:
        await runtime.writer.run(_sweep)
        await asyncio.sleep(INTERVAL)


def _sweep(batch: Batch) -> int:
    return sweep_devices(batch, now=clock.now())
