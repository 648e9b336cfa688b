"""Rows of a live table by their keys, with statements that were compiled once.

These reads are made all day, many times a second. To build, compile and convert a queryset anew for each costs three
times what the database needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Model

from smartserver.core import clock
from smartserver.core.query import Column

AT_ONCE = 512
"""Keys in one statement. Shorter lists are filled up to a power of two, so that there are few different statements."""


def by_key(
    model: type[Model], columns: Sequence[Column]
) -> Callable[[Sequence[int]], Iterator[tuple[int, dict[str, Any]]]]:
    """A function from primary keys to the rows that there are, as (key, values in the order of `columns`).

    For columns whose values are those of the database: texts, numbers, times.
    """
    names = tuple(column.name for column in columns)
    paths = tuple(column.orm for column in columns)
    times = [place for place, column in enumerate(columns) if column.kind == "time"]

    def read(keys: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
        remaining = iter(keys)
        while some := list(islice(remaining, AT_ONCE)):
            for key, *values in _fetch(model, paths, some):
                for place in times:
                    if values[place] is not None:
                        values[place] = _shown(values[place])
                yield key, dict(zip(names, values, strict=True))

    return read


def _fetch(model: type[Model], paths: tuple[str, ...], keys: list[int]) -> Sequence[Sequence[Any]]:
    count = 1 << (len(keys) - 1).bit_length()
    with connection.cursor() as cursor:
        cursor.execute(_statement(model, paths, count, connection.vendor), keys + keys[-1:] * (count - len(keys)))
        found: Sequence[Sequence[Any]] = cursor.fetchall()
    return found


@lru_cache(maxsize=64)
def _statement(model: type[Model], paths: tuple[str, ...], count: int, vendor: str) -> str:
    rows = model._default_manager.filter(pk__in=range(count)).order_by().values_list("pk", *paths)
    sql, parameters = rows.query.get_compiler(connection=connection).as_sql()
    assert list(parameters) == list(range(count)), "Nothing but the keys is filled in."
    return str(sql)


def _shown(moment: datetime) -> str:
    """SQLite's driver hands over times without a zone; they are UTC."""
    if moment.tzinfo is None:
        return moment.isoformat(timespec="milliseconds") + "Z"
    return clock.isoformat(moment)
