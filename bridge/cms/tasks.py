"""What runs beside the requests of bridges."""

from __future__ import annotations

import asyncio

from bridge.cms.services import commands
from smartserver.core import clock
from smartserver.core.runtime import Runtime

INTERVAL = 5.0


async def watch_commands(runtime: Runtime) -> None:
    """End commands that no bridge will answer any more."""
    while True:
        await asyncio.sleep(INTERVAL)
        await runtime.writer.run(lambda batch: commands.expire(batch, clock.now()))
