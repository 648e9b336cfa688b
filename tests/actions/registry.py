"""Which test shows which action, and the document made from that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from stations.ocpp import directions, schemas

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "ocpp-coverage.md"

Test = TypeVar("Test", bound=Callable[..., None])


class Shown(NamedTuple):
    """`stored`: the rows that it leaves; `seen`: where an operator finds them."""

    test: str
    stored: str
    seen: str


FROM_STATIONS: dict[str, Shown] = {}
TO_STATIONS: dict[str, Shown] = {}


def received(action: str, *, stored: str, seen: str) -> Callable[[Test], Test]:
    """A test that has a station call `action`."""
    return _register(FROM_STATIONS, action, stored, seen)


def sent(action: str, *, stored: str, seen: str) -> Callable[[Test], Test]:
    """A test that has an operator ask `action` of a station."""
    return _register(TO_STATIONS, action, stored, seen)


def _register(table: dict[str, Shown], action: str, stored: str, seen: str) -> Callable[[Test], Test]:
    def note(test: Test) -> Test:
        assert action not in table, f"{action} is shown twice."
        table[action] = Shown(f"{test.__module__}.{test.__qualname__}", stored, seen)
        return test

    return note


def document() -> str:
    """The text of `docs/ocpp-coverage.md`."""
    count = len(schemas.actions("1.6"))
    return f"""# OCPP 1.6: what is covered

Made from the tests that it names (`python3 start.py test tests.actions`): each of the {count} actions of OCPP 1.6
(edition 2 with the security extension) goes over a real socket; the test looks at what was answered, at what was
stored, and at what an operator sees of it.

## From stations

{_table("1.6", FROM_STATIONS, sorted(directions.from_stations("1.6")))}

## To stations

Each of them can be asked with `POST /api/v1/stations/{{identity}}/commands`; payload, state and the station's
answer are seen at `/api/v1/commands`, and its state and result in the dashboard's tab “Commands”; every test below
looks there. The table names what else is kept.

{_table("1.6", TO_STATIONS, sorted(directions.to_stations("1.6")))}
"""


def _table(version: str, shown: dict[str, Shown], actions: list[str]) -> str:
    lines = ["| Action | Stored as | An operator sees it at | Test |", "|---|---|---|---|"]
    for action in actions:
        each = shown[action]
        lines.append(f"| {action} | {each.stored} | {each.seen} | `{each.test}` |")
    return "\n".join(lines)
