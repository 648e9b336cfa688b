"""Beside the sockets: sessions that nobody ends are found (FIELD 21)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

from django.conf import settings

from smartserver.core import clock
from smartserver.core.runtime import Runtime
from stations.services import ghosts

INTERVAL = 60.0


async def watch_ghosts(runtime: Runtime) -> None:
    """Mark sessions whose connector has been free for GHOST_AFTER seconds."""
    after = timedelta(seconds=settings.GHOST_AFTER)
    while after:
        await asyncio.sleep(INTERVAL)
        await runtime.writer.run(partial(ghosts.mark_ghosts, now=clock.now(), after=after))
