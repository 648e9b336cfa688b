"""The page of a device shows its last hour, and at a click its last year."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from django.test import SimpleTestCase
from playwright.sync_api import Page, expect

from tests.browser import chromium
from tests.clients import Device
from tests.server import ServerProcess
from tests.services import needs_chromium

PANEL = ".chart-panel"
HOURS = 300 * 24


def remember_hours(server: ServerProcess) -> None:
    """Three hundred days of a device, as they were summed up."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    rows = [(1, str(now - timedelta(hours=each)), 60, each % 24 * 40.0, 0.0, 100.0, 500.0) for each in range(1, HOURS)]
    with sqlite3.connect(server.database) as database:
        database.executemany(
            "INSERT INTO devices_devicehour"
            " (device_id, hour, count, power_income, power_inject, power_consumption, battery) VALUES (?,?,?,?,?,?,?)",
            rows,
        )


def first_tick(page: Page) -> str:
    """The time of the first point, as the legend shows it under the pointer."""
    page.locator(f"{PANEL} .u-over").first.hover(position={"x": 120, "y": 40})
    return page.locator(f"{PANEL} .u-legend .u-value").first.inner_text()


@needs_chromium
class BrowserShowsAYear(SimpleTestCase):
    def test_from_an_hour_to_a_year_and_back(self) -> None:
        with ServerProcess() as server, chromium() as browser, Device(server.ws, "0001") as sun:
            sun.update(power_income=100)
            remember_hours(server)
            page = browser.new_page()
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(f"{server.http}/devices/0001")
            expect(page.locator(f"{PANEL} .uplot").first).to_be_visible()
            expect(page.locator(f"{PANEL} [data-span=hour]")).to_have_attribute("aria-pressed", "true")

            for span, shown in (("year", r"\d+ \w{3}.* \d\d:\d\d"), ("week", r"\d+ \w{3}.* \d\d:\d\d")):
                with page.expect_response(lambda answer: "/history/devices/1" in answer.url) as asked:
                    page.click(f"{PANEL} [data-span={span}]")
                points = asked.value.json()["series"][0]
                self.assertGreater(len(points), 100)
                expect(page.locator(f"{PANEL} .uplot").first).to_be_visible()
                self.assertRegex(first_tick(page), shown)
            page.click(f"{PANEL} [data-span=hour]")
            expect(page.locator(f"{PANEL} [data-span=hour]")).to_have_attribute("aria-pressed", "true")
            expect(page.locator(f"{PANEL} .uplot").first).to_be_visible()
            self.assertEqual(errors, [])
