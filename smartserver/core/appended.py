"""Tables to which rows are only ever added: which keys are new, found without anybody's telling.

To publish the key of every message, in this process and to the others, would cost the path of the messages more
than browsers are worth that mostly do not look. So nothing is published, and who watches asks the primary key's index.
"""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable, Collection, Iterable
from functools import reduce
from typing import Protocol, TypeVar

from django.db.models import Model, Q

from smartserver.core import clock
from smartserver.core.query import Query
from smartserver.core.topic import Delta, Listener, Topic
from smartserver.core.view import LiveRow

T = TypeVar("T")

INTERVAL = 0.1
"""Seconds between two looks."""

MOST = 5000
"""New keys of one look, the greatest; more than that nobody could read."""

RECENT = 1000
"""Keys before the first look among which holes are looked for."""

LATE_SECONDS = 10.0
"""For so long a key that was passed over may still come: PostgreSQL gives a row its number before its commit, and a
transaction with smaller numbers may be committed after one with greater. SQLite has one writer at a time."""

MAX_MISSING = 5000

MAX_CONDITIONS = 8
"""Different filters that are asked for in one read; with more, all new rows are read."""


class Hub(Protocol):
    """The hub, as far as it is needed here (`core/live.py`)."""

    topics: dict[str, Topic]
    listeners: set[Listener]

    def read(self, read: Callable[[], T], ready: Callable[[T | None], None]) -> None: ...

    def deliver(self, deltas: list[Delta] | None) -> None: ...


class Follower:
    """Looks for new rows of the tables that somebody watches, and only then."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._tails: dict[str, Tail] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._looking = False

    # -- in the event loop -------------------------------------------------------------

    def watch(self, topic: Topic) -> None:
        """Somebody asked for the rows of this topic; from now on it is looked for new ones."""
        if topic.appended is not None and not self._looking:
            self._looking = True
            self._later()

    def stop(self) -> None:
        self._looking = False
        if self._timer is not None:
            self._timer.cancel()

    def _later(self) -> None:
        if self._looking:
            self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._look)

    def _look(self) -> None:
        wanted = self._wanted()
        if wanted:
            self._hub.read(lambda: self._load(wanted), self._ready)
        else:
            self._looking = False
            self._tails = {}

    def _wanted(self) -> dict[str, Q]:
        """The topics that are watched, each with a condition for the rows that anybody wants."""
        wanted = {}
        for name, topic in self._hub.topics.items():
            if topic.appended is not None:
                queries = [listener.query(name) for listener in self._hub.listeners if name in listener.topics]
                if queries:
                    wanted[name] = any_of(queries)
        return wanted

    def _ready(self, deltas: list[Delta] | None) -> None:
        self._hub.deliver(deltas)
        self._later()

    # -- in the reader's thread --------------------------------------------------------

    def begin(self, topic: Topic) -> None:
        """A snapshot is about to be read: what comes after this is news."""
        if topic.appended is not None and topic.name not in self._tails:
            self._tails[topic.name] = Tail(topic.appended)

    def _load(self, wanted: dict[str, Q]) -> list[Delta]:
        deltas = []
        for name, condition in wanted.items():
            tail = self._tails.get(name)
            if tail is not None and (keys := tail.news()):
                topic = self._hub.topics[name]
                rows: dict[int, LiveRow | None] = {row.key: row for row in topic.rows(Q(pk__in=keys) & condition)}
                deltas.append(Delta(name, rows, topic.count(), ()))
        return deltas


class Tail:
    """The end of a table. Its methods are called in one thread, one after the other."""

    def __init__(self, model: type[Model]) -> None:
        self._rows = model._default_manager.order_by("-pk")
        self._missing: dict[int, float] = {}
        recent = sorted(self._rows.values_list("pk", flat=True)[:RECENT])
        self._last = recent[-1] if recent else 0
        if recent:
            self._note_holes(recent[0], recent)

    def news(self) -> list[int]:
        """The keys of rows that came since the last call."""
        new = sorted(self._rows.filter(pk__gt=self._last).values_list("pk", flat=True)[:MOST])
        late = self._late()
        if new:
            self._note_holes(new[0] if len(new) == MOST else self._last + 1, new)
            self._last = new[-1]
        return late + new

    def _late(self) -> list[int]:
        now = clock.monotonic()
        self._missing = {key: until for key, until in self._missing.items() if until > now}
        if not self._missing:
            return []
        late = sorted(self._rows.filter(pk__in=list(self._missing)).values_list("pk", flat=True))
        for key in late:
            del self._missing[key]
        return late

    def _note_holes(self, first: int, keys: Collection[int]) -> None:
        """Remember the keys from `first` to the greatest that are not among these."""
        if max(keys) - first + 1 == len(keys):
            return
        until = clock.monotonic() + LATE_SECONDS
        present = set(keys)
        last = max(present)
        holes = (key for key in range(max(first, last - MOST), last) if key not in present)
        self._missing |= dict.fromkeys(holes, until)
        for key in list(self._missing)[:-MAX_MISSING]:
            del self._missing[key]


def any_of(queries: Iterable[Query]) -> Q:
    """A condition that every row fulfils which one of these queries wants."""
    distinct = {(query.filters, query.search): query for query in queries}
    conditions = [query.q() for query in distinct.values()]
    if len(conditions) > MAX_CONDITIONS or not all(conditions):
        return Q()  # somebody wants them all, or by what the database does not have
    return reduce(operator.or_, conditions)
