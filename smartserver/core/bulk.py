"""Many rows of one model in one statement, for the tables of high volume.

One statement with many rows, not `executemany`: SQLite's driver gives up Python's interpreter lock
for every row of an `executemany`, and under load waits for it as often. Faster than `bulk_create`
because no model instance is made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, islice
from typing import Any, TypeAlias

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

MAX_PARAMETERS = 10_000
"""Values in one statement: well below the limits of SQLite (32,766) and PostgreSQL (65,535)."""

Rows = Iterable[Sequence[Any]]
Keys = Collection[int] | Collection[str]
Field: TypeAlias = "models.Field[Any, Any]"


def insert_rows(
    model: type[models.Model], fields: tuple[str, ...], rows: Rows, *, replacing: tuple[str, ...] = ()
) -> None:
    """Insert `rows`, each the values of `fields` in order.

    Values have to be plain: numbers, text, booleans, aware datetimes, None. Fields that are not
    named need a default in the database. `replacing`: fields with a unique constraint; a row that has the same values
    there gets the other values. No two of `rows` may have the same.
    """
    database = connections[DEFAULT_DB_ALIAS]
    for values, count in _chunks(_columns(model, fields), rows, database.vendor):
        _execute(database, _insert_sql(model, fields, count, database.vendor, replacing), values)


def update_rows(model: type[models.Model], fields: tuple[str, ...], rows: Rows) -> None:
    """Update rows by primary key, each the values of `fields` in order and then the key."""
    database = connections[DEFAULT_DB_ALIAS]
    for values, count in _chunks(_columns(model, (*fields, model._meta.pk.name)), rows, database.vendor):
        _execute(database, _update_sql(model, fields, count, database.vendor), values)


def select_rows(
    model: type[models.Model], fields: tuple[str, ...], field: str, keys: Keys, extra: str = "", *, locked: bool = False
) -> Rows:
    """The values of `fields` of all rows whose `field` is one of `keys`, as the driver returns them.

    For the few reads that every batch makes: building the same queryset anew each time would cost
    more than the read. SQLite's driver returns times without a zone; they are UTC, and may be written back so.
    `extra` is a further condition in SQL on the model's own columns. `locked`: until the end of the transaction, in the
    order of their keys, so that no two processes wait for each other.
    """
    if locked and connection.features.has_select_for_update:
        extra += f" ORDER BY {_quoted(_columns(model, (model._meta.pk.name,))[0])} FOR UPDATE"
    names = ", ".join(_quoted(column) for column in _columns(model, fields))
    condition = _quoted(_columns(model, (field,))[0])
    table = connection.ops.quote_name(model._meta.db_table)
    found: list[Sequence[Any]] = []
    remaining: Iterator[Any] = iter(keys)
    with connection.cursor() as cursor:
        while chunk := list(islice(remaining, MAX_PARAMETERS)):
            marks = ", ".join(["%s"] * len(chunk))
            cursor.execute(f"SELECT {names} FROM {table} WHERE {condition} IN ({marks}) {extra}", chunk)  # noqa: S608  (names of our own models)
            found += cursor.fetchall()
    return found


# -- statements ---------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _insert_sql(
    model: type[models.Model], fields: tuple[str, ...], count: int, vendor: str, replacing: tuple[str, ...]
) -> str:
    columns = _columns(model, fields)
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(_quoted(column) for column in columns)
    sql = f"INSERT {_or_fail(vendor)} INTO {table} ({names}) VALUES {_marks(len(columns), count, vendor)}"  # noqa: S608  (names of our own models)
    if not replacing:
        return sql
    same = ", ".join(_quoted(column) for column in _columns(model, replacing))
    others = [_quoted(column) for column in columns if column.name not in replacing]
    return f"{sql} ON CONFLICT ({same}) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in others)


@lru_cache(maxsize=256)
def _update_sql(model: type[models.Model], fields: tuple[str, ...], count: int, vendor: str) -> str:
    columns = _columns(model, (*fields, model._meta.pk.name))
    table = connection.ops.quote_name(model._meta.db_table)
    assignments = ", ".join(f"{_quoted(column)} = {_typed(column, i)}" for i, column in enumerate(columns[:-1]))
    key = f"{table}.{_quoted(columns[-1])} = {_typed(columns[-1], len(fields))}"
    names = ", ".join(f"c{i}" for i in range(len(columns)))
    values = _marks(len(columns), count, vendor)
    return (
        f"WITH v({names}) AS (VALUES {values}) UPDATE {_or_fail(vendor)} {table} SET {assignments} FROM v WHERE {key}"  # noqa: S608  (names of our own models)
    )


def _or_fail(vendor: str) -> str:
    """What SQLite is to do with a statement that fails half-way: leave it, the transaction is rolled back anyway.

    Else it keeps a copy of every page that the statement touches, which costs a tenth of a batch.
    """
    return "OR FAIL" if vendor == "sqlite" else ""


def _execute(database: BaseDatabaseWrapper, sql: str, values: list[Any]) -> None:
    """Run a statement in the open transaction.

    On SQLite past Django's cursor, which would translate the placeholders of every statement anew.
    """
    if database.vendor == "sqlite":
        database.ensure_connection()
        with database.wrap_database_errors:
            database.connection.execute(sql, values)
    else:
        with database.cursor() as cursor:
            cursor.execute(sql, values)


def _columns(model: type[models.Model], fields: tuple[str, ...]) -> list[Field]:
    return [model._meta.get_field(name) for name in fields]  # type: ignore[misc]


def _quoted(column: Field) -> str:
    assert column.column is not None  # every field that we name has one
    return connection.ops.quote_name(column.column)


def _marks(columns: int, rows: int, vendor: str) -> str:
    mark = "?" if vendor == "sqlite" else "%s"
    return ", ".join([f"({', '.join([mark] * columns)})"] * rows)


def _typed(column: Field, position: int) -> str:
    """A column of the VALUES list; PostgreSQL cannot guess the type of one that holds only NULL."""
    if connection.vendor != "postgresql":
        return f"v.c{position}"
    return f"CAST(v.c{position} AS {column.cast_db_type(connection)})"


# -- values -------------------------------------------------------------------------------------


def _chunks(columns: Sequence[Field], rows: Rows, vendor: str) -> Iterator[tuple[list[Any], int]]:
    """(values, number of rows) of one statement after the other."""
    width = len(columns)
    values = list(chain.from_iterable(rows))
    if vendor == "sqlite":
        _write_moments(values, columns)
    start, left = 0, len(values) // width
    while left:
        count = min(left, MAX_PARAMETERS // width)
        if vendor == "sqlite":
            count = _round(count)
        yield values[start : start + count * width], count
        start += count * width
        left -= count


def _round(count: int) -> int:
    """A power of two, or one and a half: so there are few different statements, and SQLite's driver has them prepared.

    Few at a time, too: for each, the driver gives up Python's interpreter lock and has to get it back.
    """
    power: int = 1 << (count.bit_length() - 1)
    half = power >> 1
    return power + half if count >= power + half else power


def _write_moments(values: list[Any], columns: Sequence[Field]) -> None:
    """Datetimes as SQLite wants them: text in UTC, as Django writes it."""
    for position, column in enumerate(columns):
        if isinstance(column, models.DateTimeField):
            part = slice(position, None, len(columns))
            values[part] = [None if moment is None else _as_text(moment) for moment in values[part]]


@lru_cache(maxsize=4096)
def _as_text(moment: datetime) -> str:
    """One moment stands in several rows of a batch."""
    if moment.tzinfo is None:
        return moment.isoformat(" ")
    return moment.astimezone(UTC).isoformat(" ").removesuffix("+00:00")
