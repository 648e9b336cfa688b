"""Rows of the database as those of live tables, and how many of them are in which state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from smartserver.core.clock import isoformat
from smartserver.core.query import Column
from smartserver.core.summaries import Summary
from smartserver.core.topic import Topic


def read_rows(
    rows: QuerySet[Any], columns: Sequence[Column], *, key: str = "pk"
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row as (key, values by the names of the columns, in their order); times as texts."""
    names = [column.name for column in columns]
    for number, *values in rows.values_list(key, *(column.orm for column in columns)):
        shown = (isoformat(value) if isinstance(value, datetime) else value for value in values)
        yield number, dict(zip(names, shown, strict=True))


def states_of(topic: Topic, column: Column, rows: Callable[[], QuerySet[Any]]) -> Summary:
    """The summary `TOPIC.states`: `{"states": {state: number of rows}}`, in the order of the options of a state column.

    States that no row has are 0. `rows` is what the table is made of.
    """

    def load() -> dict[str, Any]:
        found = rows().order_by().values_list(column.orm).annotate(number=Count("pk"))
        counts: dict[str, int] = dict(found)
        return {"states": {state: counts.get(state, 0) for state in column.options}}

    return Summary(f"{topic.name}.states", topic.follows | {topic.name}, load)
