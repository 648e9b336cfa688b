"""Group commit: many small units of work, one transaction, answers after the commit.

One thread a process takes the units that wait (`core.batch` says what a unit is), runs them in order in
one transaction, commits, and only then hands the values back. So a caller that has a value knows that its
effect is on disk, and the price of the disk is shared by all who waited.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from django.db import InterfaceError, OperationalError, connection

from smartserver.core.batch import Outcome, Sink, Unit, out_of_reach, run_batch
from smartserver.core.errors import Unavailable
from smartserver.core.events import Published

logger = logging.getLogger(__name__)

T = TypeVar("T")

SIBLINGS = 8
LINGER_SECONDS = 0.0005
LINGERS = 4
"""When the last batch held so many units, the next one waits for half as many, a few times so long.

Under load a batch of fifty costs little more than one of five; a message that comes alone is
stored at once. (PostgreSQL knows the same pair as commit_siblings and commit_delay.) Half: whoever was answered just
now is about to speak again, and while one half is stored, the event loop answers and hears the other.
"""

RETRIES = (0.05, 0.5, 2.0)
"""Pauses before a batch is tried again after the database was out of reach, in seconds."""


class Caller(Protocol):
    """An event loop, as far as the writer is concerned: where the outcome of a unit is handed over."""

    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any) -> Any: ...


class _Job(NamedTuple):
    unit: Unit[Any]
    done: Callable[[Any, BaseException | None], None]
    loop: Caller


class Writer:
    """The one thread of a process that writes what arrives."""

    def __init__(
        self,
        *,
        publish: Callable[[Published], None],
        sinks: Sequence[Sink] = (),
        max_units: int = 500,
        capacity: int = 5000,
        sleep: Callable[[float], None] = time.sleep,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.capacity = capacity
        self._publish = publish
        self._sinks = tuple(sinks)
        self._max_units = max_units
        self._sleep = sleep
        self._timer = timer
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._waiting = 0
        self._lock = threading.Lock()
        self._room: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.batches = 0
        self.units = 0
        self.failures = 0

    # -- for callers -------------------------------------------------------------------

    def submit(
        self,
        unit: Unit[T],
        done: Callable[[T | None, BaseException | None], None],
        loop: Caller | None = None,
    ) -> None:
        """Queue a unit; `done(value, error)` is called in `loop`, else the running one, after its commit.

        Never blocks. Who produces much awaits `room()` before the next message is read.
        """
        job = _Job(unit, done, loop or asyncio.get_running_loop())
        with self._lock:
            if self._closed:
                raise Unavailable("The server is shutting down.")
            self._waiting += 1
            self._jobs.put(job)

    async def run(self, unit: Unit[T]) -> T:
        """Queue a unit, wait for its commit, and return its value or raise its error."""
        await self.room()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def done(value: Any, error: BaseException | None) -> None:
            if future.done():  # the waiting task was cancelled
                return
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)

        self.submit(unit, done)
        return await future

    @property
    def full(self) -> bool:
        return self._waiting >= self.capacity

    @property
    def waiting(self) -> int:
        """Units that were submitted and are not committed yet."""
        return self._waiting

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    async def room(self) -> None:
        """Return at once while the queue has room, else when it has room again."""
        while self.full:
            loop = asyncio.get_running_loop()
            future: asyncio.Future[None] = loop.create_future()
            with self._lock:
                if self._waiting < self.capacity:  # meanwhile there is room
                    return
                self._room.append((loop, future))
            await future

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
            self._thread.start()

    def stop(self, timeout: float = 30.0) -> bool:
        """Store what was submitted, then end the thread. False when that took too long."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- the thread --------------------------------------------------------------------

    def _work(self) -> None:
        try:
            last, size = False, 0
            while not last and (first := self._jobs.get()) is not None:
                jobs = [first]
                self._linger(size)
                last = self._gather(jobs)
                size = len(jobs)
                while jobs:
                    outcomes = self._attempt([job.unit for job in jobs])
                    self._finish(jobs[: len(outcomes)], outcomes)
                    del jobs[: len(outcomes)]
        finally:
            connection.close()

    def _linger(self, size: int) -> None:
        """Wait for company, if the last batch, of `size` units, had some."""
        for _ in range(LINGERS if size >= SIBLINGS else 0):
            if 1 + self._jobs.qsize() >= size // 2:
                break
            self._sleep(LINGER_SECONDS)

    def _gather(self, jobs: list[_Job]) -> bool:
        """Take what waits, up to the limit; True when the end mark was among it."""
        while len(jobs) < self._max_units:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return False
            if job is None:
                return True
            jobs.append(job)
        return False

    def _attempt(self, units: list[Unit[Any]]) -> list[Outcome]:
        """Run a batch, again after a pause when the database is out of reach."""
        for pause in (*RETRIES, None):
            try:
                return run_batch(units, self._publish, sinks=self._sinks, timer=self._timer, last=pause is None)
            except (OperationalError, InterfaceError) as error:
                connection.close()
                if pause is None:
                    return [(None, out_of_reach(units, error))] * len(units)
                logger.warning("The database is out of reach, next try in %s s: %s", pause, error)
                self._sleep(pause)
        raise AssertionError("unreachable")  # pragma: no cover  (the loop above always returns)

    def _finish(self, jobs: list[_Job], outcomes: list[Outcome]) -> None:
        self.batches += 1
        self.units += len(jobs)
        by_loop: dict[Caller, list[tuple[_Job, Outcome]]] = {}
        for job, outcome in zip(jobs, outcomes, strict=True):
            if outcome[1] is not None:
                self.failures += 1
            by_loop.setdefault(job.loop, []).append((job, outcome))
        with self._lock:
            self._waiting -= len(jobs)
            freed = []
            if self._waiting <= self.capacity // 2:
                freed, self._room = list(self._room), deque()
        for loop, finished in by_loop.items():
            call_soon(loop, _deliver, finished)
        for loop, future in freed:
            call_soon(loop, _wake, future)


def call_soon(loop: Caller, function: Callable[..., None], argument: Any) -> None:
    """`loop.call_soon_threadsafe`, for whoever may still be there."""
    try:
        loop.call_soon_threadsafe(function, argument)
    except RuntimeError:
        # The loop was closed while its messages were stored; nobody is left to be told.
        logger.debug("An event loop ended before its answers were ready.")


def _deliver(finished: list[tuple[_Job, Outcome]]) -> None:
    for job, (value, error) in finished:
        try:
            job.done(value, error)
        except Exception:
            logger.exception("An answer could not be handed over.")


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
