"""Group commit: many small units of work, one transaction, answers after the commit.

Everything that arrives from outside is stored by a *unit*: a plain function that gets a `Batch`
and returns a value. One thread a process takes the units that wait, runs them in order in one
transaction, commits, and only then hands the values back. So a caller that has a value knows that
its effect is on disk, and the price of the disk is shared by all who waited.

Rules for units:

- They may run twice (a failed batch is rolled back and its halves are run again until the failing unit
  stands alone), so they change nothing but the database and their batch.
- Rows of high volume are handed to `Batch.defer`; they are written together at the end.
- What browsers should see is named with `Batch.changed` and `Batch.publish`; it becomes visible
  only after the commit.
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

from django.db import InterfaceError, OperationalError, connection, transaction

from smartserver.core import clock, tracing
from smartserver.core.errors import Unavailable
from smartserver.core.events import BROWSER_EVENTS, Published, check

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

MAX_SECONDS = 0.05
"""A batch closes when its units have run for so long, so that nobody waits for a whole queue."""

SIBLINGS = 8
LINGER_SECONDS = 0.002
"""When the last batch held so many units, the next one waits so long for company.

Under load a batch of fifty costs little more than one of five; a message that comes alone is
stored at once. (PostgreSQL knows the same pair as commit_siblings and commit_delay.)
"""

RETRIES = (0.05, 0.5, 2.0)
"""Pauses before a batch is tried again after the database was out of reach, in seconds."""


class Batch:
    """What the units of one transaction gather. `now` is the time of the transaction."""

    def __init__(self) -> None:
        self.now = clock.now()
        self.published = Published()
        self._deferred: dict[Callable[[Batch, list[Any]], None], list[Any]] = {}

    def defer(self, flush: Callable[[Batch, list[R]], None], row: R) -> None:
        """Have `flush(batch, rows)` called once with all rows, at the end or at `settle()`."""
        rows = self._deferred.get(flush)
        if rows is None:
            self._deferred[flush] = [row]
        else:
            rows.append(row)

    def settle(self) -> None:
        """Write what was deferred. A unit that reads such rows calls this first."""
        while self._deferred:
            pending, self._deferred = self._deferred, {}
            for flush, rows in pending.items():
                flush(self, rows)

    def changed(self, topic: str, key: int) -> None:
        """The row `key` of `topic` will look different after the commit."""
        self.published.rows.setdefault(topic, set()).add(key)

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        """Tell of an event that is more than a changed row; kinds and their fields stand in `core.events`."""
        if kind not in BROWSER_EVENTS:
            check(kind, data)
        self.published.events.append((kind, data))

    def hint(self, kind: str, data: dict[str, Any]) -> None:
        """Tell every process, this one included, after the commit; a hint may get lost."""
        self.published.hints.append((kind, data))


Unit = Callable[[Batch], T]


class Caller(Protocol):
    """An event loop, as far as the writer is concerned: where the outcome of a unit is handed over."""

    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any) -> Any: ...


class _Job(NamedTuple):
    unit: Unit[Any]
    done: Callable[[Any, BaseException | None], None]
    loop: Caller


Outcome = tuple[Any, BaseException | None]

Sink = Callable[[Batch], None]
"""Called at the end of a transaction that published something, before its commit.

What it stores is there if and only if the batch's effect is. It writes inside a savepoint of its own, so that a
fault of its own spoils nothing else.
"""


def run_batch(
    units: Sequence[Unit[Any]],
    publish: Callable[[Published], None],
    *,
    sinks: Sequence[Sink] = (),
    timer: Callable[[], float] = time.monotonic,
    last: bool = False,
) -> list[Outcome]:
    """Run units in one transaction; the outcomes of the first one or more of them.

    Fewer than all when the time of a batch was up, or when the batch failed: then it is rolled
    back and its first half is run alone, and so on, until a unit that fails stands alone and
    fails alone. (Halves, not single units: one bad unit among 500 costs nine more commits, not 500.)

    A failure of the database itself is raised, so that the batch is tried again; at the `last` try it
    is the unit's own when the database did take the beginning of the transaction.
    """
    batch = Batch()
    values: list[Any] = []
    deadline = timer() + MAX_SECONDS
    begun = False
    began_at = tracing.now()
    try:
        with transaction.atomic():
            begun = True
            for unit in units:
                values.append(unit(batch))
                if timer() > deadline:
                    break
            batch.settle()
            for sink in sinks:
                _pour(batch, sink)
    except Exception as error:
        tracing.committed(units, began_at, failed=True)
        faulty = isinstance(error, OperationalError | InterfaceError)
        if faulty and not (last and begun):
            raise
        if len(units) == 1:
            return [(None, _out_of_reach(units, error) if faulty else error)]
        return run_batch(units[: (len(units) + 1) // 2], publish, sinks=sinks, timer=timer, last=last)
    if (trace := tracing.committed(units[: len(values)], began_at)) is not None:
        batch.published.traces.append(trace)
    if batch.published:
        try:
            publish(batch.published)
        except Exception:
            logger.exception("A change could not be shown.")
    return [(value, None) for value in values]


def _pour(batch: Batch, sink: Sink) -> None:
    """Let a sink have the batch. Its own faults cost it what it would have stored, and nobody their messages."""
    if not batch.published:
        return
    try:
        sink(batch)
    except (OperationalError, InterfaceError):
        raise  # the database itself: the batch is tried again
    except Exception:
        logger.exception("What follows from a batch could not be stored.")


def _out_of_reach(units: Sequence[Unit[Any]], error: Exception) -> Unavailable:
    logger.error("Storage failed for %d messages: %s", len(units), error)
    return Unavailable("The database is out of reach.")


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
                if size >= SIBLINGS and self._jobs.qsize() < size:
                    self._sleep(LINGER_SECONDS)
                last = self._gather(jobs)
                size = len(jobs)
                while jobs:
                    outcomes = self._attempt([job.unit for job in jobs])
                    self._finish(jobs[: len(outcomes)], outcomes)
                    del jobs[: len(outcomes)]
        finally:
            connection.close()

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
                    return [(None, _out_of_reach(units, error))] * len(units)
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
