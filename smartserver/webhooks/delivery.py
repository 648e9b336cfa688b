"""The task that posts what waits in the outbox."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.conf import settings

from smartserver import __version__
from smartserver.core import clock, metrics
from smartserver.core.batch import Batch
from smartserver.core.errors import Unavailable
from smartserver.core.events import HINT_WEBHOOKS
from smartserver.core.runtime import Runtime
from smartserver.outbound.line import Headers
from smartserver.webhooks import queue, signing
from smartserver.webhooks.client import Line
from smartserver.webhooks.outbox import Outbox
from smartserver.webhooks.queue import Claim, Work
from smartserver.webhooks.schedule import Reply, Schedule

logger = logging.getLogger(__name__)

POLL = 1.0
"""Seconds between two looks for deliveries that have become due; new ones are looked for at once."""

SWEEP = 60.0
SWEEP_AGAIN = 0.2

MAX_RUNS = 8
"""Subscriptions that are delivered to at the same time, by one process."""

RUN_SECONDS = 20.0
"""After so long a subscription makes room for another one."""


class Deliverer:
    """One process's part of delivering. Use it as a task of the runtime, and its outbox as a sink."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        schedule: Schedule | None = None,
        line: Callable[[], Line] | None = None,
        poll: float = POLL,
    ) -> None:
        self._outbox = outbox
        self._schedule = schedule or Schedule()
        self._line = line or (lambda: Line(allow_private=settings.WEBHOOK_ALLOW_PRIVATE))
        self._poll = poll
        self._runs: dict[int, asyncio.Task[bool]] = {}

    async def __call__(self, runtime: Runtime) -> None:
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        self._outbox.wake = lambda: _call(loop, news.set)
        runtime.peers.on(HINT_WEBHOOKS, lambda _: self._outbox.forget())
        if not settings.REDIS_URL:
            await runtime.writer.run(queue.release_all)
        sweeping = loop.create_task(self._sweep(runtime))
        try:
            while True:
                news.clear()
                await self._begin(runtime, news)
                if sweeping.done():
                    sweeping.result()  # its failure is ours: everything starts again
                try:
                    # Not wait_for: before Python 3.12 it may swallow the cancellation at the server's end.
                    async with asyncio.timeout(self._poll):
                        await news.wait()
                except TimeoutError:
                    pass
        finally:
            self._outbox.wake = lambda: None
            tasks = [sweeping, *self._runs.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _begin(self, runtime: Runtime, news: asyncio.Event) -> None:
        """Start a run for each subscription that has something due, as far as there is room."""
        room = MAX_RUNS - len(self._runs)
        if room <= 0:
            return  # a run that ends says so
        for claim in await runtime.writer.run(partial(queue.claim, limit=room)):
            task = asyncio.get_running_loop().create_task(self._run(runtime, claim))
            self._runs[claim.subscription_id] = task
            task.add_done_callback(partial(self._ended, claim.subscription_id, news))

    def _ended(self, key: int, news: asyncio.Event, task: asyncio.Task[bool]) -> None:
        self._runs.pop(key, None)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            logger.error("Deliveries of webhook %s stopped for now.", key, exc_info=error)
        elif task.result():
            news.set()  # there may be more, or somebody waits for the room

    async def _run(self, runtime: Runtime, claim: Claim) -> bool:
        """Deliver what one subscription has, in its order, until nothing is due or its time is over.

        False when there was nothing to do.
        """
        busy = False
        line, until = self._line(), clock.monotonic() + RUN_SECONDS
        try:
            work = await runtime.writer.run(partial(queue.take, claim=claim))
            while work is not None:
                claim, busy = work.claim, True
                started_at = clock.now()
                reply = await line.post(work.url, _headers(work), work.body.encode())
                metrics.WEBHOOKS.labels(_outcome(reply)).inc()
                over = clock.monotonic() >= until
                work = await runtime.writer.run(partial(self._record, work, started_at, reply, over))
        except asyncio.CancelledError:
            _let_go(runtime, claim)
            raise
        finally:
            line.close()
        return busy

    def _record(self, work: Work, started_at: datetime, reply: Reply, over: bool, batch: Batch) -> Work | None:
        """A unit: what came of this delivery, and the next one."""
        queue.record(batch, work=work, started_at=started_at, reply=reply, schedule=self._schedule)
        if over:
            queue.release(batch, claim=work.claim)
            return None
        return queue.take(batch, claim=work.claim)

    async def _sweep(self, runtime: Runtime) -> None:
        while True:
            more = await runtime.writer.run(partial(queue.sweep, schedule=self._schedule))
            await asyncio.sleep(SWEEP_AGAIN if more else SWEEP)


def _headers(work: Work) -> Headers:
    timestamp = int(clock.now().timestamp())
    return (
        ("Content-Type", "application/json"),
        ("User-Agent", f"SMART-Server/{__version__}"),
        ("Webhook-Id", work.event_id),
        ("Webhook-Timestamp", str(timestamp)),
        ("Webhook-Signature", signing.sign(work.secrets, work.event_id, timestamp, work.body.encode())),
    )


def _outcome(reply: Reply) -> str:
    return "delivered" if reply.success else "refused" if reply.status is not None else "no_answer"


def _let_go(runtime: Runtime, claim: Claim) -> None:
    """The process ends in the middle of a run: another one may go on at once."""
    try:
        runtime.writer.submit(partial(queue.release, claim=claim), lambda _value, _error: None)
    except Unavailable:
        logger.debug("A claim stays until its time is over.")


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(function)
    except RuntimeError:
        logger.debug("The event loop ended before its deliveries were made.")
