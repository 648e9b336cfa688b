"""The overview tells what all stations and devices do, and leads to the lists behind its numbers."""

from __future__ import annotations

import re
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import requests
from django.test import SimpleTestCase
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import chromium
from tests.clients import Device, Station
from tests.server import ServerProcess
from tests.services import needs_chromium

PATIENCE = 15_000
TELEPHONE = {"width": 390, "height": 844}


def value_of(page: Page, tile: str) -> Locator:
    return page.locator(f'[data-tile="{tile}"] .tile-value')


def watched(browser: Browser, **options: Any) -> tuple[Page, list[str]]:
    """A page, and what goes wrong on it."""
    page = browser.new_page(**options)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page, errors


def charge(station: Station, wh: int, *, start: int = 0, watts: int = 0) -> int:
    """A session that has used so much; its number."""
    now = datetime.now(UTC).isoformat()
    begun = {"connectorId": 1, "idTag": "CARD", "meterStart": start, "timestamp": now}
    number: int = station.call("StartTransaction", begun)["transactionId"]
    station.status("Charging")
    sampled = [
        {"value": str(start + wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        {"value": str(watts), "measurand": "Power.Active.Import", "unit": "W"},
    ]
    values = [{"timestamp": now, "sampledValue": sampled}]
    station.call("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": values})
    return number


def raise_alert(server: ServerProcess, **event: Any) -> None:
    body = {"type": "alert", "timestamp": int(time.time() * 1000), "outlet": "1", **event}
    answer = requests.post(
        f"{server.http}//api/charger/LogEvent", params={"id": "EC-1", "ev": orjson.dumps(body).decode()}, timeout=10
    )
    assert answer.status_code == 200, answer.text


def remember_totals(server: ServerProcess, hours: int) -> None:
    now = int(time.time()) // 30 * 30
    rows = [(now - 30 * each, 11_000.0 + each, 500.0) for each in range(1, hours * 120)]
    with sqlite3.connect(server.database, timeout=20) as database:
        database.executemany("INSERT OR IGNORE INTO overview_powertotal VALUES (?, ?, ?)", rows)


@needs_chromium
class BrowserOverview(SimpleTestCase):
    def test_tiles_tell_the_present_and_lead_to_the_lists(self) -> None:
        with (
            ServerProcess() as server,
            chromium() as browser,
            Station(server.ws, "CP-A") as a,
            Station(server.ws, "CP-B") as b,
            Device(server.ws, "0001") as sun,
        ):
            a.boot()
            b.boot()
            charge(a, 2500, start=100_000, watts=11_000)
            sun.update(power_income=400, power_inject=250, power_consumption=300, battery=720, capacity=1440 * 3600)
            page, errors = watched(browser)
            page.goto(server.http)
            expect(page.locator("main[data-view=overview]")).to_be_visible(timeout=PATIENCE)
            for tile, text in (
                ("online", "2"),
                ("charging", "1"),
                ("faulted", "0"),
                ("offline", "0"),
                ("power", "11.00 kW"),
                ("energy", "2.50 kWh"),
                ("solar", "400 W"),
                ("injected", "250 W"),
                ("consumed", "300 W"),
                ("stored", "720 Wh"),
            ):
                expect(value_of(page, tile)).to_have_text(text, timeout=PATIENCE)
            expect(page.locator('[data-tile="stored"] .tile-more')).to_contain_text("50 %")
            expect(page.locator('[data-part="first-steps"]').first).to_be_hidden()

            b.status("Faulted")
            expect(value_of(page, "faulted")).to_have_text("1", timeout=PATIENCE)
            expect(page.locator('[data-tile="faulted"]')).to_have_attribute("data-tone", "bad")
            b.socket.close()
            expect(value_of(page, "offline")).to_have_text("1", timeout=PATIENCE)
            expect(value_of(page, "online")).to_have_text("1")

            page.click('[data-tile="offline"]')
            expect(page).to_have_url(re.compile(r"/stations\?q=filter:state:=:offline$"))
            rows = page.locator('section[data-topic="stations"] [data-key]')
            expect(rows).to_have_count(1)
            expect(rows.locator('[data-column="identity"]')).to_have_text("CP-B")
            page.go_back()
            page.click('[data-tile="charging"]')
            expect(rows.locator('[data-column="identity"]')).to_have_text("CP-A")
            self.assertEqual(errors, [])

    def test_chart_shows_the_day_and_other_times(self) -> None:
        with ServerProcess() as server, chromium() as browser, Station(server.ws, "CP-A") as a:
            a.boot()
            remember_totals(server, 24 * 8)
            page, errors = watched(browser)
            page.goto(server.http)
            panel = page.locator(".overview .chart-panel")
            expect(panel.locator(".uplot")).to_be_visible(timeout=PATIENCE)
            expect(panel.locator('[data-span="day"]')).to_have_attribute("aria-pressed", "true")
            expect(panel.locator(".u-legend .u-label").nth(1)).to_have_text("Charging")
            with page.expect_response(re.compile("/history/overview")) as asked:
                panel.locator('[data-span="week"]').click()
            times = asked.value.json()["series"][0]
            self.assertGreater(times[-1] - times[0], 6.9 * 24 * 3600)
            expect(panel.locator(".uplot")).to_be_visible()
            self.assertEqual(errors, [])

    def test_alerts_that_stand_come_first_and_cleared_ones_follow(self) -> None:
        with ServerProcess() as server, chromium() as browser, Station(server.ws, "CP-A") as a:
            a.boot()
            page, errors = watched(browser)
            page.goto(server.http)
            alerts = page.locator('[data-part="alerts"] li')
            expect(page.locator(".newest-box .note")).to_have_text("No charger has raised an alert.", timeout=PATIENCE)
            raise_alert(server, payload={"code": 17, "msg": "stopped <b>now</b>"})
            expect(alerts).to_have_count(1, timeout=PATIENCE)
            expect(alerts.first).to_contain_text("stopped <b>now</b>")
            expect(alerts.locator(".state")).to_have_text("Standing")
            raise_alert(server, payload={"code": 18})
            expect(alerts).to_have_count(2, timeout=PATIENCE)
            raise_alert(server, payload={"code": 16})  # nothing is wrong any more
            expect(alerts.locator(".state")).to_have_text(["Cleared", "Cleared"], timeout=PATIENCE)
            self.assertEqual(errors, [])
            alerts.first.get_by_role("link").click()
            expect(page).to_have_url(f"{server.http}/stations/EC-1")

    def test_energy_of_yesterday_is_not_that_of_today(self) -> None:
        with ServerProcess() as server, chromium() as browser, Station(server.ws, "CP-A") as a:
            a.boot()
            number = charge(a, 5000)
            yesterday = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=30)
            with sqlite3.connect(server.database, timeout=20) as database:
                database.execute(
                    "UPDATE stations_transaction SET active = 0, started_at = ?, ended_at = ?,"
                    " started_at_station = NULL WHERE id = ?",
                    (str(yesterday), str(yesterday + timedelta(minutes=30)), number),
                )
            charge(a, 1250, start=5000)
            page, errors = watched(browser)
            page.goto(server.http)
            expect(value_of(page, "energy")).to_have_text("1.25 kWh", timeout=PATIENCE)
            self.assertEqual(errors, [])


@needs_chromium
class BrowserFirstRun(SimpleTestCase):
    def test_an_empty_system_says_how_to_begin_and_starts_a_demo(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page, errors = watched(browser, viewport=TELEPHONE)
            page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.http)
            page.goto(server.http)
            addresses = page.locator('[data-part="address"]')
            expect(addresses).to_have_text([f"{server.ws}/ocpp/<identity>", f"{server.ws}/update/"], timeout=PATIENCE)
            expect(page.locator(".tile-group").first).to_be_hidden()
            page.locator('[data-part="copy"]').nth(1).click()
            expect(page.locator('[data-part="copy"]').nth(1)).to_have_text("Copied")
            self.assertEqual(page.evaluate("navigator.clipboard.readText()"), f"{server.ws}/update/")
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), TELEPHONE["width"])

            page.click('[data-part="demo-switch"]')
            expect(page.locator('[data-part="demo"]')).to_contain_text("12 emulated stations", timeout=PATIENCE)
            expect(value_of(page, "online")).to_have_text("12", timeout=60_000)
            expect(page.locator('[data-tile="solar"] .tile-more')).to_have_text("12 of 12 online", timeout=60_000)
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), TELEPHONE["width"])
            page.click('[data-part="demo-switch"]')
            expect(value_of(page, "online")).to_have_text("0", timeout=60_000)
            expect(page.locator('[data-part="demo"]')).to_be_hidden()
            self.assertEqual(errors, [])

    def test_one_station_is_enough_to_show_its_numbers(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page, _ = watched(browser)
            page.goto(server.http)
            expect(page.locator('[data-part="first-steps"]').first).to_be_visible(timeout=PATIENCE)
            with Station(server.ws, "CP-A") as a:
                a.boot()
                expect(value_of(page, "online")).to_have_text("1", timeout=PATIENCE)
                for part in ('[data-part="first-steps"]', '[data-part="demo"]', '[data-group="devices"]'):
                    expect(page.locator(part).first).to_be_hidden()
