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
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import close_old_connections, connection

from smartserver.core import tracing
from smartserver.core.appended import Follower
from smartserver.core.events import BROWSER_EVENTS, Published
from smartserver.core.peers import Peers
from smartserver.core.query import Query
from smartserver.core.summaries import Summaries, Summary
from smartserver.core.topic import Delta, Events, Listener, Snapshot, Topic
from smartserver.core.view import LiveRow

logger = logging.getLogger(__name__)

T = TypeVar("T")

INTERVAL = 0.03
"""Seconds from one read of changes to the next: 33 updates a second look continuous and cost little."""

MOMENT = 0.01
"""Seconds for which a change waits for others when the last read is longer ago."""

LONGEST_INTERVAL = 0.1
READER_SHARE = 0.04
"""While reading the same rows again takes more than this share of a processor, it is done less often. The time on the
clock would tell how busy others are, and the busier they are, the later would a browser hear of it."""

REPEATED = 2
"""Changes for each row that is read from which on waiting spares reading the same rows again."""

MAX_KEYS = 5000
"""Keys in one read; SQLite takes 32,766 parameters."""

MAX_TRACES = 100
"""Commits that a broadcast is linked to."""

PEER_KIND = "live"


class Hub:
    """The live part of one process."""

    def __init__(
        self, topics: Iterable[Topic], peers: Peers, *, summaries: Iterable[Summary] = (), interval: float = INTERVAL
    ) -> None:
        self.topics = {topic.name: topic for topic in topics}
        self.summaries = Summaries(summaries, self.read)
        self.listeners: set[Listener] = set()
        self._peers = peers
        self._interval = interval
        self._follower = Follower(self)
        self._local = Published()
        self._news = Published()
        self._timer: asyncio.TimerHandle | None = None
        self._reading = False
        self._read_seconds = 0.0
        self._changes = 0
        self._repeated = False
        self._flushed = -LONGEST_INTERVAL
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
        peers.on(PEER_KIND, self._from_peer)
        peers.on_gap(self._resync_all)

    # -- life --------------------------------------------------------------------------

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.summaries.start(self._loop)

    async def stop(self) -> None:
        self._loop = None
        self.summaries.stop()
        if self._timer is not None:
            self._timer.cancel()
        self._follower.stop()
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
        self._changes += _keys(published)
        self.summaries.changed(published.rows)
        _merge(self._news, published)
        self._flush_later()

    def _flush_later(self) -> None:
        if self._timer is None and not self._reading and self._loop is not None:
            now = self._loop.time()
            due = max(self._flushed + self._pause(), now + min(self._interval, MOMENT))
            self._timer = self._loop.call_at(due, self._flush)

    def _pause(self) -> float:
        """Longer where reading costs much and the same rows change again meanwhile; others would only come later."""
        if not self._repeated:
            return self._interval
        return min(max(self._interval, self._read_seconds / READER_SHARE), max(self._interval, LONGEST_INTERVAL))

    # -- to the browsers ---------------------------------------------------------------

    def _flush(self) -> None:
        assert self._loop is not None
        self._timer = None
        self._flushed = self._loop.time()
        self._tell_peers()
        news, self._news = self._news, Published()
        self._repeated, self._changes = self._changes >= REPEATED * _keys(news), 0
        wanted = self._wanted(news)
        if not wanted:
            return
        self._reading = True
        begun = tracing.now()

        def hand_out(loaded: list[Delta] | None) -> None:
            self._hand_out(loaded, news.events)
            if tracing.active is not None and news.traces:
                rows = sum(len(keys) for keys in wanted.values())
                tracing.active.broadcast(news.traces, begun=begun, topics=len(wanted), rows=rows)

        self.read(lambda: self._load(wanted), hand_out)

    def _wanted(self, news: Published) -> dict[str, set[int]]:
        """The keys of what changed and is watched, by topic."""
        watched = {topic for listener in self.listeners for topic in listener.topics}
        wanted: dict[str, set[int]] = {}
        for name in self.topics.keys() & watched:
            keys = [news.rows[source] for source in {name, *self.topics[name].follows} if source in news.rows]
            if keys:
                wanted[name] = set().union(*keys)
        return wanted

    def _tell_peers(self) -> None:
        local, self._local = self._local, Published()
        if local:
            rows = {topic: list(keys) for topic, keys in local.rows.items()}
            self._peers.send(PEER_KIND, {"rows": rows, "events": local.events})

    def _load(self, wanted: dict[str, set[int]]) -> list[Delta]:
        begun = time.thread_time()
        deltas = []
        for name, keys in wanted.items():
            topic = self.topics[name]
            rows: dict[int, LiveRow | None] = dict.fromkeys(keys)
            ordered = list(keys)
            for start in range(0, len(ordered), MAX_KEYS):
                part = ordered[start : start + MAX_KEYS]
                rows |= {row.key: row for row in topic.rows_of(part)}
            deltas.append(Delta(name, rows, topic.count(), ()))
        self._read_seconds = time.thread_time() - begun
        return deltas

    def _hand_out(self, deltas: list[Delta] | None, events: Events) -> None:
        self._reading = False
        self.deliver(deltas, events)
        if self._news:
            self._flush_later()

    def deliver(self, deltas: list[Delta] | None, events: Events = ()) -> None:
        """Give everybody what was read of the topics that they watch."""
        if deltas is None:  # the read failed: whoever watches has to ask again
            self._resync_all()
        for delta in deltas or ():
            whole = Delta(delta.topic, delta.rows, delta.total, events)
            for listener in tuple(self.listeners):
                if delta.topic in listener.topics:
                    listener.deliver(whole)

    def _resync_all(self) -> None:
        self.summaries.read_again()
        for listener in tuple(self.listeners):
            listener.resync()

    # -- snapshots ---------------------------------------------------------------------

    def snapshot(self, topic: Topic, query: Query, ready: Callable[[Snapshot | None], None]) -> None:
        """Read what matches `query` and call `ready` in the event loop (None: the read failed).

        Changes that were handed out before `ready` is called are part of the snapshot, those after
        it are not: reads and hand-outs happen in one order.
        """

        def read() -> Snapshot:
            self._follower.begin(topic)
            return Snapshot(topic.name, topic.view(query), topic.count())

        self.read(read, ready)
        self._follower.watch(topic)

    def read(self, read: Callable[[], T], ready: Callable[[T | None], None]) -> None:
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


def _keys(published: Published) -> int:
    return sum(len(keys) for keys in published.rows.values())


def _merge(into: Published, other: Published) -> None:
    for topic, keys in other.rows.items():
        into.rows.setdefault(topic, set()).update(keys)
    into.events.extend(other.events)
    into.traces.extend(other.traces[: MAX_TRACES - len(into.traces)])
