"""Reads that are made many times a second: their statements are compiled once.

To build, compile and convert a queryset anew for each costs three times what the database needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import QuerySet

AT_ONCE = 512
"""Keys in one statement. Shorter lists are filled up to a power of two, so that there are few different statements."""


class Compiled:
    """A read by keys: `rows(keys)` is the queryset, a `values_list` whose last parameters are these keys.

    Values come as the driver returns them. SQLite's returns times without a zone, which are UTC, and JSON as text, as
    PostgreSQL's does.
    """

    def __init__(self, rows: Callable[[Sequence[int]], QuerySet[Any, Any]]) -> None:
        self._rows = rows
        self._statements: dict[tuple[int, str], tuple[str, list[Any]]] = {}

    def __call__(self, keys: Sequence[int]) -> Iterator[Sequence[Any]]:
        remaining = iter(keys)
        while some := list(islice(remaining, AT_ONCE)):
            count = 1 << (len(some) - 1).bit_length()
            with connection.cursor() as cursor:
                sql, parameters = self._statement(count)
                cursor.execute(sql, parameters + some + some[-1:] * (count - len(some)))
                yield from cursor.fetchall()

    def _statement(self, count: int) -> tuple[str, list[Any]]:
        """In SQL, and the parameters before the keys."""
        statement = self._statements.get((count, connection.vendor))
        if statement is None:
            sql, parameters = self._rows(range(count)).query.get_compiler(connection=connection).as_sql()
            assert list(parameters[-count:]) == list(range(count)), "Nothing but the keys is filled in."
            self._statements[count, connection.vendor] = statement = (str(sql), list(parameters[:-count]))
        return statement
