"""What the documentation lists is what the code has."""

from __future__ import annotations

import ast
import re
import unittest
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import Counter, Gauge

from smartserver import __version__
from smartserver.core import metrics
from smartserver.env import SETTINGS
from stations.models import Command
from stations.ocpp import rules
from stations.services.languages import NOT_TWICE
from tests.operations.support import ROOT

PAGES = (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))


def rows(path: Path) -> list[list[str]]:
    """The cells of all tables of a page."""
    lines = [line for line in path.read_text().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


class ConfigurationTests(unittest.TestCase):
    def setUp(self) -> None:
        self.table = {
            row[0].strip("`"): row for row in rows(ROOT / "docs" / "configuration.md") if row[0].startswith("`")
        }

    def test_every_setting_is_listed_in_the_order_of_the_code(self) -> None:
        self.assertEqual(list(self.table), [setting.name for setting in SETTINGS])

    def test_kinds_and_defaults_are_those_of_the_code(self) -> None:
        for setting in SETTINGS:
            with self.subTest(setting.name):
                _, kind, default, _ = self.table[setting.name]
                self.assertEqual(kind, setting.kind)
                self.assertEqual(default, f"`{setting.default}`" if setting.default else "empty")

    def test_every_setting_has_a_meaning(self) -> None:
        for name, row in self.table.items():
            with self.subTest(name):
                self.assertGreater(len(row[3]), 10)


class ToleranceTests(unittest.TestCase):
    def test_every_rule_is_listed_and_every_listed_rule_exists(self) -> None:
        first_cells = (row[0] for row in rows(ROOT / "docs" / "tolerance.md"))
        listed = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}
        self.assertEqual(listed, rules_in_the_code())


def rules_in_the_code() -> set[str]:
    files = [path for path in (ROOT / "stations").rglob("*.py") if "emulator" not in path.parts]
    found = {name for path in files for node in ast.walk(ast.parse(path.read_text())) for name in _rules(node)}
    # Two tables of rules that are no literals at the place where they are used.
    return found | {name for name, _ in rules.DEFAULTS.values()} | set(rules.LATER.values())


def _rules(node: ast.AST) -> Iterator[str]:
    """Names of rules in the forms in which the code writes them."""
    match node:
        case ast.Tuple(elts=[ast.Constant(value=str(name)), verdict]) if _is_verdict(verdict):
            yield name
        case ast.Call(
            func=ast.Attribute(attr="append", value=ast.Name(id="quirks")), args=[ast.Constant(value=str(name))]
        ):
            yield name
        case ast.Assign(targets=[ast.Name(id="quirks")], value=ast.List(elts=elements)):
            yield from _texts(elements)
        case ast.keyword(arg="rules", value=ast.Tuple(elts=elements)):
            yield from _texts(elements)
        case ast.Tuple(elts=elements) if any(isinstance(each, ast.Starred) and _is_quirks(each) for each in elements):
            yield from _texts(elements)


def _is_verdict(node: ast.AST) -> bool:
    """`Verdict.SOMETHING`, or `case.replace(…)`, which is one."""
    return ast.unparse(node).startswith(("Verdict.", "case.replace("))


def _is_quirks(node: ast.AST) -> bool:
    return ast.unparse(node).rsplit(".")[-1].lstrip("*") in ("quirks", "rules")


def _texts(elements: list[ast.expr]) -> Iterator[str]:
    for element in elements:
        if isinstance(element, ast.Constant) and isinstance(element.value, str):
            yield element.value


class MetricsTests(unittest.TestCase):
    def test_every_metric_is_listed(self) -> None:
        text = (ROOT / "docs" / "operations.md").read_text()
        for metric in vars(metrics).values():
            if isinstance(metric, Gauge | Counter):
                with self.subTest(metric._name):
                    self.assertIn(f"`{metric._name}", text)


class CommandTests(unittest.TestCase):
    text = (ROOT / "docs" / "rest-api.md").read_text()

    def test_what_is_never_sent_twice_is_listed(self) -> None:
        paragraph = re.findall(r"result `ConnectionLost`: ([\w,\s]+)\.", self.text)[0]
        self.assertEqual(set(re.findall(r"\w+", paragraph)), NOT_TWICE)

    def test_every_state_is_explained(self) -> None:
        for state in Command.State.values:
            self.assertIn(f"| `{state}` |", self.text)


class PageTests(unittest.TestCase):
    def test_links_between_pages_lead_somewhere(self) -> None:
        for page in PAGES:
            for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text()):
                with self.subTest(page=page.name, target=target):
                    self.assertTrue((page.parent / target).exists())

    def test_files_that_are_named_exist(self) -> None:
        """Paths in code spans that lead into one of our folders, such as `stations/ocpp/facts.py`."""
        pattern = r"`((?:smartserver|stations|devices|docs|docker|tests|static|\.ci)/[\w./-]+|[\w-]+\.(?:py|toml|yml))`"
        for page in PAGES:
            for name in re.findall(pattern, page.read_text()):
                candidates = [
                    ROOT / name,
                    *ROOT.glob(f"*/{name}"),
                    *ROOT.glob(f"*/*/{name}"),
                    *ROOT.glob(f"tests/**/{name}"),
                ]
                with self.subTest(page=page.name, name=name):
                    self.assertTrue(any(path.exists() for path in candidates))

    def test_the_changelog_begins_with_this_version(self) -> None:
        versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
        self.assertEqual(versions[0], __version__)
