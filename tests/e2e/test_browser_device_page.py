"""The page of a device: where its energy goes, its values, its history looked at closely, and what it sent."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta

import orjson
from django.test import SimpleTestCase
from playwright.sync_api import Locator, Page, expect

from tests.browser import chromium
from tests.clients import Device
from tests.server import ServerProcess
from tests.services import needs_chromium

PATIENCE = 15_000
HOSTILE = "<img src=x onerror=alert(1)>"


def flow(page: Page, name: str) -> Locator:
    return page.locator(f'[data-flow="{name}"]')


def measure(server: ServerProcess, hours: int) -> None:
    """A measurement each ten minutes, and the hours that they were summed up to."""
    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [
        (1, str(now - timedelta(minutes=10 * each)), "1", each % 60, 0.0, 100.0, 500.0, "{}")
        for each in range(1, 6 * hours)
    ]
    full = now.replace(minute=0, second=0, microsecond=0)
    summed = [(1, str(full - timedelta(hours=each)), 6, 30.0, 0.0, 100.0, 500.0) for each in range(1, hours)]
    with sqlite3.connect(server.database, timeout=20) as database:
        database.executemany(
            "INSERT INTO devices_devicesample (device_id, received_at, message_id, power_income, power_inject,"
            " power_consumption, battery, changes) VALUES (?,?,?,?,?,?,?,?)",
            rows,
        )
        database.executemany(
            "INSERT INTO devices_devicehour"
            " (device_id, hour, count, power_income, power_inject, power_consumption, battery) VALUES (?,?,?,?,?,?,?)",
            summed,
        )


@needs_chromium
class BrowserDevicePage(SimpleTestCase):
    def test_picture_values_and_messages_follow_the_device(self) -> None:
        with (
            ServerProcess() as server,
            chromium() as browser,
            Device(server.ws, "0001") as sun,
            Device(server.ws, "00011"),
        ):
            sun.update(
                power_income=500,
                power_inject=200,
                power_consumption=150,
                battery=720,
                capacity=1440 * 3600,
                country=HOSTILE,
            )
            page = browser.new_page()
            errors: list[str] = []
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(f"{server.http}/devices")
            page.locator('section[data-topic="devices"] [data-key]').first.get_by_text("0001", exact=True).click()
            expect(page).to_have_url(f"{server.http}/devices/0001")
            expect(page.locator("h1")).to_have_text("0001")
            expect(page.locator('[data-part="state"]')).to_have_text("Online")
            for name, flowing in (
                ("solar-house", True),
                ("solar-battery", True),
                ("house-grid", True),
                ("battery-house", False),
            ):
                expected = expect(flow(page, name))
                (expected.to_have_attribute if flowing else expected.not_to_have_attribute)(
                    "data-flowing", "", timeout=PATIENCE
                )
            words = page.locator('[data-part="flows"]')
            expect(words).to_contain_text("300 W from the sun into the battery.")
            expect(words).to_contain_text("The battery holds 720 Wh, 50 %.")
            expect(page.locator('[data-value="country"]')).to_have_text(HOSTILE)

            sun.update(power_income=0, power_consumption=700)
            expect(words).to_contain_text("200 W from the battery into the house.")
            expect(words).to_contain_text("500 W from the grid into the house.")
            expect(page.locator('[data-value="power_consumption"]')).to_have_text("700 W")

            messages = page.locator('[data-part="messages"] li')
            expect(messages).to_have_count(2, timeout=PATIENCE)
            expect(messages.first).to_contain_text("power_consumption")
            expect(messages.last).to_contain_text(HOSTILE)
            sun.socket.send(orjson.dumps({"type": "UPDT", "message": '7:0001:{"battery": "full"}'}).decode())
            sun.socket.recv()
            sun.update(battery=700)
            refused = page.locator('[data-outcome="refused"]')
            expect(refused).to_have_text("Refused", timeout=PATIENCE)
            expect(page.locator(".raw .reason")).to_have_text("battery is not a number")
            sun.socket.close()
            expect(page.locator('[data-part="state"]')).to_have_text("Offline", timeout=PATIENCE)
            self.assertEqual(errors, [])

    def test_a_part_of_the_history_is_looked_at_closely(self) -> None:
        with ServerProcess() as server, chromium() as browser, Device(server.ws, "0001") as sun:
            sun.update(power_income=1)
            measure(server, 24 * 20)
            page = browser.new_page(viewport={"width": 1200, "height": 1000})
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(f"{server.http}/devices/0001")
            panel = page.locator(".chart-panel")
            expect(panel.locator(".uplot").first).to_be_visible(timeout=PATIENCE)
            with page.expect_response(re.compile("/history/devices/1")) as asked:
                panel.locator('[data-span="month"]').click()
            self.assertGreater(len(asked.value.json()["series"][0]), 400)
            whole = panel.locator('[data-part="whole"]')
            expect(whole).to_be_hidden()
            over = panel.locator(".u-over").first
            expect(over).to_be_visible()
            over.scroll_into_view_if_needed()
            box = over.bounding_box()
            assert box is not None
            with page.expect_response(re.compile(r"/history/devices/1\?minutes=\d+&until=")) as asked:
                page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 40)
                page.mouse.down()
                page.mouse.move(box["x"] + box["width"] * 0.63, box["y"] + 50, steps=4)
                page.mouse.up()
            times = asked.value.json()["series"][0]
            # A day of the past: as it was measured, where the month had means of hours.
            self.assertTrue(20 * 3600 < times[-1] - times[0] < 24 * 3600, times[-1] - times[0])
            self.assertLess(times[1] - times[0], 601)
            expect(whole).to_contain_text("show all")
            expect(panel.locator(".uplot").first).to_be_visible()
            with page.expect_response(re.compile(r"/history/devices/1\?minutes=44640$")):
                panel.locator(".u-over").first.dblclick()
            expect(whole).to_be_hidden()
            self.assertEqual(errors, [])

    def test_who_wants_no_motion_sees_arrows(self) -> None:
        with ServerProcess() as server, chromium() as browser, Device(server.ws, "0001") as sun:
            sun.update(power_income=100, power_inject=100)
            page = browser.new_page(reduced_motion="reduce")
            page.goto(f"{server.http}/devices/0001")
            expect(flow(page, "solar-house")).to_have_attribute("data-flowing", "", timeout=PATIENCE)
            dots = flow(page, "solar-house").locator(".flow-dots")
            self.assertEqual(dots.evaluate("(dots) => getComputedStyle(dots).animationName"), "none")
            expect(flow(page, "solar-house").locator(".flow-arrow")).to_be_visible()

    def test_an_unknown_device_appears_when_it_reports(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page = browser.new_page()
            page.goto(f"{server.http}/devices/0009")
            expect(page.locator('[data-part="unknown"]')).to_contain_text("There is no device 0009.", timeout=PATIENCE)
            with Device(server.ws, "0009") as sun:
                sun.update(power_income=100)
                expect(page.locator('[data-value="power_income"]')).to_have_text("100 W", timeout=PATIENCE)
                expect(page.locator('[data-part="unknown"]')).to_be_hidden()
