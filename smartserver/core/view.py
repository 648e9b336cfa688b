"""What one browser sees of one topic: the rows that match its query, in its order.

Pure. A `View` turns changed rows into the operations of the live protocol
(`docs/live-protocol.md`): `[old index, new index, row]`.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from smartserver.core.query import Query, Row, SortKey


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One row of a topic as every browser gets it, encoded once."""

    key: int
    values: Row
    encoded: bytes

    @classmethod
    def build(cls, key: int, values: Row) -> LiveRow:
        return cls(key, values, orjson.dumps([key, *values.values()]))


Op = tuple[int, int, "orjson.Fragment | None"]


class View:
    """The rows of one browser, as keys in order. `initial` holds the rows themselves for the snapshot.

    With a `limit` it holds that many rows, those with the greatest keys, whatever their order: a table that grows
    all day stays as long in the browser.
    """

    def __init__(self, query: Query, rows: Iterable[LiveRow], *, limit: int | None = None) -> None:
        self.query = query
        self.limit = limit
        found = [row for row in rows if query.matches(row.values)]
        if limit is not None and len(found) > limit:
            found = heapq.nlargest(limit, found, key=lambda row: row.key)
        # A sorted list is a heap. Keys of rows that have left remain in it until they are the smallest.
        self._ages = sorted(row.key for row in found) if limit is not None else []
        matching = [(query.sort_key(row.key, row.values), row) for row in found]
        matching.sort(key=lambda pair: pair[0])
        self._order: list[SortKey] = [key for key, _ in matching]
        self._place: dict[int, SortKey] = {row.key: key for key, row in matching}
        self.initial = [row for _, row in matching]

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, key: int) -> bool:
        return key in self._place

    def concerns(self, key: int, row: LiveRow | None) -> bool:
        """Whether a change of this row is one of this view."""
        return key in self._place or (row is not None and self.query.matches(row.values))

    def apply(self, changes: dict[int, LiveRow | None]) -> list[Op]:
        """The operations that bring the browser up to date; None stands for a row that is gone."""
        ops: list[Op] = []
        for key, row in changes.items():
            old = self._leave(key)
            if row is None or not self.query.matches(row.values):
                if old >= 0:
                    ops.append((old, -1, None))
                continue
            if old < 0 and self.limit is not None:
                heapq.heappush(self._ages, key)
            ops.append((old, self._enter(key, row.values), orjson.Fragment(row.encoded)))
        return ops + self._let_go()

    def _let_go(self) -> list[Op]:
        """Take out the oldest rows while there are too many."""
        if self.limit is None:
            return []
        ops: list[Op] = []
        while len(self._order) > self.limit:
            index = self._leave(heapq.heappop(self._ages))
            if index >= 0:
                ops.append((index, -1, None))
        if len(self._ages) > 2 * self.limit:
            self._ages = sorted(self._place)
        return ops

    def _leave(self, key: int) -> int:
        place = self._place.pop(key, None)
        if place is None:
            return -1
        index = bisect_left(self._order, place)
        del self._order[index]
        return index

    def _enter(self, key: int, values: Row) -> int:
        place: Any = self.query.sort_key(key, values)
        index = bisect_left(self._order, place)
        self._order.insert(index, place)
        self._place[key] = place
        return index
