"""The parts of a running process: writer, hub, peers, and what runs beside them; started and stopped together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings

from smartserver.core import change, tracing, wire_log
from smartserver.core.batch import Sink, Unit
from smartserver.core.events import Published
from smartserver.core.live import Hub
from smartserver.core.peers import Peers
from smartserver.core.summaries import Summary
from smartserver.core.topic import Topic
from smartserver.core.writer import Writer, call_soon

logger = logging.getLogger(__name__)

Task = Callable[["Runtime"], Awaitable[None]]


class Runtime:
    """One server process.

    `first` are units that are stored before the first socket opens; `tasks` run from start to stop
    and are started again when they fail; `sinks` store what follows from a batch, in its transaction.
    """

    def __init__(
        self,
        *,
        topics: Iterable[Topic],
        summaries: Iterable[Summary] = (),
        first: Iterable[Unit[Any]] = (),
        tasks: Iterable[Task] = (),
        sinks: Iterable[Sink] = (),
    ) -> None:
        self.topics = {topic.name: topic for topic in topics}
        self._summaries = tuple(summaries)
        self._first = tuple(first)
        self._sinks = tuple(sinks)
        self._work = tuple(tasks)
        self._running: list[asyncio.Task[None]] = []
        self._started: asyncio.Task[None] | None = None
        self.stopping = False

    async def start(self) -> None:
        """Start everything in the running event loop; when it runs already, nothing happens.

        Sockets call it too, because not every server (Daphne) speaks the lifespan protocol.
        """
        loop = asyncio.get_running_loop()
        if self._started is None or self._started.get_loop() is not loop:
            self._started = loop.create_task(self._start())
        await asyncio.shield(self._started)

    async def _start(self) -> None:
        self.stopping = False
        tracing.start()
        wire_log.start()
        self.peers = Peers(get_channel_layer() if settings.REDIS_URL else None)
        self.hub = Hub(self.topics.values(), self.peers, summaries=self._summaries)
        self.writer = Writer(
            publish=self._publish,
            sinks=self._sinks,
            max_units=settings.WRITER_MAX_UNITS,
            capacity=settings.WRITER_QUEUE,
        )
        self.writer.start()
        change.use(self.writer)
        await self.hub.start()
        await self.peers.start()
        try:
            for unit in self._first:
                await self.writer.run(unit)
        except Exception:
            await self.stop()  # the next start tries again, and until then nothing is ready
            raise
        loop = asyncio.get_running_loop()
        self._running = [loop.create_task(self._keep(task)) for task in self._work]

    def _publish(self, published: Published) -> None:
        """Called by the writer's thread after a commit."""
        self.hub.publish(published)
        if published.hints:
            assert self._started is not None
            call_soon(self._started.get_loop(), self._share, published.hints)

    def _share(self, hints: list[tuple[str, dict[str, Any]]]) -> None:
        for kind, data in hints:
            self.peers.share(kind, data)

    async def stop(self) -> None:
        """Let the sockets finish, store what they handed over, then end everything else."""
        if self._started is None:
            return
        self.stopping = True
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        change.leave(self.writer)
        if not await asyncio.to_thread(self.writer.stop):
            logger.error("%d messages could not be stored before the shutdown.", self.writer.waiting)
        await self.hub.stop()
        await self.peers.stop()
        await asyncio.to_thread(tracing.stop)
        await asyncio.to_thread(wire_log.stop)
        self._started = None

    @property
    def ready(self) -> bool:
        return self._started is not None and self._started.done() and not self.stopping and self.writer.alive

    async def _keep(self, task: Task) -> None:
        while True:
            try:
                await task(self)
                return
            except Exception:
                logger.exception("A background task failed; it starts again.")
                await asyncio.sleep(1.0)


class Lifespan:
    """The ASGI lifespan protocol for a runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self._runtime.start()
                except Exception as error:
                    logger.exception("The server could not start.")
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._runtime.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return
