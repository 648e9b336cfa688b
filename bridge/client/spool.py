"""Hardware events on their way to the CMS, in order, each until all of its steps are done.

An event is a row from the moment it comes. `LOG_EVENT` gets it a session id, `STATE` posts the text of /state that was
taken when it came, `LOG` the outlet's log. Each step that is done is remembered, so a retry goes on where it stopped.
Too many, too large, too old: the oldest are dropped first, and counted.
"""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from sqlite3 import Connection, Row
from typing import NamedTuple

from bridge.client.clock import SANE, Clock, due
from bridge.client.store import Store

FRESH_SECONDS = 300.0
"""For so long after an event the newest lines of a log are those around it."""


class Step(IntEnum):
    """What is to be done next."""

    LOG_EVENT = 0
    STATE = 1
    LOG = 2


class Loss(NamedTuple):
    """Why events were dropped; the names of the counters."""

    overflow: str = "overflow"
    expired: str = "expired"
    refused: str = "refused"
    discarded: str = "discarded"
    malformed: str = "malformed"
    unstored: str = "unstored"


LOSS = Loss()


class Bounds(NamedTuple):
    """Events, bytes, seconds."""

    events: int
    bytes: int
    age: float


class Event(NamedTuple):
    """`body` is the event's JSON as it came; `outlet` is empty where it names none; `at` seconds since 1970."""

    seq: int
    key: str
    charger: str
    at: float
    body: str
    outlet: str
    state: str | None
    is_witnessed: bool
    step: Step
    session_id: int
    attempts: int


class Spool:
    """Any thread may use it."""

    def __init__(self, store: Store, bounds: Bounds, clock: Clock) -> None:
        self._store = store
        self._bounds = bounds
        self._clock = clock
        self._lock = threading.Lock()
        self.lost: Counter[str] = Counter()
        with store.change() as connection:
            # The state beside them was to be taken by a process that is gone; that of now belongs to another time.
            connection.execute("UPDATE event SET is_witnessed = 1, due = 0 WHERE is_witnessed = 0 OR due > 0")
            self._count(connection)
        self.expire()

    @property
    def depth(self) -> tuple[int, int]:
        """Events and bytes that wait."""
        return self._events, self._bytes

    def lose(self, reason: str, count: int = 1) -> None:
        if count:
            with self._lock:
                self.lost[reason] += count

    # -- coming -----------------------------------------------------------------------------------

    def add(self, body: str, *, outlet: str, charger: str) -> str:
        """The event's key; it is on the disk now."""
        key = str(uuid.uuid4())
        size = len(body.encode()) + len(outlet) + len(charger)
        with self._changing() as connection:
            connection.execute(
                "INSERT INTO event (key, charger, at, body, outlet, size) VALUES (?, ?, ?, ?, ?, ?)",
                (key, charger, self._clock.now(), body, outlet, size),
            )
            self._events += 1
            self._bytes += size
            self._bound(connection)
        return key

    def unwitnessed(self) -> int | None:
        """The newest event beside which no state was put yet."""
        row = self._store.row("SELECT MAX(seq) AS seq FROM event WHERE is_witnessed = 0")
        return row["seq"] if row else None

    def witness(self, seq: int, state: str | None) -> None:
        """This is the state beside all events up to this one that have none yet; None where it could not be had."""
        size = len(state.encode()) if state else 0
        with self._changing() as connection:
            count = connection.execute(
                "UPDATE event SET is_witnessed = 1, state = ?, size = size + ? WHERE is_witnessed = 0 AND seq <= ?",
                (state, size, seq),
            ).rowcount
            self._bytes += count * size
            self._bound(connection)

    # -- going ------------------------------------------------------------------------------------

    def next_event(self) -> Event | None:
        """The oldest whose event or state has to be sent. A state that is still being taken holds up no other event."""
        return self._event("step = 0 OR (step = 1 AND is_witnessed = 1)", "step < 2")

    def next_log(self) -> Event | None:
        """The oldest whose log has to be sent, and whose time for it has come."""
        return self._event("due <= ? OR due > ?", "step = 2", *due(self._clock))

    def advance(self, event: Event, step: Step, session_id: int | None = None) -> None:
        """The steps before this one are done.

        Logs are fetched when they are sent. So one that still waits is superfluous where a newer one of the same outlet
        follows for the same session, or where its event is so long ago that it would get the lines of another time.
        """
        with self._changing() as connection:
            connection.execute(
                "UPDATE event SET step = ?, session_id = COALESCE(?, session_id), attempts = 0 WHERE seq = ?",
                (step, session_id, event.seq),
            )
            if step is Step.LOG:
                condition = (
                    "step = 2 AND outlet = ? AND charger = ? AND seq < ?"
                    " AND (at < ? OR session_id = (SELECT session_id FROM event WHERE seq = ?))"
                )
                fresh = self._clock.now() - FRESH_SECONDS
                self._remove(connection, condition, event.outlet, event.charger, event.seq, fresh, event.seq)

    def attempted(self, event: Event, wait: float = 0.0) -> int:
        """One more attempt at its step has failed: how many by now. It is not due again for `wait` seconds."""
        with self._store.change() as connection:
            connection.execute(
                "UPDATE event SET attempts = attempts + 1, due = ? WHERE seq = ?",
                (self._clock.now() + wait if wait else 0, event.seq),
            )
        return event.attempts + 1

    def done(self, event: Event) -> None:
        with self._changing() as connection:
            self._remove(connection, "seq = ?", event.seq)

    def drop(self, event: Event, reason: str) -> None:
        self.done(event)
        self.lose(reason)

    def expire(self) -> int:
        """Drop what is too old; how many there were. Times of a clock that was not set say nothing."""
        with self._changing() as connection:
            count = self._remove(connection, "at >= ? AND at < ?", SANE, self._clock.now() - self._bounds.age)
        self.lose(LOSS.expired, count)
        return count

    # -- inside -----------------------------------------------------------------------------------

    def _event(self, condition: str, index: str, *values: object) -> Event | None:
        row = self._store.row(f"SELECT * FROM event WHERE ({condition}) AND {index} ORDER BY seq LIMIT 1", *values)  # noqa: S608
        return _read(row) if row else None

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A change that counts as it goes."""
        try:
            with self._store.change() as connection:
                yield connection
        except BaseException:
            with self._store.change() as connection:
                self._count(connection)
            raise

    def _count(self, connection: Connection) -> None:
        row = connection.execute("SELECT COUNT(*), COALESCE(SUM(size), 0) FROM event").fetchone()
        self._events, self._bytes = row[0], row[1]

    def _bound(self, connection: Connection) -> None:
        """The newest event stays, whatever its size."""
        while self._events > 1 and (self._events > self._bounds.events or self._bytes > self._bounds.bytes):
            self._remove(connection, "seq = (SELECT MIN(seq) FROM event)")
            self.lose(LOSS.overflow)

    def _remove(self, connection: Connection, condition: str, *values: object) -> int:
        """How many there were. A full spool is never counted anew for each event that leaves it."""
        sizes = connection.execute(f"DELETE FROM event WHERE {condition} RETURNING size", values).fetchall()  # noqa: S608
        self._events -= len(sizes)
        self._bytes -= sum(size for (size,) in sizes)
        return len(sizes)


def _read(row: Row) -> Event:
    return Event(
        row["seq"],
        row["key"],
        row["charger"],
        row["at"],
        row["body"],
        row["outlet"],
        row["state"],
        bool(row["is_witnessed"]),
        Step(row["step"]),
        row["session_id"] or 0,
        row["attempts"],
    )
