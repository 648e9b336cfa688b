"""No case of the plan is forgotten on either side; `docs/certification.md` lists the tests."""

from __future__ import annotations

import os

from django.test import SimpleTestCase

from tests.certification import central, station
from tests.certification.document import DOCUMENT, NAME, document
from tests.certification.gathering import found
from tests.certification.plan import CASES, SECTIONS


class Plan(SimpleTestCase):
    def test_numbers_are_there_once(self) -> None:
        self.assertEqual(len(CASES), sum(len(section.cases) for section in SECTIONS))

    def test_central_system_has_a_test_for_each_case(self) -> None:
        tests, strays = found(central, NAME)
        self.assertEqual({case.number for case in CASES.values() if not case.not_central}, set(tests))
        self.assertEqual(strays, [])

    def test_station_has_a_test_for_each_case(self) -> None:
        tests, strays = found(station, NAME)
        self.assertEqual({case.number for case in CASES.values() if not case.not_station}, set(tests))
        self.assertEqual(strays, [])

    def test_document_lists_them(self) -> None:
        text = document()
        if os.environ.get("SMARTSERVER_WRITE_DOCS"):
            DOCUMENT.write_text(text)
        self.assertEqual(DOCUMENT.read_text(), text, "Run it with SMARTSERVER_WRITE_DOCS=1.")
