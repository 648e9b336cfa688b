"""The settings by keyboard, on a telephone, in the dark, with texts that are far too long."""

from __future__ import annotations

from playwright.sync_api import expect
from websocket import WebSocketBadStatusException

from tests.axe import violations
from tests.clients import Station
from tests.e2e.settings import SettingsCase, open_section
from tests.operator import Operator
from tests.stations.tariffs import energy, tariff
from tests.views import SETTINGS

TOO_WIDE = "(view => view.scrollWidth - view.clientWidth)(document.querySelector('#view'))"
INSIDE = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"


class EveryoneCanUseIt(SettingsCase):
    def test_no_rule_of_accessibility_is_broken_and_nothing_is_wider_than_the_page(self) -> None:
        operator = Operator(self.server)
        operator.post("groups", {"name": "Fleet", "description": "W" * 200})
        text = [{"format": "UTF8", "content": "W" * 512}]
        wide = operator.post("tariffs", {"tariff": tariff(**energy(0.5), description=text), "note": "W" * 255})
        operator.post("tariff-assignments", {"tariff": wide.json()["id"], "group": "Fleet"})
        operator.post("contracts", {"emaid": "W" * 36, "vehicle": "W" * 64})
        operator.post("id-tokens", {"value": "X" * 255, "holder": "W" * 255})
        operator.post("webhooks", {"url": f"https://example.org/{'w' * 300}"})
        with self.assertRaises(WebSocketBadStatusException):
            Station(self.server.ws, "W" * 200).__enter__()
        for width in (1440, 390):
            page = self.page(width=width)
            for name in SETTINGS:
                section = open_section(page, self.server, name)
                expect(section.locator(".note:visible", has_text="Loading")).to_have_count(0)
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    with self.subTest(name, width=width, scheme=scheme):
                        self.assertEqual(violations(page), [])
                        self.assertEqual(page.evaluate(TOO_WIDE), 0)

    def test_dialogs_keep_the_focus_and_give_it_back(self) -> None:
        page = self.page(width=390)
        open_section(page, self.server, "groups")
        opener = page.get_by_text("Make a group…")
        opener.focus()
        page.keyboard.press("Enter")
        expect(page.locator('dialog[open] [name="name"]')).to_be_focused()
        self.assertEqual(violations(page), [])
        for _ in range(8):
            page.keyboard.press("Tab")
            self.assertTrue(page.evaluate(INSIDE))
        page.keyboard.press("Escape")
        expect(opener).to_be_focused()
