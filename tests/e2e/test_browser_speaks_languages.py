"""German for who wants it: by the browser's wish, by choice, before and after logging in."""

from __future__ import annotations

from django.test import SimpleTestCase
from playwright.sync_api import Page, expect

from tests.browser import chromium
from tests.clients import Device
from tests.server import ServerProcess
from tests.services import needs_chromium
from tests.views import log_in, visit, wait_for_view

DEVICES = "/devices?q=sort:serial_number:%3E:abc"


def choose(page: Page, language: str) -> None:
    page.click("[popovertarget=languages]")
    page.click(f"#languages button[value={language}]")


@needs_chromium
class BrowserSpeaksLanguages(SimpleTestCase):
    def test_a_language_is_chosen_and_stays(self) -> None:
        with ServerProcess() as server, chromium() as browser, Device(server.ws, "0001") as sun:
            sun.update(power_income=1234.5)
            page = browser.new_page(locale="en-US")
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            visit(page, server, DEVICES)
            expect(page.locator("html")).to_have_attribute("lang", "en")
            power = page.locator('[data-column="power_income"]')
            expect(power).to_have_text("1.23 kW")

            choose(page, "de")
            expect(page.locator("html")).to_have_attribute("lang", "de")
            wait_for_view(page)
            self.assertEqual(page.url, server.http + DEVICES)  # the same view with its query
            expect(page.locator('a[data-nav="devices"]')).to_contain_text("Geräte")
            expect(page.locator("h1")).to_contain_text("Geräte")
            expect(page.locator('[data-header="power_income"]')).to_contain_text("Solarleistung")
            expect(power).to_have_text("1,23 kW")
            expect(page.locator('[data-column="last_status_update"]')).to_contain_text("vor ")

            # A view within the page is come back to as well: its address is that of the page.
            page.click('a[data-nav="stations"]')
            expect(page.locator("main")).to_have_attribute("data-view", "stations")
            choose(page, "en")
            expect(page.locator("html")).to_have_attribute("lang", "en")
            self.assertEqual(page.url, f"{server.http}/stations")
            self.assertEqual(errors, [])

    def test_a_browser_that_wants_german_gets_it_from_the_first_page_on(self) -> None:
        with ServerProcess(SMARTSERVER_OPEN="0") as server, chromium() as browser:
            page = browser.new_page(locale="de-AT")
            page.goto(f"{server.http}/login/")
            expect(page.locator("h1")).to_have_text("Anmelden")
            page.fill("input[name=username]", "admin")
            page.fill("input[name=password]", "wrong")
            page.click("button.primary")
            expect(page.locator(".form-error")).to_contain_text("Bitte")
            log_in(page, server)
            expect(page.locator("html")).to_have_attribute("lang", "de")
            page.goto(f"{server.http}/missing.html")
            expect(page.locator("h1")).to_have_text("Nicht gefunden")

    def test_a_language_that_is_not_there_is_english(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page = browser.new_page(locale="tlh")
            visit(page, server, "/stations")
            expect(page.locator("html")).to_have_attribute("lang", "en")
            page.request.post(f"{server.http}/language/", form={"language": "xx"}, fail_on_status_code=False)
            visit(page, server, "/stations")
            expect(page.locator("html")).to_have_attribute("lang", "en")

    def test_times_are_those_of_the_viewer(self) -> None:
        with ServerProcess() as server, chromium() as browser, Device(server.ws, "0001") as sun:
            sun.update(power_income=1)
            titles = []
            for zone in ("Asia/Tokyo", "America/New_York"):
                page = browser.new_page(locale="en", timezone_id=zone)
                visit(page, server, "/devices")
                titles.append(page.locator('[data-column="last_status_update"]').get_attribute("title") or "")
            self.assertRegex(titles[0], r"\d{2}:\d{2}:\d{2} GMT\+9")
            self.assertRegex(titles[1], r"\d{2}:\d{2}:\d{2} (GMT-[45]|E[SD]T)")
