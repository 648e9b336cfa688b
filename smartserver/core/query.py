"""The query language of the browsers: `filter:FIELD:OP:VALUE`, `sort:FIELD:DIR:KIND` and `search:TEXT`.

One parsed `Query` serves three times: as an ORM filter for snapshots from the database, as a
predicate for every later change, and as a sort key. Only columns that a topic declares can be
named, so that no query reaches a field, or through a relation a table, that it should not see.

Meaning (the same for all three):

- `<` `>` `<=` `>=` `==` compare numbers and times; `==` also texts and states, in any case.
- `=` contains and `^` starts with, in any case, on the text that stands for the value.
- A row without a value for the field never matches.
- `search` contains, in any case, in any of the columns that hold texts or states.
- `sort … <` is descending, `>` is ascending; rows without a value come last in both.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, Literal

from django.db.models import Q

from smartserver.core.errors import BadQuery

Kind = Literal["text", "number", "time", "state"]

MAX_ENTRIES = 20
MAX_LENGTH = 200

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
}
_LOOKUP = {"<": "lt", ">": "gt", "<=": "lte", ">=": "gte", "==": "exact"}
OPERATORS = (*_COMPARE, "=", "^")

_SHOWN = timedelta(milliseconds=1)
_LAST = datetime.max.replace(tzinfo=UTC) - _SHOWN

_RELATIVES = {"k": "\N{KELVIN SIGN}", "i": "İ"}
"""The only letters beyond ASCII that Python's `lower` makes (begin with) ASCII, and no database does."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a live table.

    `path` is the ORM path of the value (the name itself unless given). `kind` is `number`,
    `text`, `time` (ISO 8601 text in rows, a datetime in the database) or `state`, whose values are `options`.
    `computed`: the database has no such number or time; rows are filtered by it after they were read.
    """

    name: str
    label: str
    kind: Kind = "text"
    unit: str = ""
    path: str = ""
    options: tuple[str, ...] = ()
    computed: bool = False

    @property
    def orm(self) -> str:
        return self.path or self.name

    def describe(self) -> dict[str, Any]:
        described: dict[str, Any] = {"name": self.name, "label": self.label, "kind": self.kind, "unit": self.unit}
        return described | ({"options": self.options} if self.options else {})


Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    column: Column
    op: str
    text: str
    value: float | datetime | str

    def matches(self, row: Row) -> bool:
        value = row[self.column.name]
        if value is None:
            return False
        if self.op == "=":
            return _contains(value, self.text)
        if self.op == "^":
            return display(value).lower().startswith(self.text.lower())
        if self.column.kind == "time":
            value = parse_time(value)
        elif self.column.kind != "number":
            value = value.lower()
        return _COMPARE[self.op](value, self.value)

    def q(self) -> Q:
        """A condition that every matching row fulfils (`matches` decides among those)."""
        if self.column.computed:
            return Q()
        path = self.column.orm
        present = Q(**{f"{path}__isnull": False})
        if isinstance(self.value, float):
            return Q(**{f"{path}__{_LOOKUP[self.op]}": _rounded(self.op, self.value)})
        if isinstance(self.value, datetime):
            return Q(**{f"{path}__{lookup}": moment for lookup, moment in _period(self.op, self.value)})
        if self.column.kind in ("number", "time") or not self.text.isascii():
            return present  # SQLite folds the case of ASCII letters only
        lookup = {"=": "icontains", "^": "istartswith"}.get(self.op, "iexact")
        return present & _like(path, lookup, self.text)


def _contains(value: Any, text: str) -> bool:
    return text.lower() in display(value).lower()


def _like(path: str, lookup: str, text: str) -> Q:
    """The condition that every value which is like an ASCII text fulfils, and few others."""
    found = Q(**{f"{path}__{lookup}": text})
    for letter, relative in _RELATIVES.items():
        if letter in text.lower():
            found |= Q(**{f"{path}__contains": relative})
    return found


def _rounded(op: str, value: float) -> float:
    """Django cuts the fraction off before it compares whole numbers: 0 would not be greater than -0.5."""
    return float(math.floor(value)) if op == ">" else value


def _period(op: str, moment: datetime) -> Iterable[tuple[str, datetime]]:
    """Rows show milliseconds and the database keeps microseconds: it may hold a later moment than is shown."""
    if op in (">", ">=", "=="):
        yield "gt" if op == ">" else "gte", moment
    if op in ("<", "<=", "=="):
        yield "lte", min(moment, _LAST) + _SHOWN


@dataclass(frozen=True, slots=True)
class Search:
    """A text that any of these columns may contain."""

    columns: tuple[Column, ...]
    text: str

    def matches(self, row: Row) -> bool:
        values = (row[column.name] for column in self.columns)
        return any(value is not None and _contains(value, self.text) for value in values)

    def q(self) -> Q:
        columns = self.columns if self.text.isascii() else ()
        return reduce(operator.or_, (_like(column.orm, "icontains", self.text) for column in columns), Q())


@dataclass(frozen=True, slots=True)
class Sort:
    column: Column
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    filters: tuple[Filter, ...] = ()
    sorts: tuple[Sort, ...] = ()
    source: tuple[str, ...] = ()
    newest_first: bool = False
    search: Search | None = None

    def q(self) -> Q:
        searched = self.search.q() if self.search else Q()
        return reduce(operator.and_, (each.q() for each in self.filters), searched)

    def matches(self, row: Row) -> bool:
        if self.search is not None and not self.search.matches(row):
            return False
        return all(each.matches(row) for each in self.filters)

    def sort_key(self, key: int, row: Row) -> SortKey:
        """Sorts rows into the order of the query; ties go by the row's key, which grows with each new row."""
        place = -key if self.newest_first else key
        return (*(_part(row[sort.column.name], sort.descending) for sort in self.sorts), place)


SortKey = tuple[Any, ...]


class _Reversed:
    """Turns the order of texts around (numbers are simply negated)."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __lt__(self, other: _Reversed) -> bool:
        return self.text > other.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and self.text == other.text


def _part(value: Any, descending: bool) -> tuple[bool, Any]:
    if value is None:
        return (True, 0)
    if isinstance(value, str):
        folded = value.lower()
        return (False, _Reversed(folded) if descending else folded)
    return (False, -value if descending else value)


def display(value: Any) -> str:
    """The text in which `=` and `^` search; whole numbers without the useless `.0`."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def parse_time(text: str) -> datetime:
    """An ISO 8601 time; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse(entries: object, columns: Iterable[Column], *, newest_first: bool = False) -> Query:
    """The query that a browser sent, or `BadQuery` with a sentence that says what is wrong."""
    if not isinstance(entries, Sequence) or isinstance(entries, str | bytes):
        raise BadQuery("A query is a list of texts.")
    if len(entries) > MAX_ENTRIES:
        raise BadQuery(f"A query has at most {MAX_ENTRIES} entries.")
    known = {column.name: column for column in columns}
    filters: list[Filter] = []
    sorts: list[Sort] = []
    searches: list[Search] = []
    for entry in entries:
        if not isinstance(entry, str) or len(entry) > MAX_LENGTH or "\x00" in entry:
            raise BadQuery(f"An entry of a query is a text of at most {MAX_LENGTH} characters.")
        verb, _, rest = entry.partition(":")
        if verb == "filter":
            filters.append(_parse_filter(rest, known))
        elif verb == "sort":
            sorts.append(_parse_sort(rest, known))
        elif verb == "search":
            searches.append(_parse_search(rest, known))
        else:
            raise BadQuery(f"“{verb}” is neither filter, sort nor search.")
    if len(searches) > 1:
        raise BadQuery("A query has at most one search.")
    return Query(tuple(filters), tuple(sorts), tuple(entries), newest_first, *searches)


def _column(name: str, known: Mapping[str, Column]) -> Column:
    if name not in known:
        raise BadQuery(f"There is no column “{name}”.")
    return known[name]


def _parse_filter(rest: str, known: Mapping[str, Column]) -> Filter:
    parts = rest.split(":", 2)
    if len(parts) != 3:
        raise BadQuery("A filter reads filter:FIELD:OPERATOR:VALUE.")
    name, op, text = parts
    column = _column(name, known)
    if op not in OPERATORS:
        raise BadQuery(f"“{op}” is not one of {' '.join(OPERATORS)}.")
    return Filter(column, op, text, _operand(column, op, text))


def _operand(column: Column, op: str, text: str) -> float | datetime | str:
    if op in ("=", "^"):
        return text
    if column.kind == "number":
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise BadQuery(f"“{text}” is not a number.")
        return number
    if column.kind == "time":
        try:
            return parse_time(text).astimezone(UTC)
        except (ValueError, OverflowError):
            raise BadQuery(f"“{text}” is not a time such as 2026-01-31T12:00:00Z.") from None
    if op != "==":
        raise BadQuery(f"“{op}” compares numbers and times; {column.name} is text.")
    return text.lower()


def _parse_sort(rest: str, known: Mapping[str, Column]) -> Sort:
    parts = rest.split(":")
    if len(parts) not in (2, 3) or parts[1] not in ("<", ">"):
        raise BadQuery("A sort reads sort:FIELD:< (descending) or sort:FIELD:> (ascending).")
    return Sort(_column(parts[0], known), parts[1] == "<")


def _parse_search(text: str, known: Mapping[str, Column]) -> Search:
    return Search(tuple(column for column in known.values() if column.kind in ("text", "state")), text)
