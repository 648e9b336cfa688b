"""A person with a browser: log in, filter, sort, watch, lose the server, regain it."""

from __future__ import annotations

import json
import re

from django.test import SimpleTestCase
from playwright.sync_api import Locator, Page, expect

from tests.browser import chromium
from tests.clients import Device, Station
from tests.server import PASSWORD, ServerProcess
from tests.services import needs_chromium

TIMEOUT = 10_000

STATIONS = 'section[data-topic="stations"]'
DEVICES = 'section[data-topic="devices"]'


def cell(page: Page, topic: str, name: str, column: str) -> Locator:
    """The cell of `column` in the row whose first column reads `name`."""
    row = page.locator(f"{topic} [data-key]", has=page.get_by_text(name, exact=True))
    return row.locator(f'[data-column="{column}"]')


def names(page: Page, topic: str, column: str) -> list[str]:
    """The texts of a column from top to bottom, in one look (rows move)."""
    found: list[str] = page.evaluate(
        """([topic, column]) => [...document.querySelectorAll(`${topic} [data-key]`)]
            .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
            .map((row) => row.querySelector(`[data-column="${column}"]`).textContent)""",
        [topic, column],
    )
    return found


@needs_chromium
class BrowserTests(SimpleTestCase):
    def log_in(self, page: Page, server: ServerProcess) -> None:
        page.goto(f"{server.http}/stations")
        expect(page).to_have_url(re.compile("/login/"))
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        expect(page.locator("#connection")).to_contain_text(re.compile("live|connected", re.I), timeout=TIMEOUT)

    def wait_for_names(self, page: Page, topic: str, column: str, wanted: list[str]) -> None:
        page.wait_for_function(
            """([topic, column, wanted]) => JSON.stringify([...document.querySelectorAll(`${topic} [data-key]`)]
                .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
                .map((row) => row.querySelector(`[data-column="${column}"]`).textContent)) === wanted""",
            arg=[topic, column, json.dumps(wanted, separators=(",", ":"))],
            timeout=TIMEOUT,
        )

    def test_open_log_in_filter_sort_watch_lose_and_regain(self) -> None:
        with ServerProcess() as feeder:
            port, data = feeder.port, feeder.data
            with Station(feeder.ws, "CP-A") as a, Station(feeder.ws, "CP-B") as b, Device(feeder.ws, "0001") as sun:
                a.boot("Alpha <b>bold</b>")
                b.boot("Beta")
                a.status("Available")
                sun.update(power_income=100, country="AT")
            feeder.stop()
            with ServerProcess(port=port, data=data, SMARTSERVER_OPEN="0") as closed, chromium() as browser:
                page = browser.new_page()
                self.log_in(page, closed)
                self.wait_for_names(page, STATIONS, "identity", ["CP-A", "CP-B"])
                self.assertEqual(page.locator("table b, [role=grid] b").count(), 0)  # HTML is text
                self.assertEqual(names(page, STATIONS, "vendor")[0], "Alpha <b>bold</b>")

    def test_changes_appear_without_asking(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page = browser.new_page()
            errors: list[str] = []
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(f"{server.http}/stations?q=sort:identity:%3E:abc")
            with Station(server.ws, "CP-1") as one, Station(server.ws, "CP-2") as two, Device(server.ws, "0007") as sun:
                one.boot()
                two.boot()
                self.wait_for_names(page, STATIONS, "identity", ["CP-1", "CP-2"])
                expect(cell(page, STATIONS, "CP-1", "state")).to_contain_text("Online", timeout=TIMEOUT)
                one.status("Charging")
                expect(cell(page, STATIONS, "CP-1", "status")).to_have_text("Charging", timeout=TIMEOUT)

                page.click('[data-nav="devices"]')
                sun.update(power_income=123)
                expect(cell(page, DEVICES, "0007", "power_income")).to_contain_text("123", timeout=TIMEOUT)
                sun.update(power_income=456)
                expect(cell(page, DEVICES, "0007", "power_income")).to_contain_text("456", timeout=TIMEOUT)

                # A filter leaves what matches; a row that stops matching leaves, one that starts enters.
                page.goto(f"{server.http}/stations?q=filter:status:=:charg")
                self.wait_for_names(page, STATIONS, "identity", ["CP-1"])
                one.status("Available")
                two.status("Charging")
                self.wait_for_names(page, STATIONS, "identity", ["CP-2"])

                # Sorting, descending on the wire.
                page.goto(f"{server.http}/stations?q=sort:identity:%3C:abc")
                self.wait_for_names(page, STATIONS, "identity", ["CP-2", "CP-1"])

                # The server dies; the page says so. It comes back; the page is right again by itself.
                server.kill()
                expect(page.locator("#banner")).to_be_visible(timeout=TIMEOUT)
                server.start()
                expect(page.locator("#banner")).to_be_hidden(timeout=2 * TIMEOUT)
                expect(cell(page, STATIONS, "CP-1", "state")).to_contain_text("Offline", timeout=TIMEOUT)
            with Station(server.ws, "CP-3") as three:
                three.boot()
                self.wait_for_names(page, STATIONS, "identity", ["CP-3", "CP-2", "CP-1"])
            network = [text for text in errors if "WebSocket connection" not in text and "ERR_CONNECTION" not in text]
            self.assertEqual(network, [])

    def test_the_filter_is_made_with_the_keyboard_and_stays_in_the_address(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            for identity in ("CP-1", "CP-2", "OTHER"):
                with Station(server.ws, identity) as station:
                    station.boot()
            page = browser.new_page()
            page.goto(f"{server.http}/stations")
            self.wait_for_names(page, STATIONS, "identity", ["CP-1", "CP-2", "OTHER"])
            panel = page.locator(STATIONS)
            panel.get_by_test_id("filter-add").first.click()
            panel.get_by_test_id("filter-field").select_option("identity")
            panel.get_by_test_id("filter-op").select_option("^")
            panel.get_by_test_id("filter-value").fill("cp-")
            self.wait_for_names(page, STATIONS, "identity", ["CP-1", "CP-2"])
            page.reload()
            self.wait_for_names(page, STATIONS, "identity", ["CP-1", "CP-2"])
            panel.get_by_test_id("filter-remove").first.click()
            self.wait_for_names(page, STATIONS, "identity", ["CP-1", "CP-2", "OTHER"])
