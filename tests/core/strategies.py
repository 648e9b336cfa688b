"""Random columns' values, queries and junk, for hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from smartserver.core.clock import isoformat
from smartserver.core.query import Column

COLUMNS = (
    Column("name", "Name"),
    Column("state", "State", "state"),
    Column("power", "Power", "number", "W"),
    Column("count", "Count", "number"),
    Column("seen", "Seen", "time"),
)

WORDS = ("", "CP 1", "cp:1", "a%_\\b", "é", "É", "ß", "SS", "İ", "\u212a", "kiosk", "KI", "0", "-1.5", "<b>x</b>", '"')
"""Texts that differ in case, hold wildcards of SQL, or fold to something of another length."""

NUMBERS = (0.0, -0.5, 0.5, -2.5, 2.5, 1.0, 7.0, 10.0, 1e15, 123456.789, -1e300)

NOON = datetime(2026, 6, 21, 12, 0, tzinfo=UTC)
MOMENTS = tuple(
    NOON + timedelta(microseconds=us) for us in (0, 1, 999, 1000, 123_456, 123_000, 999_999, 1_000_000, -1, 10**11)
)


def texts() -> SearchStrategy[str]:
    return st.sampled_from(WORDS) | st.text("aAkKiI1:.% é\u212aİ", max_size=4)


def values(column: Column) -> SearchStrategy[Any]:
    if column.kind == "number":
        found: SearchStrategy[Any] = st.integers(-3, 3) if column.name == "count" else st.sampled_from(NUMBERS)
    elif column.kind == "time":
        found = st.sampled_from(MOMENTS).map(isoformat)
    elif column.kind == "state":
        found = st.sampled_from(("never", "online", "stale", "offline"))
    else:
        found = texts()
    return st.none() | found


def rows() -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({column.name: values(column) for column in COLUMNS})


def queries(columns: Sequence[Column]) -> SearchStrategy[list[str]]:
    entries = st.lists(st.one_of(filters(columns), sorts(columns)), max_size=4)
    search = st.lists(searches(), max_size=1)
    return st.builds(list.__add__, search, entries) | st.builds(list.__add__, entries, search)


def searches() -> SearchStrategy[str]:
    return (texts() | st.sampled_from(("line", "ON", "k"))).map("search:{}".format)


def filters(columns: Sequence[Column]) -> SearchStrategy[str]:
    return st.sampled_from(columns).flatmap(_filter)


def sorts(columns: Sequence[Column]) -> SearchStrategy[str]:
    names = st.sampled_from([column.name for column in columns])
    return st.builds("sort:{}:{}{}".format, names, st.sampled_from("<>"), st.sampled_from(("", ":abc", ":123")))


def _filter(column: Column) -> SearchStrategy[str]:
    comparing = ["<", ">", "<=", ">=", "=="] if column.kind in ("number", "time") else ["=="]
    operand: SearchStrategy[Any]
    if column.kind == "number":
        operand = st.sampled_from((*NUMBERS, 1, -1, -3, 1e300, "1e3", " 7 ", 2**63, -(2**31) - 1))
    elif column.kind == "time":
        operand = st.sampled_from(
            (
                *(moment.isoformat() for moment in MOMENTS),
                *(isoformat(moment) for moment in MOMENTS),
                NOON.astimezone(timezone(timedelta(hours=-3))).isoformat(),
                "2026-06-21",
                "0001-01-01T00:00:00Z",
                "9999-12-31T23:59:59.999999Z",
            )
        )
    else:
        operand = texts()
    shown = texts() | st.sampled_from(("2026", "12:00", "7", "-", "1.5"))
    return st.one_of(
        st.builds(f"filter:{column.name}:{{}}:{{}}".format, st.sampled_from(comparing), operand),
        st.builds(f"filter:{column.name}:{{}}:{{}}".format, st.sampled_from(("=", "^")), shown),
    )


def junk() -> SearchStrategy[Any]:
    """Anything that JSON can hold."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    )
