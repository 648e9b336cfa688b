"""What units of work are, and how many of them share one transaction.

Everything that arrives from outside is stored by a *unit*: a plain function that gets a `Batch`
and returns a value. `run_batch` runs units in order in one transaction and hands their values back
after its commit; `core.writer` does that in a thread for all sockets, `core.change` for a view.

Rules for units:

- They may run twice (a failed batch is rolled back and its halves are run again until the failing unit
  stands alone), so they change nothing but the database and their batch.
- Rows of high volume are handed to `Batch.defer`; they are written together at the end. A unit whose value depends on
  that returns a `Later`.
- What browsers should see is named with `Batch.changed` and `Batch.publish`; it becomes visible
  only after the commit.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, connection, transaction

from smartserver.core import clock, tracing
from smartserver.core.errors import Unavailable
from smartserver.core.events import BROWSER_EVENTS, Published, check

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

MAX_SECONDS = 0.05
"""A batch closes when its units have run for so long, so that nobody waits for a whole queue."""


class Later(Generic[T]):
    """The value of a unit that is known only when what the unit deferred is written: who writes it tells it."""

    __slots__ = ("_steps", "value")

    value: T

    def __init__(self) -> None:
        self._steps: list[tuple[Callable[[T], Any], Later[Any]]] = []

    def tell(self, value: T) -> None:
        self.value = value
        for step, made in self._steps:
            made.tell(step(value))

    def then(self, step: Callable[[T], R]) -> Later[R]:
        """What `step` makes of the value."""
        made: Later[R] = Later()
        self._steps.append((step, made))
        return made


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

    def waiting(self, flush: Callable[[Batch, list[R]], None]) -> Sequence[R]:
        """The rows that `flush` will be called with."""
        return self._deferred.get(flush, ())

    def settle(self) -> None:
        """Write what was deferred. A unit that reads such rows calls this first."""
        while self._deferred:
            pending, self._deferred = self._deferred, {}
            for flush, rows in pending.items():
                flush(self, rows)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A block that may fail and be given up: the error goes on, and nothing that it did stays.

        Neither in the database nor here: what it deferred and published is forgotten, and what others had deferred,
        should it have settled that, waits again.
        """
        deferred = {flush: list(rows) for flush, rows in self._deferred.items()}
        changed = {topic: set(keys) for topic, keys in self.published.rows.items()}
        events, hints = len(self.published.events), len(self.published.hints)
        try:
            with transaction.atomic():
                yield
        except BaseException:
            self._deferred = deferred
            self.published.rows = changed
            del self.published.events[events:]
            del self.published.hints[hints:]
            raise

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

Outcome = tuple[Any, BaseException | None]
"""A unit's value, or its error."""

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
    again: bool = True,
) -> list[Outcome]:
    """Run units in one transaction; the outcomes of the first one or more of them.

    Fewer than all when the time of a batch was up, or when the batch failed: then it is rolled
    back and its first half is run alone, and so on, until a unit that fails stands alone and
    fails alone. (Halves, not single units: one bad unit among 500 costs nine more commits, not 500.)

    A failure of the database itself is raised, so that the batch is tried again; at the `last` try it
    is the unit's own when the database did take the beginning of the transaction. A unit that stands alone and meets a
    row that another process has just stored is run `again`, once: now it sees that row.
    """
    batch = Batch()
    deadline = timer() + MAX_SECONDS
    begun = False
    began_at = tracing.now()
    try:
        with transaction.atomic():
            begun = True
            values = _fill(batch, units, lambda: timer() > deadline)
            for sink in sinks:
                _pour(batch, sink)
            _refuse_aborted()
    except Exception as error:
        tracing.committed(units, began_at, failed=True)
        faulty = isinstance(error, OperationalError | InterfaceError)
        if faulty and not (last and begun):
            raise
        if len(units) > 1:
            return run_batch(units[: (len(units) + 1) // 2], publish, sinks=sinks, timer=timer, last=last)
        if again and isinstance(error, IntegrityError):
            return run_batch(units, publish, sinks=sinks, timer=timer, last=last, again=False)
        return [(None, out_of_reach(units, error) if faulty else error)]
    if (trace := tracing.committed(units[: len(values)], began_at)) is not None:
        batch.published.traces.append(trace)
    _share(batch, publish)
    return [(value, None) for value in values]


def _fill(batch: Batch, units: Sequence[Unit[Any]], is_late: Callable[[], bool]) -> list[Any]:
    """Run units until they are all done or it is late; their values."""
    values = []
    for unit in units:
        values.append(unit(batch))
        if is_late():
            break
    batch.settle()
    return [value.value if isinstance(value, Later) else value for value in values]


def _share(batch: Batch, publish: Callable[[Published], None]) -> None:
    """Tell what was committed. Nobody's answer depends on it."""
    if not batch.published:
        return
    try:
        publish(batch.published)
    except Exception:
        logger.exception("A change could not be shown.")


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


def _refuse_aborted() -> None:
    """Raise where somebody swallowed an error of the database outside a savepoint.

    PostgreSQL has given up the whole transaction then, and takes its COMMIT for a ROLLBACK, without a word.
    """
    if connection.vendor == "postgresql" and connection.connection.info.transaction_status.name == "INERROR":
        raise InternalError("An error of the database was swallowed, and the transaction was lost with it.")


def out_of_reach(units: Sequence[Unit[Any]], error: Exception) -> Unavailable:
    logger.error("Storage failed for %d messages: %s", len(units), error)
    return Unavailable("The database is out of reach.")
