"""The documentation taken literally: queries and changes as `docs/live-protocol.md` describes them.

Written without a look at the code that it checks, and with no care for speed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cmp_to_key
from typing import Any

import orjson

from smartserver.core.query import Column

Row = Mapping[str, Any]


def select(rows: Mapping[int, Row], query: Sequence[str], columns: Sequence[Column]) -> list[list[Any]]:
    """Every matching row in the order of the query, as a page gets them."""
    kinds = {column.name: column.kind for column in columns}
    entries = [entry.split(":", 3) for entry in query]
    filters = [entry[1:] for entry in entries if entry[0] == "filter"]
    searches = [entry.partition(":")[2].lower() for entry in query if entry.startswith("search:")]
    searched = [column.name for column in columns if column.kind in ("text", "state")]
    sorts = [(entry[1], -1 if entry[2] == "<" else 1) for entry in entries if entry[0] == "sort"]

    def compare(a: tuple[int, Row], b: tuple[int, Row]) -> int:
        for name, direction in sorts:
            x, y = folded(a[1][name]), folded(b[1][name])
            if (x is None) != (y is None):
                return 1 if x is None else -1
            if x is not None and x != y:
                return direction * (1 if x > y else -1)
        return a[0] - b[0]

    found = [item for item in rows.items() if all(holds(item[1][n], op, v, kinds[n]) for n, op, v in filters)]
    for text in searches:
        found = [item for item in found if any(_holds_text(item[1][name], text) for name in searched)]
    return [[key, *row.values()] for key, row in sorted(found, key=cmp_to_key(compare))]


def _holds_text(value: Any, text: str) -> bool:
    return value is not None and text in value.lower()


def holds(value: Any, op: str, text: str, kind: str) -> bool:
    if value is None:
        return False
    if op in ("=", "^"):
        whole = isinstance(value, float) and value == int(value) and abs(value) < 1e15
        shown = f"{value:.0f}" if whole else str(value)
        return text.lower() in shown.lower() if op == "=" else shown.lower().startswith(text.lower())
    left, right = convert(value, kind), convert(text, kind)
    return bool(
        {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right, "==": left == right}[op]
    )


def convert(value: Any, kind: str) -> Any:
    if kind == "number":
        return float(value)
    if kind == "time":
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return value.lower()


def folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class Page:
    """A browser that does what the protocol says and nothing else."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.total = -1
        self.seq = -1

    def take(self, frame: bytes | str) -> None:
        message = orjson.loads(frame)
        if message["type"] == "snapshot":
            assert message["seq"] == 0
            self.rows = message["rows"]
        else:
            assert message["type"] == "changes", message
            assert message["seq"] == self.seq + 1, "A number is missing."
            operate(self.rows, message["ops"])
        self.seq = message["seq"]
        self.total = message["total"]


def operate(rows: list[list[Any]], ops: list[Any]) -> None:
    for old, new, row in ops:
        if old >= 0:
            del rows[old]
        if new >= 0:
            assert new <= len(rows)
            rows.insert(new, row)
