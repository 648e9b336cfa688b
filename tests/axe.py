"""axe-core in a page: what keeps people with disabilities out, as far as a program can see it."""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.server import ROOT

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

RUN = """([rules]) => axe.run(document, { runOnly: rules, resultTypes: ['violations'], preload: false }).then(
  ({ violations }) => violations.map(({ id, help, nodes }) => ({
    id, help, nodes: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
  })))"""


@cache
def _source() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    """A line for each thing on the page that breaks a rule of WCAG 2.2 AA or of good practice."""
    # Not as an element of the page: the Content-Security-Policy would refuse it.
    page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(RUN, [RULES])
    return [f"{each['id']} ({each['help']}): {node}" for each in found for node in each["nodes"]]
