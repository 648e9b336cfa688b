"""The pages about the emulated charger and the deployment list what there is."""

from __future__ import annotations

import re
import unittest
from dataclasses import fields

from django.core.management.base import BaseCommand

from bridge.client.management.commands import deploy_noc_bridge
from bridge.emulator import faults
from bridge.emulator.management.commands import emulate_charger
from bridge.emulator.routes import ROUTES
from tests.operations.support import ROOT

OF_DJANGO = frozenset(
    {
        *("--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color"),
        *("--force-color", "--skip-checks"),
    }
)


def cells(page: str) -> list[str]:
    """The first cells of all tables."""
    return re.findall(r"^\| (.*?) \|", (ROOT / "docs" / page).read_text(), re.MULTILINE)


def options(command: BaseCommand) -> set[str]:
    parser = command.create_parser("manage.py", "x")
    return {word for action in parser._actions for word in action.option_strings if word.startswith("--")} - OF_DJANGO


class Pages(unittest.TestCase):
    def test_every_option_is_listed(self) -> None:
        for page, command in (
            ("charger-emulator.md", emulate_charger.Command()),
            ("bridge-deployment.md", deploy_noc_bridge.Command()),
        ):
            listed = {word for cell in cells(page) for word in re.findall(r"`(--[a-z-]+)`", cell)}
            self.assertEqual(listed, options(command))

    def test_every_fault_is_listed_here_and_in_the_module(self) -> None:
        names = {each.name for each in fields(faults.Faults)}
        self.assertLessEqual(names, {cell.strip("`") for cell in cells("charger-emulator.md")})
        for name in names:
            self.assertIn(name, faults.__doc__ or "")

    def test_every_route_that_changes_something_is_listed(self) -> None:
        text = (ROOT / "docs" / "charger-emulator.md").read_text()
        for route in ROUTES:
            word = re.findall(r"[a-zA-Z_-]{2,}", route.pattern.pattern.split("[A-Za-z")[0])[-1]
            if "docker" not in route.pattern.pattern:
                self.assertIn(word, text)
