"""The whole page without a mouse: shortcuts, their overlay, and the switch for people they are in the way of."""

from __future__ import annotations

from django.test import SimpleTestCase
from playwright.sync_api import expect

from tests.browser import chromium
from tests.clients import Station
from tests.server import ServerProcess
from tests.services import needs_chromium
from tests.views import visit

HELP = "#shortcuts"


@needs_chromium
class BrowserIsUsedByKeyboard(SimpleTestCase):
    def test_views_rows_and_help(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            for identity in ("CP-1", "CP-2"):
                with Station(server.ws, identity) as station:
                    station.boot()
            page = browser.new_page()
            main = page.locator("main")
            visit(page, server, "/devices")
            page.keyboard.press("g")
            page.keyboard.press("s")
            expect(main).to_have_attribute("data-view", "stations")
            expect(main).to_be_focused()
            expect(page.locator("[data-key]")).to_have_count(2)

            page.keyboard.press("j")
            page.keyboard.press("j")
            grid = page.locator("[role=grid]")
            expect(grid).to_be_focused()
            active = page.locator("[data-key].active, [data-key][data-active], [data-key][aria-selected=true]")
            second = page.locator('[data-key][aria-rowindex="3"]')
            expect(grid).to_have_attribute("aria-activedescendant", second.get_attribute("id") or "")
            page.keyboard.press("k")
            first = page.locator('[data-key][aria-rowindex="2"]')
            expect(grid).to_have_attribute("aria-activedescendant", first.get_attribute("id") or "")
            self.assertLessEqual(active.count(), 1)

            page.keyboard.press("?")
            expect(page.locator(HELP)).to_be_visible()
            expect(page.locator(HELP)).to_contain_text("Next row")
            page.keyboard.press("g")  # what is open has the keyboard
            page.keyboard.press("d")
            expect(main).to_have_attribute("data-view", "stations")
            page.keyboard.press("Escape")
            expect(page.locator(HELP)).to_be_hidden()
            expect(grid).to_be_focused()

    def test_what_is_typed_into_a_field_is_text(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page = browser.new_page()
            visit(page, server, "/stations?q=filter:identity:=:x")
            field = page.get_by_test_id("filter-value")
            field.focus()
            page.keyboard.type("gd?j")
            expect(field).to_have_value("xgd?j")
            expect(page.locator("main")).to_have_attribute("data-view", "stations")
            expect(page.locator(HELP)).to_have_count(0)

    def test_single_keys_can_be_switched_off(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page = browser.new_page()
            visit(page, server, "/stations")
            page.click("#help")
            page.locator(f"{HELP} input[type=checkbox]").uncheck()
            page.keyboard.press("Escape")
            for _ in range(2):
                page.keyboard.press("g")
                page.keyboard.press("d")
                page.keyboard.press("?")
                expect(page.locator(f"{HELP}[open]")).to_have_count(0)
                expect(page.locator("main")).to_have_attribute("data-view", "stations")
                page.reload()  # it is remembered
                expect(page.locator("main")).to_have_attribute("data-view", "stations")
            page.click("#help")
            expect(page.locator(f"{HELP} input[type=checkbox]")).not_to_be_checked()

    def test_the_menu_of_a_telephone_opens_and_closes_with_the_focus(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page = browser.new_page(viewport={"width": 390, "height": 844})
            visit(page, server, "/stations")
            page.locator("#nav-toggle").focus()
            page.keyboard.press("Enter")
            expect(page.locator('a[data-nav="overview"]')).to_be_focused()
            page.keyboard.press("Escape")
            expect(page.locator("#nav-toggle")).to_be_focused()
            expect(page.locator("#nav-toggle")).to_have_attribute("aria-expanded", "false")
