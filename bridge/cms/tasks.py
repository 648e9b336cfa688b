"""What runs beside the requests of bridges."""

from __future__ import annotations

import asyncio

from bridge.cms.services import channels, commands
from smartserver.core import clock
from smartserver.core.runtime import Runtime

INTERVAL = 5.0


async def watch_commands(runtime: Runtime) -> None:
    """End commands that no bridge will answer any more."""
    while True:
        await asyncio.sleep(INTERVAL)
        await runtime.writer.run(lambda batch: commands.expire(batch, clock.now()))


async def watch_channels(runtime: Runtime) -> None:
    """Find push channels whose process has died."""
    while True:
        await asyncio.sleep(INTERVAL)
        await runtime.writer.run(lambda batch: channels.close_silent(batch, now=clock.now()))
