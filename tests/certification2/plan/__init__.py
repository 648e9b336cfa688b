"""The cases of the test plan for OCPP 2.x: their numbers, and what they are about in our own words.

A functional block is a table, a case a line of it: the number; whether the plan asks for it of a central system (`c`),
of a station (`s`) or of both; the name. Numbers from 100 on came with 2.1.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.certification2.plan import control, energy, management, service, sessions


class Case(NamedTuple):
    number: str
    sides: str
    name: str


class Section(NamedTuple):
    title: str
    cases: tuple[Case, ...]


def _section(title: str, table: str) -> Section:
    return Section(title, tuple(Case(*line.split(maxsplit=2)) for line in table.strip().splitlines()))


TABLES = {**management.BLOCKS, **sessions.BLOCKS, **control.BLOCKS, **energy.BLOCKS, **service.BLOCKS}

SECTIONS = tuple(_section(title, table) for title, table in sorted(TABLES.items()))

CASES = {case.number: case for section in SECTIONS for case in section.cases}
