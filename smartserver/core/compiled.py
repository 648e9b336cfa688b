"""Reads that are made many times a second: their statements are compiled once.

To build, compile and convert a queryset anew for each costs three times what the database needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

import orjson
from django.db import connection, models
from django.db.models import QuerySet

AT_ONCE = 512
"""Keys in one statement. Shorter lists are filled up to a power of two, so that there are few different statements."""


class Compiled:
    """A read by keys: `rows(keys)` is the queryset, a `values_list` whose last parameters are these keys.

    Values come as the driver returns them. SQLite's returns times without a zone, which are UTC, and JSON as text, as
    PostgreSQL's does.

    `at_once`: SQLite hands over all rows as one, because its driver gives up Python's interpreter lock for each row,
    and under load waits for it as often.
    """

    def __init__(self, rows: Callable[[Sequence[int]], QuerySet[Any, Any]], *, at_once: bool = False) -> None:
        self._rows = rows
        self._at_once = at_once
        self._statements: dict[tuple[int, str], _Statement] = {}

    def __call__(self, keys: Sequence[int]) -> Iterator[Sequence[Any]]:
        remaining = iter(keys)
        while some := list(islice(remaining, AT_ONCE)):
            count = 1 << (len(some) - 1).bit_length()
            statement = self._statement(count)
            with connection.cursor() as cursor:
                cursor.execute(statement.sql, statement.parameters + some + some[-1:] * (count - len(some)))
                found = cursor.fetchall()
            yield from found if statement.parse is None else statement.parse(found[0][0])

    def _statement(self, count: int) -> _Statement:
        statement = self._statements.get((count, connection.vendor))
        if statement is None:
            compiler = self._rows(range(count)).query.get_compiler(connection=connection)
            sql, parameters = compiler.as_sql()
            assert list(parameters[-count:]) == list(range(count)), "The last parameters are the keys."
            statement = _Statement(str(sql), list(parameters[:-count]))
            if self._at_once and connection.vendor == "sqlite":
                statement = _as_one_row(statement, [column.output_field for column, _, _ in compiler.select])
            self._statements[count, connection.vendor] = statement
        return statement


class _Statement(NamedTuple):
    """`parameters` come before the keys; `parse` makes rows of a text that holds them all."""

    sql: str
    parameters: list[Any]
    parse: Callable[[str], Iterator[list[Any]]] | None = None


def _as_one_row(statement: _Statement, fields: Sequence[models.Field[Any, Any]]) -> _Statement:
    """As a JSON array of JSON arrays. Floats are texts in it, or they would be rounded to fifteen digits."""
    columns = ", ".join(f"c{place}" for place in range(len(fields)))
    shown = ", ".join(_shown(f"c{place}", field) for place, field in enumerate(fields))
    sql = f"WITH v({columns}) AS ({statement.sql}) SELECT json_group_array(json_array({shown})) FROM v"  # noqa: S608  (a statement of Django's)
    readers = [(place, reader) for place, field in enumerate(fields) if (reader := _reader(field)) is not None]

    def parse(text: str) -> Iterator[list[Any]]:
        for row in orjson.loads(text):
            for place, read in readers:
                if row[place] is not None:
                    row[place] = read(row[place])
            yield row

    return _Statement(sql, statement.parameters, parse)


def _shown(column: str, field: models.Field[Any, Any]) -> str:
    return f"iif({column} IS NULL, NULL, printf('%%!.17g', {column}))" if _reader(field) is float else column


def _reader(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    """What makes a value of what stands in the JSON, where that is not the value itself."""
    return next((reader for kind, reader in _READERS if isinstance(field, kind)), None)


_READERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (models.FloatField, float),
    (models.DateTimeField, datetime.fromisoformat),
    (models.BooleanField, bool),
)
