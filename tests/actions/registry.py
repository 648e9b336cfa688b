"""Which test shows which action of which version, and the document made from that."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from stations.ocpp import directions, schemas
from tests.actions.support import ActionCase

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "ocpp-coverage.md"

VERSIONS = {"1.6": "1.6 (edition 2 with the security extension)", "2.0.1": "2.0.1", "2.1": "2.1"}

Test = TypeVar("Test", bound=Callable[..., None])
Case = TypeVar("Case", bound=type[ActionCase])


class Shown(NamedTuple):
    """`stored`: the rows that it leaves; `seen`: where an operator finds them."""

    test: str
    stored: str
    seen: str


Key = tuple[str, str]
"""A version, and an action."""

FROM_STATIONS: dict[Key, Shown] = {}
TO_STATIONS: dict[Key, Shown] = {}


class _Claim(NamedTuple):
    """What a test says that it shows."""

    table: dict[Key, Shown]
    action: str
    stored: str
    seen: str
    versions: tuple[str, ...]


def received(action: str, *, stored: str, seen: str, versions: tuple[str, ...] = ()) -> Callable[[Test], Test]:
    """A test that has a station call `action`. `versions`: those that have it, where not all of the class do."""
    return _claim(_Claim(FROM_STATIONS, action, stored, seen, versions))


def sent(action: str, *, stored: str, seen: str, versions: tuple[str, ...] = ()) -> Callable[[Test], Test]:
    """A test that has an operator ask `action` of a station."""
    return _claim(_Claim(TO_STATIONS, action, stored, seen, versions))


def _claim(claim: _Claim) -> Callable[[Test], Test]:
    def note(test: Test) -> Test:
        test.__dict__["claims"] = (*test.__dict__.get("claims", ()), claim)
        return test

    return note


def speaking(*versions: str) -> Callable[[Case], None]:
    """Run the tests of a class in each of these versions.

    There is one class a version afterwards, `Resets` becomes `Resets201` and `Resets21`; tests of actions that a
    version does not have are left out of its class.
    """

    def make(case: Case) -> None:
        module = sys.modules[case.__module__]
        for version in versions:
            name = case.__name__ + version.replace(".", "")
            place = {"__module__": case.__module__, "__qualname__": name, "__doc__": case.__doc__, "version": version}
            made = type(name, (case,), place)
            setattr(module, name, made)
            _register(made)

    return make


def _register(case: type[ActionCase]) -> None:
    for name in dir(case):
        for claim in getattr(getattr(case, name), "claims", ()):
            if claim.versions and case.version not in claim.versions:
                setattr(case, name, None)  # unittest takes only what can be called for a test
                continue
            key = (case.version, claim.action)
            assert key not in claim.table, f"{key} is shown twice."
            test = f"{case.__module__}.{case.__qualname__}.{name}"
            claim.table[key] = Shown(test, claim.stored, claim.seen)


def document() -> str:
    """The text of `docs/ocpp-coverage.md`."""
    counts = " + ".join(str(len(schemas.actions(version))) for version in VERSIONS)
    return f"""# OCPP: what is covered

Made from the tests that it names (`python3 start.py test tests.actions`): each action of OCPP 1.6, 2.0.1 and 2.1
({counts}) goes over a real socket; the test looks at what was answered, at what was stored, and at what an operator
sees of it.

What goes to stations can be asked with `POST /api/v1/stations/{{identity}}/commands`; payload, state and the
station's answer are seen at `/api/v1/commands`, and its state and result in the dashboard's tab “Commands”; every test
below looks there. The tables name what else is kept.
{"".join(map(_chapter, VERSIONS))}"""


def _chapter(version: str) -> str:
    return f"""
## OCPP {VERSIONS[version]}

### From stations

{_table(version, FROM_STATIONS, sorted(directions.from_stations(version)))}

### To stations

{_table(version, TO_STATIONS, sorted(directions.to_stations(version)))}
"""


def _table(version: str, shown: dict[Key, Shown], actions: list[str]) -> str:
    lines = ["| Action | Stored as | An operator sees it at | Test |", "|---|---|---|---|"]
    for action in actions:
        each = shown[version, action]
        lines.append(f"| {action} | {each.stored} | {each.seen} | `{each.test}` |")
    return "\n".join(lines)
