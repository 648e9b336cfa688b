"""`docs/noc-cms.md` says of calls, codes and limits what the code has."""

from __future__ import annotations

import re
import unittest

from bridge import vendor
from bridge.cms import application, calls, language, meaning, selectors, uploads
from bridge.cms.services import commands
from bridge.outlets import MAX_OUTLETS
from tests.operations.support import ROOT


class PageOfTheCms(unittest.TestCase):
    text = (ROOT / "docs" / "noc-cms.md").read_text()

    def table(self, first: str) -> dict[str, list[str]]:
        """The rows of the table whose first heading this is, by their first cell."""
        block = re.search(rf"^\| {first} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", self.text, re.MULTILINE)
        assert block is not None, first
        rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in block[1].splitlines()]
        return {row[0].strip("| "): row[1:] for row in rows}

    def test_every_call_is_explained(self) -> None:
        self.assertEqual({name.strip("`") for name in self.table("Call")}, set(calls.HANDLERS))

    def test_alert_codes_have_the_meanings_of_the_code(self) -> None:
        told = {
            int(code): meaning_.strip("| ")
            for codes, (meaning_,) in self.table("Code").items()
            for code in codes.split(", ")
        }
        self.assertEqual(told, dict(vendor.ALERTS))

    def test_every_phase_has_its_status(self) -> None:
        sentence = re.search(r"Phase 1 is (\w+), 2 to 6 (\w+), 7 (\w+), 8 (\w+);", self.text)
        assert sentence is not None
        idle, preparing, charging, finishing = sentence.groups()
        self.assertEqual(
            meaning._STATUS_OF_PHASE,
            {1: idle, **dict.fromkeys(range(2, 7), preparing), 7: charging, 8: finishing},
        )

    def test_both_actions_are_explained_with_all_that_they_take(self) -> None:
        for action in language.SCHEMAS:
            self.assertIn(f"`{action}`", self.text)
            for name in language.SCHEMAS[action]["properties"]:
                self.assertIn(f"`{name}`", self.text)

    def test_limits_are_those_of_the_code(self) -> None:
        for told in (
            f"Up to {MAX_OUTLETS} outlets",
            f"cut at {meaning.MAX_SHOWN} characters",
            f"newest {selectors.MAX_ALERTS:,} alerts",
            f"more than {uploads.MAX_SHORT // 1024} KiB",
            f"a live feed of more than {calls.MAX_FEED // 1024} KiB",
            f"longer than {application.SHORT_SECONDS:.0f} seconds",
        ):
            self.assertIn(told, self.text)
        self.assertEqual((commands.AGAIN_AFTER.total_seconds(), "after two minutes" in self.text), (120, True))
