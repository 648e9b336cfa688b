"""Many rows of one model in one statement, for the tables of high volume."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models


@lru_cache(maxsize=64)
def _statement(model: type[models.Model], fields: tuple[str, ...], vendor: str) -> tuple[str, tuple[int, ...]]:
    """The INSERT and the positions of the values that the database wants in another form."""
    quote = connection.ops.quote_name
    columns = [model._meta.get_field(name) for name in fields]
    names = ", ".join(quote(column.column) for column in columns)  # type: ignore[union-attr]
    marks = ", ".join(["%s"] * len(columns))
    moments = tuple(i for i, column in enumerate(columns) if isinstance(column, models.DateTimeField))
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608  (names of our own models)
    return sql, moments


def insert_rows(model: type[models.Model], fields: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` (values in the order of `fields`) with one `executemany`.

    Four times as fast as `bulk_create`, because no model instance is made. Values have to be
    plain: numbers, text, booleans, aware datetimes, None. Fields that are not named need a
    default in the database.
    """
    sql, moments = _statement(model, fields, connection.vendor)
    prepared = _prepare(rows, moments)
    if prepared:
        with connection.cursor() as cursor:
            cursor.executemany(sql, prepared)


def update_rows(
    model: type[models.Model], fields: tuple[str, ...], where: tuple[str, ...], rows: Iterable[Sequence[Any]]
) -> None:
    """Update many rows with one `executemany`: values of `fields`, then of `where`, in each row."""
    quote = connection.ops.quote_name
    columns = [model._meta.get_field(name) for name in (*fields, *where)]
    assignments = ", ".join(f"{quote(column.column)} = %s" for column in columns[: len(fields)])  # type: ignore[union-attr]
    conditions = " AND ".join(f"{quote(column.column)} = %s" for column in columns[len(fields) :])  # type: ignore[union-attr]
    moments = [i for i, column in enumerate(columns) if isinstance(column, models.DateTimeField)]
    prepared = _prepare(rows, moments)
    if prepared:
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {quote(model._meta.db_table)} SET {assignments} WHERE {conditions}",  # noqa: S608  (names of our own models)
                prepared,
            )


def _prepare(rows: Iterable[Sequence[Any]], moments: Sequence[int]) -> list[list[Any]]:
    adapt: Callable[[Any], Any] = connection.ops.adapt_datetimefield_value
    prepared = [list(row) for row in rows]
    for position in moments:
        for values in prepared:
            if values[position] is not None:
                values[position] = adapt(values[position])
    return prepared
