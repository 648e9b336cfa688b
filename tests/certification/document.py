"""The page that lists the cases of the plan, and the tests that show them."""

from __future__ import annotations

import re

from smartserver.settings import BASE_DIR
from tests.certification import central, station
from tests.certification.gathering import found
from tests.certification.plan import SECTIONS

DOCUMENT = BASE_DIR / "docs" / "certification.md"

NAME = re.compile(r"test_tc_(\d{3}(?:_\d)?)_[a-z]")

INTRODUCTION = """\
# OCPP 1.6: the certification test plan

The Open Charge Alliance certifies central systems and charge points of OCPP 1.6 with a published test plan. This page
lists its cases by their numbers, with names of our own, and the tests that show them here. It is made from those tests
(`SMARTSERVER_WRITE_DOCS=1 python3 start.py test tests.certification`). It is no certificate: only the Alliance gives
those.

- **Central system**: the server, `tests/certification/central/`. A scripted station talks to it over a real socket and
  checks each answer; the operator uses the services behind the REST API, and sees what was stored.
- **Station**: the emulator, `tests/certification/station/`. A scripted driver uses it, it talks to the real server over
  a real socket, and its calls are checked in their order in the server's message log.

The server treats the station as *strict* in all of these tests, so no [tolerance rule](tolerance.md) is at work on
either side.

Where editions of the plan differ, the cases are listed one by one; *once* is the number that several of them have had
together. The plan asks for some cases on one side only; most of them are shown for both.
"""

REMARKS = """\
## What is shown in another way than on a real installation

- 083: the profile is raised, kept and in force after the restart. The emulator is not moved to a TLS address by it;
  that it connects with TLS is in 086 and 087.
- 086, 087: in production TLS ends in front of the server (`docker/nginx.conf`). Here uvicorn speaks it, around the same
  application, with certificates that the server's own authority has signed for stations.
- 088: a station that offers no version in common is let in and then closed with code 1002, as OCPP-J 1.6 section 3.1.2
  says; the plan mentions a refusal of the handshake.
"""


def document() -> str:
    sides = found(central, NAME)[0], found(station, NAME)[0]
    parts = [INTRODUCTION]
    for section in SECTIONS:
        rows = [f"## {section.title}\n", "| Case | | Central system | Station |", "|---|---|---|---|"]
        for case in section.cases:
            number = f"TC_{case.number}" + (f" (once {case.once})" if case.once else "")
            cells = [
                ", ".join(f"`{label}`" for label in tests.get(case.number, ())) or reason
                for tests, reason in zip(sides, (case.not_central, case.not_station), strict=True)
            ]
            rows.append(f"| {number} | {case.name} | {cells[0]} | {cells[1]} |")
        parts.append("\n".join(rows) + "\n")
    return "\n".join([*parts, REMARKS])
