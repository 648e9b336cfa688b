"""Many rows of one model in one statement, for the tables of high volume.

One statement with many rows, not `executemany`: SQLite's driver gives up Python's interpreter lock
for every row of an `executemany`, and under load waits for it as often. Faster than `bulk_create`
because no model instance is made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, TypeAlias, cast

from django.db import connection, models

MAX_PARAMETERS = 10_000
"""Values in one statement: well below the limits of SQLite (32,766) and PostgreSQL (65,535)."""

Rows = Iterable[Sequence[Any]]
Keys = Collection[int]
Field: TypeAlias = "models.Field[Any, Any]"


def insert_rows(model: type[models.Model], fields: tuple[str, ...], rows: Rows) -> None:
    """Insert `rows`, each the values of `fields` in order.

    Values have to be plain: numbers, text, booleans, aware datetimes, None. Fields that are not
    named need a default in the database.
    """
    columns = _columns(model, fields)
    names = ", ".join(_quoted(column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        for values, marks in _chunks(columns, rows):
            cursor.execute(f"INSERT INTO {table} ({names}) VALUES {marks}", values)  # noqa: S608  (names of our own models)


def update_rows(model: type[models.Model], fields: tuple[str, ...], rows: Rows) -> None:
    """Update rows by primary key, each the values of `fields` in order and then the key."""
    columns = [*_columns(model, fields), model._meta.pk]
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    assignments = ", ".join(f"{_quoted(column)} = {_typed(column, i)}" for i, column in enumerate(columns[:-1]))
    key = f"{table}.{_quoted(columns[-1])} = {_typed(columns[-1], len(fields))}"
    names = ", ".join(f"c{i}" for i in range(len(columns)))
    with connection.cursor() as cursor:
        for values, marks in _chunks(columns, rows):
            cursor.execute(
                f"WITH v({names}) AS (VALUES {marks}) UPDATE {table} SET {assignments} FROM v WHERE {key}",  # noqa: S608
                values,
            )


def select_rows(model: type[models.Model], fields: tuple[str, ...], field: str, keys: Keys, extra: str = "") -> Rows:
    """The values of `fields` of all rows whose `field` is one of `keys`, as the driver returns them.

    For the few reads that every batch makes: building the same queryset anew each time would cost
    more than the read. `extra` is a further condition in SQL on the model's own columns.
    """
    columns = _columns(model, fields)
    [condition] = _columns(model, (field,))
    names = ", ".join(_quoted(column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    found: list[Sequence[Any]] = []
    remaining = iter(keys)
    with connection.cursor() as cursor:
        while chunk := list(islice(remaining, MAX_PARAMETERS)):
            marks = ", ".join(["%s"] * len(chunk))
            cursor.execute(f"SELECT {names} FROM {table} WHERE {_quoted(condition)} IN ({marks}) {extra}", chunk)  # noqa: S608
            found += cursor.fetchall()
    return found


def _columns(model: type[models.Model], fields: tuple[str, ...]) -> list[Field]:
    return [model._meta.get_field(name) for name in fields]  # type: ignore[misc]


def _quoted(column: Field) -> str:
    return connection.ops.quote_name(column.column)


def _typed(column: Field, position: int) -> str:
    """A column of the VALUES list; PostgreSQL cannot guess the type of one that holds only NULL."""
    if connection.vendor != "postgresql":
        return f"v.c{position}"
    return f"CAST(v.c{position} AS {column.cast_db_type(connection)})"


def _chunks(columns: Sequence[Field], rows: Rows) -> Iterator[tuple[list[Any], str]]:
    """(values, placeholders) of one statement after the other."""
    moments = [i for i, column in enumerate(columns) if isinstance(column, models.DateTimeField)]
    adapt = _adapter()
    row_marks = f"({', '.join(['%s'] * len(columns))})"
    remaining = iter(rows)
    while chunk := [list(row) for row in islice(remaining, MAX_PARAMETERS // len(columns))]:
        for position in moments:
            for values in chunk:
                if values[position] is not None:
                    values[position] = adapt(values[position])
        yield list(chain.from_iterable(chunk)), ", ".join([row_marks] * len(chunk))


def _adapter() -> Callable[[datetime], Any]:
    """How this database wants an aware datetime: SQLite as text in UTC, as Django writes it."""
    if connection.vendor == "sqlite":
        return lambda moment: moment.astimezone(UTC).isoformat(" ").removesuffix("+00:00")
    return cast("Callable[[datetime], Any]", connection.ops.adapt_datetimefield_value)
