"""The task that prunes, beside the sockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from functools import partial

from smartserver.core import clock
from smartserver.core.beside import beside
from smartserver.core.errors import Unavailable
from smartserver.core.runtime import Runtime
from smartserver.retention import pruning
from smartserver.retention.kinds import Kind
from smartserver.retention.pruning import Span

logger = logging.getLogger(__name__)

INTERVAL = 30.0
"""Seconds between two looks whether a run is due, also before the first: the start belongs to the stations."""

PAUSE = 0.05
"""Seconds between two steps, in which messages alone are stored."""

BUSY = 100
"""Units that wait for the writer: with more of them the pauses are so many times as long."""

SLOWER = 20


class Pruner:
    """One process's part of pruning. Use it as a task of the runtime."""

    def __init__(self, *, interval: float = INTERVAL, pause: float = PAUSE) -> None:
        self._interval = interval
        self._pause = pause

    async def __call__(self, runtime: Runtime) -> None:
        while True:
            await asyncio.sleep(self._interval)
            holder = await runtime.writer.run(pruning.claim)
            if holder is not None:
                await self._run(runtime, holder)

    async def _run(self, runtime: Runtime, holder: str) -> None:
        try:
            due = await beside(pruning.due, clock.now())
            for kind, time in due:
                if not await self._prune(runtime, holder, kind, pruning.spans(kind, time)):
                    return
            await runtime.writer.run(partial(pruning.finish, holder=holder, names=[kind.name for kind, _ in due]))
        except BaseException:
            _let_go(runtime, holder)
            raise

    async def _prune(self, runtime: Runtime, holder: str, kind: Kind, spans: Iterator[Span]) -> bool:
        """False: this run is not to go on."""
        total = 0
        while (span := await beside(next, spans, None)) is not None:
            deleted = await runtime.writer.run(partial(pruning.delete, holder=holder, span=span))
            if deleted is None:
                logger.info("Pruning was stopped at %s after %d rows.", kind.name, total)
                return False
            total += deleted
            await asyncio.sleep(self._pause * (SLOWER if runtime.writer.waiting > BUSY else 1))
        if total:
            logger.info("%d old rows of %s were deleted.", total, kind.name)
        return True


def _let_go(runtime: Runtime, holder: str) -> None:
    try:
        runtime.writer.submit(partial(pruning.give_up, holder=holder), lambda _value, _error: None)
    except Unavailable:
        logger.debug("The lease of a run stays until its time is over.")
