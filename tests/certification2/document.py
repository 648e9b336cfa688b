"""The page that lists the cases of the plan for OCPP 2.x, and the tests that show them."""

from __future__ import annotations

import re

from smartserver.settings import BASE_DIR
from tests.certification.gathering import Tests, found
from tests.certification2 import central, station
from tests.certification2.plan import SECTIONS, Case, Section

DOCUMENT = BASE_DIR / "docs" / "certification-2.md"

NAME = re.compile(r"test_tc_([a-z]_\d{2,3})_[a-z]")

NOT_SHOWN = "*not shown*"
NOT_ASKED = "–"

INTRODUCTION = """\
# OCPP 2.0.1 and 2.1: the certification test plan

The Open Charge Alliance certifies central systems and charging stations of OCPP 2.x with a published test plan. This
page lists its cases by their numbers, with names of our own, and the tests that show them here. It is made from those
tests (`SMARTSERVER_WRITE_DOCS=1 python3 start.py test tests.certification2`). It is no certificate: only the Alliance
gives those. OCPP 1.6 has [a page of its own](certification.md).

- **Central system** (`TC_…_CSMS`): the server, `tests/certification2/central/`. A scripted station talks to it over a
  real socket and checks each answer; the operator uses the services behind the REST API, and sees what was stored.
- **Station** (`TC_…_CS`): the emulator, `tests/certification2/station/`. A scripted driver uses it, it talks to the
  real server over a real socket, and its calls are checked in their order in the server's message log.

The server treats the station as *strict* in all of these tests, so no [tolerance rule](tolerance.md) is at work on
either side. Cases below 100 speak OCPP 2.0.1, the others 2.1.

What is *not shown* has no test of this kind yet; “–” means that the plan does not ask for the case on that side.
"""


def document() -> str:
    sides = {"c": found(central, NAME)[0], "s": found(station, NAME)[0]}
    return "\n".join([INTRODUCTION, _summary(sides), *(_chapter(section, sides) for section in SECTIONS)])


def _summary(sides: dict[str, Tests]) -> str:
    rows = [
        f"| {section.title} | {_shown(section, 'c', sides)} | {_shown(section, 's', sides)} |" for section in SECTIONS
    ]
    return "\n".join(["| Block | Central system | Station |", "|---|---|---|", *rows]) + "\n"


def _shown(section: Section, side: str, sides: dict[str, Tests]) -> str:
    asked = [case for case in section.cases if side in case.sides]
    return f"{sum(case.number in sides[side] for case in asked)} of {len(asked)}"


def _chapter(section: Section, sides: dict[str, Tests]) -> str:
    rows = [f"## {section.title}\n", "| Case | | Central system | Station |", "|---|---|---|---|"]
    for case in section.cases:
        central_cell, station_cell = (_cell(case, side, sides) for side in "cs")
        rows.append(f"| TC_{case.number} | {case.name} | {central_cell} | {station_cell} |")
    return "\n".join(rows) + "\n"


def _cell(case: Case, side: str, sides: dict[str, Tests]) -> str:
    if labels := sides[side].get(case.number):
        return ", ".join(f"`{label}`" for label in labels)
    return NOT_SHOWN if side in case.sides else NOT_ASKED
