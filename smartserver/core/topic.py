"""What live tables are made of: topics, and what browsers are told of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Model, Q

from smartserver.core.query import Column, Query
from smartserver.core.view import LiveRow, View


@dataclass(frozen=True, slots=True)
class Topic:
    """A live table: its columns, and how its rows are read.

    `load(condition)` returns rows as (key, values) with `values` in the order of `columns`.
    `newest_first`: the order of rows that the query leaves alike. `key`: the field by which rows are known. `follows`:
    topics with the same keys, which are read for this one, too; rows change with theirs.
    `limit`: a browser is shown so many of the rows that match, those with the greatest keys.
    `appended`: a table to which rows are added, and never changed. Nobody publishes its keys; while somebody watches,
    the hub looks for new ones itself. `find` reads the rows of a snapshot where `load` with the query's condition would
    have to read too much; `read` does what `load` does, by keys and in less time, for tables that change all the time
    (`core/by_key.py`).
    """

    name: str
    columns: tuple[Column, ...]
    load: Callable[[Q], Iterable[tuple[int, dict[str, Any]]]]
    count: Callable[[], int]
    newest_first: bool = False
    key: str = "pk"
    follows: frozenset[str] = frozenset()
    limit: int | None = None
    appended: type[Model] | None = None
    find: Callable[[Query], Iterable[tuple[int, dict[str, Any]]]] | None = None
    read: Callable[[Sequence[int]], Iterable[tuple[int, dict[str, Any]]]] | None = None

    def found(self, query: Query) -> Iterable[tuple[int, dict[str, Any]]]:
        """The rows that fulfil a query as far as the database can tell, as `load` returns them."""
        return self.load(query.q()) if self.find is None else self.find(query)

    def view(self, query: Query) -> View:
        """What is found for a browser."""
        return View(query, (LiveRow.build(key, values) for key, values in self.found(query)), limit=self.limit)

    def rows(self, condition: Q) -> list[LiveRow]:
        return [LiveRow.build(key, values) for key, values in self.load(condition)]

    def rows_of(self, keys: Sequence[int]) -> list[LiveRow]:
        """Those that there are of these rows."""
        found = self.load(Q(**{f"{self.key}__in": keys})) if self.read is None else self.read(keys)
        return [LiveRow.build(key, values) for key, values in found]


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

    def query(self, topic: str) -> Query: ...

    def deliver(self, delta: Delta) -> None: ...

    def resync(self) -> None: ...
