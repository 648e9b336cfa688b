"""Rows of a live table by their keys, which are read all day, many times a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model

from smartserver.core import clock
from smartserver.core.compiled import Compiled
from smartserver.core.query import Column


def by_key(
    model: type[Model], columns: Sequence[Column]
) -> Callable[[Sequence[int]], Iterator[tuple[int, dict[str, Any]]]]:
    """A function from primary keys to the rows that there are, as (key, values in the order of `columns`).

    For columns whose values are those of the database: texts, numbers, times.
    """
    names = tuple(column.name for column in columns)
    paths = tuple(column.orm for column in columns)
    times = [place for place, column in enumerate(columns) if column.kind == "time"]

    rows = Compiled(lambda keys: model._default_manager.filter(pk__in=keys).order_by().values_list("pk", *paths))

    def read(keys: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
        for key, *values in rows(keys):
            for place in times:
                if values[place] is not None:
                    values[place] = _shown(values[place])
            yield key, dict(zip(names, values, strict=True))

    return read


def _shown(moment: datetime) -> str:
    """SQLite's driver hands over times without a zone; they are UTC."""
    if moment.tzinfo is None:
        return moment.isoformat(timespec="milliseconds") + "Z"
    return clock.isoformat(moment)
