"""What waits for one browser: bounded, newest values only.

Changes of rows coalesce by key, so that a browser that is slow for a minute gets each row once,
with its newest values, and the outbox never holds more than the table has rows. Plain messages
cannot coalesce; their number is limited, and a browser that exceeds it is hopeless.
"""

from __future__ import annotations

from collections import deque

import orjson

from smartserver.core.topic import Delta, Snapshot
from smartserver.core.view import LiveRow, View


class Hopeless(Exception):
    """The browser does not take its messages; close its socket."""


class TopicOutbox:
    """The state of one subscription: its view, its number, the changes that wait."""

    __slots__ = ("_first", "_pending", "_seq", "_told", "_total", "_view", "name", "query")

    def __init__(self, name: str, query: list[str]) -> None:
        self.name = name
        self.query = query
        self._view: View | None = None
        self._first: bytes | None = None
        self._pending: dict[int, LiveRow | None] = {}
        self._seq = 0
        self._total = 0
        self._told = 0

    def begin(self, snapshot: Snapshot) -> None:
        """Send this snapshot next. What waited is older than the snapshot and falls away."""
        self._view = snapshot.view
        self._pending.clear()
        self._seq = 0
        self._total = self._told = snapshot.total
        rows, snapshot.view.initial = snapshot.view.initial, []
        self._first = orjson.dumps(
            {
                "type": "snapshot",
                "topic": self.name,
                "seq": 0,
                "query": self.query,
                "total": snapshot.total,
                "rows": [orjson.Fragment(row.encoded) for row in rows],
            }
        )

    def add(self, delta: Delta) -> None:
        view = self._view
        if view is None:
            return  # the snapshot that is to come holds it
        # A row moves to the end when it changes again, so that the order of changes is kept.
        for key, row in delta.rows.items():
            self._pending.pop(key, None)
            if view.limit is None or view.concerns(key, row):
                self._pending[key] = row
        self._total = delta.total
        if view.limit is not None and len(self._pending) > 2 * view.limit:
            self._forget(view, view.limit)

    def _forget(self, view: View, limit: int) -> None:
        """Of a table without end, a browser that does not read has the newest new rows waiting, and no others."""
        new = sorted(key for key in self._pending if key not in view)
        for key in new[:-limit]:
            del self._pending[key]

    def take(self) -> bytes | None:
        """The next message with everything that waits, or None."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        if self._view is None or not self._pending:
            return None
        pending, self._pending = self._pending, {}
        ops = self._view.apply(pending)
        if not ops and self._told == self._total:
            return None
        self._seq += 1
        self._told = self._total
        return orjson.dumps({"type": "changes", "topic": self.name, "seq": self._seq, "total": self._total, "ops": ops})


MAX_BYTES = 16 * 1024 * 1024
"""What may wait of plain messages in all; a single one may be larger."""


class PlainOutbox:
    """Messages that have to arrive one by one."""

    def __init__(self, limit: int, *, max_bytes: int = MAX_BYTES) -> None:
        self._limit = limit
        self._max_bytes = max_bytes
        self._bytes = 0
        self._messages: deque[bytes] = deque()

    def add(self, message: bytes) -> None:
        waiting = len(self._messages)
        if waiting >= self._limit or (waiting and self._bytes + len(message) > self._max_bytes):
            raise Hopeless
        self._messages.append(message)
        self._bytes += len(message)

    def take(self) -> bytes | None:
        if not self._messages:
            return None
        message = self._messages.popleft()
        self._bytes -= len(message)
        return message
