"""What runs beside the sockets: silence is noticed, commands are looked after, and what has its time ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

from django.conf import settings

from smartserver.core import clock
from smartserver.core.runtime import Runtime
from stations import settlement
from stations.services import reports
from stations.services.authorization import reservations
from stations.services.equipment import connections
from stations.services.sessions import ghosts

INTERVAL = 5.0

SWEEP_INTERVAL = 5.0

EXPIRY_INTERVAL = 5.0

GHOST_INTERVAL = 60.0


async def watch_silence(runtime: Runtime) -> None:
    """Mark stations stale after twice the heartbeat interval, offline after their socket must be gone."""
    heartbeat = timedelta(seconds=settings.OCPP_HEARTBEAT_INTERVAL)
    stale_after = max(2 * heartbeat, timedelta(seconds=settings.STALE_AFTER))
    gone_after = stale_after + heartbeat + timedelta(seconds=90)
    while True:
        await asyncio.sleep(INTERVAL)
        await runtime.writer.run(
            partial(connections.mark_silent, now=clock.now(), stale_after=stale_after, gone_after=gone_after)
        )


async def watch_commands(runtime: Runtime) -> None:
    """End commands that nobody will answer any more, and remind of those that wait (a hint may have got lost)."""
    patience = timedelta(seconds=settings.OCPP_CALL_TIMEOUT + 60.0)
    while True:
        await asyncio.sleep(SWEEP_INTERVAL)
        await runtime.writer.run(partial(settlement.sweep, unanswered_since=clock.now() - patience))


async def watch_time(runtime: Runtime) -> None:
    """What ends by itself when its time is over."""
    while True:
        await asyncio.sleep(EXPIRY_INTERVAL)
        await runtime.writer.run(lambda batch: reservations.expire_reservations(batch, clock.now()))
        await runtime.writer.run(partial(reports.mark_incomplete, now=clock.now()))


async def watch_ghosts(runtime: Runtime) -> None:
    """Mark sessions that nobody ends (FIELD 21): their connector has been free for GHOST_AFTER seconds."""
    after = timedelta(seconds=settings.GHOST_AFTER)
    while after:
        await asyncio.sleep(GHOST_INTERVAL)
        await runtime.writer.run(partial(ghosts.mark_ghosts, now=clock.now(), after=after))
