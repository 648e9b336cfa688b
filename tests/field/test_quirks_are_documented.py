"""The quirks, docs/field-rules.md and the tests of the rules name the same things."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from unittest import TestCase

from django.conf import settings
from django.core.management import CommandError, call_command

from stations.emulator.quirks import QUIRKS, described
from stations.models import MeterValue, Station
from tests.field.support import FieldCase

RULES = range(1, 31)
ROW = re.compile(r"^\| (\d+) \|.*\| ([^|]*) \| `(test_rule_[a-z0-9_]+\.py)` \|$", re.MULTILINE)
FOLDER = Path(__file__).parent


def documented() -> dict[int, tuple[set[str], str]]:
    """Quirks and test by rule, as the table has them."""
    text = (Path(settings.BASE_DIR) / "docs" / "field-rules.md").read_text()
    return {int(rule): (set(re.findall(r"`([^`]+)`", quirks)), test) for rule, quirks, test in ROW.findall(text)}


class QuirksAreDocumented(TestCase):
    def test_table_has_every_rule_with_its_quirks(self) -> None:
        by_rule = {rule: {quirk.name for quirk in described() if rule in quirk.rules} for rule in RULES}
        self.assertEqual({rule: quirks for rule, (quirks, _) in documented().items()}, by_rule)

    def test_table_has_every_rule_with_its_test(self) -> None:
        found = {int(path.name[10:12]): path.name for path in FOLDER.glob("test_rule_*.py")}
        self.assertEqual(sorted(found), list(RULES))
        self.assertEqual({rule: test for rule, (_, test) in documented().items()}, found)

    def test_every_quirk_is_explained_in_a_sentence(self) -> None:
        for quirk in described():
            with self.subTest(quirk.name):
                self.assertRegex(quirk.name, r"^[a-z0-9]+(-[a-z0-9]+)*$")
                self.assertTrue(set(quirk.rules) <= set(RULES) and quirk.rules)
                self.assertRegex(quirk.sentence, r"^[A-Z][^\n]*\.$")

    def test_every_quirk_is_used_in_the_test_of_its_rule(self) -> None:
        for name, quirk in QUIRKS.items():
            for rule in quirk.rules:
                text = next(FOLDER.glob(f"test_rule_{rule:02}_*.py")).read_text()
                with self.subTest(name, rule=rule):
                    self.assertTrue(f'"{name}"' in text or quirk.__name__ in text)


class QuirksOnTheCommandLine(FieldCase):
    def emulate(self, *arguments: str) -> str:
        output = StringIO()
        with redirect_stdout(output):
            call_command("emulate_stations", *arguments, stdout=output)
        return output.getvalue()

    def test_list_shows_each_with_its_rules(self) -> None:
        lines = self.emulate("--quirk", "list").splitlines()
        self.assertEqual(len(lines), len(QUIRKS))
        line = next(line for line in lines if line.startswith("late-close "))
        self.assertRegex(line, r"^late-close +rule 1 +Now and then")

    def test_name_that_there_is_not_is_refused(self) -> None:
        with self.assertRaisesRegex(CommandError, "no-such-quirk"):
            self.emulate("--quirk", "no-such-quirk")

    def test_fleet_has_all_that_are_named(self) -> None:
        address = f"--url={self.server.ws}/ocpp/"
        options = ("--count=3", "--rate=20", "--speed=20", "--duration=0.8")
        self.emulate(address, *options, "--quirk=no-subprotocol", "--quirk=numbers-not-texts", "--quirk=no-payload")
        for station in Station.objects.all():
            self.assertIn("text_as_number", station.quirks)
        self.assertEqual(Station.objects.count(), 3)
        self.assertTrue(MeterValue.objects.filter(energy_wh__gt=0).exists())
