"""Every test belongs to a case of the plan; `docs/certification-2.md` lists them, and the cases without one."""

from __future__ import annotations

import os

from django.test import SimpleTestCase

from tests.certification.gathering import found
from tests.certification2 import central, station
from tests.certification2.document import DOCUMENT, NAME, document
from tests.certification2.plan import CASES, SECTIONS


class Plan(SimpleTestCase):
    def test_numbers_are_there_once(self) -> None:
        self.assertEqual(len(CASES), sum(len(section.cases) for section in SECTIONS))

    def test_sides_are_known(self) -> None:
        self.assertLessEqual({case.sides for case in CASES.values()}, {"c", "s", "cs"})

    def test_every_test_shows_a_case(self) -> None:
        for side in (central, station):
            tests, strays = found(side, NAME)
            self.assertEqual((set(tests) - set(CASES), strays), (set(), []))

    def test_document_lists_them(self) -> None:
        text = document()
        if os.environ.get("SMARTSERVER_WRITE_DOCS"):
            DOCUMENT.write_text(text)
        self.assertEqual(DOCUMENT.read_text(), text, "Run it with SMARTSERVER_WRITE_DOCS=1.")
