"""From a commit to the browsers: which rows changed, read once, encoded once, handed to each.

A commit publishes *keys*, not values. The hub of each process gathers the keys of a moment, reads
those rows once, and gives them to the browsers that watch their topic. Because rows are read after
the commit, and all reads of a process happen one after the other in one thread, a browser never
goes back in time and always ends with the newest values, whichever process wrote them, and
whatever was lost on the way. When nobody watches, nothing is read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.db import close_old_connections, connection
from django.db.models import Q

from smartserver.core import clock, tracing
from smartserver.core.events import BROWSER_EVENTS, Published
from smartserver.core.peers import Peers
from smartserver.core.query import Column, Query
from smartserver.core.view import LiveRow, View

logger = logging.getLogger(__name__)

T = TypeVar("T")

INTERVAL = 0.04
"""Seconds for which changes are gathered: 25 updates a second look continuous and cost little."""

LONGEST_INTERVAL = 0.1
READER_SHARE = 0.05
"""While reading takes more than this share of the time, changes are gathered for longer."""

MAX_KEYS = 5000
"""Keys in one read; SQLite takes 32,766 parameters."""

MAX_TRACES = 100
"""Commits that a broadcast is linked to."""

PEER_KIND = "live"


@dataclass(frozen=True, slots=True)
class Topic:
    """A live table: its columns, and how its rows are read.

    `load(condition)` returns rows as (key, values) with `values` in the order of `columns`.
    `newest_first`: the order of rows that the query leaves alike.
    """

    name: str
    columns: tuple[Column, ...]
    load: Callable[[Q], Iterable[tuple[int, dict[str, Any]]]]
    count: Callable[[], int]
    newest_first: bool = False

    def rows(self, condition: Q) -> list[LiveRow]:
        return [LiveRow.build(key, values) for key, values in self.load(condition)]


Events = Sequence[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Delta:
    """What happened to one topic in one moment. A row that is gone is None."""

    topic: str
    rows: dict[int, LiveRow | None]
    total: int
    events: Events


@dataclass(frozen=True, slots=True)
class Snapshot:
    topic: str
    view: View
    total: int


class Listener(Protocol):
    """A browser, as the hub sees it. Called in the event loop; must not block."""

    @property
    def topics(self) -> Collection[str]: ...

    def deliver(self, delta: Delta) -> None: ...

    def resync(self) -> None: ...


class Hub:
    """The live part of one process."""

    def __init__(self, topics: Iterable[Topic], peers: Peers, *, interval: float = INTERVAL) -> None:
        self.topics = {topic.name: topic for topic in topics}
        self.listeners: set[Listener] = set()
        self._peers = peers
        self._interval = interval
        self._local = Published()
        self._news = Published()
        self._timer: asyncio.TimerHandle | None = None
        self._reading = False
        self._read_seconds = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
        peers.on(PEER_KIND, self._from_peer)
        peers.on_gap(self._resync_all)

    # -- life --------------------------------------------------------------------------

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()
        self._reader.submit(_close_connection)
        self._reader.shutdown(wait=True)

    # -- from the writer ---------------------------------------------------------------

    def publish(self, published: Published) -> None:
        """Called by the writer's thread after a commit."""
        loop = self._loop
        # Events that no browser gets would only gather here.
        events = [event for event in published.events if event[0] in BROWSER_EVENTS]
        news = Published(published.rows, events, traces=published.traces)
        if loop is not None and news:
            try:
                loop.call_soon_threadsafe(self._committed, news)
            except RuntimeError:
                logger.debug("The event loop ended before a change was shown.")

    def _committed(self, published: Published) -> None:
        _merge(self._local, published)
        self._take(published)

    def _from_peer(self, data: dict[str, Any]) -> None:
        rows = {topic: set(keys) for topic, keys in data["rows"].items()}
        self._take(Published(rows, [(kind, body) for kind, body in data["events"] if kind in BROWSER_EVENTS]))

    def _take(self, published: Published) -> None:
        _merge(self._news, published)
        if self._timer is None and not self._reading and self._loop is not None:
            self._timer = self._loop.call_later(self._pause(), self._flush)

    def _pause(self) -> float:
        return min(max(self._interval, self._read_seconds / READER_SHARE), max(self._interval, LONGEST_INTERVAL))

    # -- to the browsers ---------------------------------------------------------------

    def _flush(self) -> None:
        self._timer = None
        self._tell_peers()
        news, self._news = self._news, Published()
        watched = {topic for listener in self.listeners for topic in listener.topics}
        wanted = {topic: keys for topic, keys in news.rows.items() if topic in watched}
        if not wanted:
            return
        self._reading = True
        begun = tracing.now()

        def hand_out(loaded: list[Delta] | None) -> None:
            self._hand_out(loaded, news.events)
            if tracing.active is not None and news.traces:
                rows = sum(len(keys) for keys in wanted.values())
                tracing.active.broadcast(news.traces, begun=begun, topics=len(wanted), rows=rows)

        self._read(lambda: self._load(wanted), hand_out)

    def _tell_peers(self) -> None:
        local, self._local = self._local, Published()
        if local:
            rows = {topic: list(keys) for topic, keys in local.rows.items()}
            self._peers.send(PEER_KIND, {"rows": rows, "events": local.events})

    def _load(self, wanted: dict[str, set[int]]) -> list[Delta]:
        begun = clock.monotonic()
        deltas = []
        for name, keys in wanted.items():
            topic = self.topics[name]
            rows: dict[int, LiveRow | None] = dict.fromkeys(keys)
            ordered = list(keys)
            for start in range(0, len(ordered), MAX_KEYS):
                part = ordered[start : start + MAX_KEYS]
                rows |= {row.key: row for row in topic.rows(Q(pk__in=part))}
            deltas.append(Delta(name, rows, topic.count(), ()))
        self._read_seconds = clock.monotonic() - begun
        return deltas

    def _hand_out(self, deltas: list[Delta] | None, events: Events) -> None:
        self._reading = False
        if deltas is None:  # the read failed: whoever watches has to ask again
            self._resync_all()
        for delta in deltas or ():
            whole = Delta(delta.topic, delta.rows, delta.total, events)
            for listener in tuple(self.listeners):
                if delta.topic in listener.topics:
                    listener.deliver(whole)
        if self._news and self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(self._pause(), self._flush)

    def _resync_all(self) -> None:
        for listener in tuple(self.listeners):
            listener.resync()

    # -- snapshots ---------------------------------------------------------------------

    def snapshot(self, topic: Topic, query: Query, ready: Callable[[Snapshot | None], None]) -> None:
        """Read what matches `query` and call `ready` in the event loop (None: the read failed).

        Changes that were handed out before `ready` is called are part of the snapshot, those after
        it are not: reads and hand-outs happen in one order.
        """

        def read() -> Snapshot:
            return Snapshot(topic.name, View(query, topic.rows(query.q())), topic.count())

        self._read(read, ready)

    def _read(self, read: Callable[[], T], ready: Callable[[T | None], None]) -> None:
        """Run `read` in the reader's thread, then `ready` in the event loop, in order of the calls."""
        loop = self._loop
        if loop is None:
            return

        def job() -> None:
            result: T | None = None
            try:
                close_old_connections()
                result = read()
            except Exception:
                logger.exception("Rows for the browsers could not be read.")
            try:
                loop.call_soon_threadsafe(ready, result)
            except RuntimeError:
                logger.debug("The event loop ended during a read.")

        self._reader.submit(job)


def _close_connection() -> None:
    connection.close()  # which one that is depends on the thread


def _merge(into: Published, other: Published) -> None:
    for topic, keys in other.rows.items():
        into.rows.setdefault(topic, set()).update(keys)
    into.events.extend(other.events)
    into.traces.extend(other.traces[: MAX_TRACES - len(into.traces)])
