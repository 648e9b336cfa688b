"""What is said on the wire, in the browser: live, one message beside the list, what is wrong with it, and the past."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
from django.test import SimpleTestCase
from playwright.sync_api import Browser, Page, expect

from tests.axe import violations
from tests.browser import chromium
from tests.clients import Station
from tests.server import ServerProcess
from tests.services import needs_chromium
from tests.views import overflow, visit

MESSAGES = 'section[data-topic="messages"]'
ROWS = f"{MESSAGES} [data-key]"
INSPECTOR = '[data-part="inspector"]'
HOSTILE = "<img src=x onerror=document.title='broken'>"

MANY = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    station, = database.execute("SELECT id FROM stations_station WHERE identity = ?", [sys.argv[2]]).fetchone()
    database.executemany(
        "INSERT INTO stations_message (station_id, ocpp_version, direction, action, message_id, request, reply,"
        " outcome, received_at, answered_at) VALUES (?, '1.6', 'in', 'Heartbeat', ?, '{}', '{}', 'CALLRESULT', ?, ?)",
        [(station, f"old-{n}", f"2026-01-01 {n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}", "2026-01-02 00:00:00")
         for n in range(int(sys.argv[3]))],
    )
"""


def talk(station: Station) -> None:
    station.boot(vendor=HOSTILE)
    # Two values that are mended, in a place deep inside.
    sampled = [{"value": 12.5, "unit": "W", "measurand": "Power.Active.Import"}]
    reading = {"timestamp": "2026-11-29T12:00:00Z", "sampledValue": sampled}
    station.call("MeterValues", {"connectorId": "1", "meterValue": [reading]})
    station.socket.send(
        orjson.dumps([2, "wrong", "StatusNotification", {"connectorId": 1, "status": "Asleep"}]).decode()
    )
    while orjson.loads(station.socket.recv())[:2] != [4, "wrong"]:
        pass
    station.call("Heartbeat", {})


def open_page(browser: Browser, errors: list[str], **options: Any) -> Page:
    context = browser.new_context(**options)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page


@needs_chromium
class BrowserInspectsMessages(SimpleTestCase):
    maxDiff = None

    def test_on_a_desktop(self) -> None:
        errors: list[str] = []
        with ServerProcess() as server, chromium() as browser:
            page = open_page(browser, errors, viewport={"width": 1440, "height": 900})
            visit(page, server, "/messages")
            expect(page.locator(f"{MESSAGES} [data-part=empty]")).to_have_attribute("data-note", "first-steps")
            with Station(server.ws, "CP-1") as station:
                talk(station)
                self._follows(page)
                self._points_at_what_is_wrong(page)
                self._goes_by_keyboard(page)
                self._has_an_address(page, server)
            self._exports(page, server)
        # What the browser itself says of the message that is not there.
        self.assertEqual(len([text for text in errors if "404 (Not Found)" in text]), 1)
        self.assertEqual(len(errors), 1, errors)

    def _row(self, page: Page, action: str) -> Any:
        return page.locator(ROWS, has=page.get_by_text(action, exact=True)).first

    def _follows(self, page: Page) -> None:
        """Request and answer in one row, the newest first, as they come."""
        expect(self._row(page, "Heartbeat").locator('[data-column="state"]')).to_have_text("Answered")
        expect(self._row(page, "StatusNotification").locator('[data-column="state"]')).to_have_text("Refused")
        expect(self._row(page, "StatusNotification").locator('[data-column="outcome"]')).to_contain_text(
            "ConstraintViolation"
        )
        expect(self._row(page, "BootNotification").locator('[data-column="duration_ms"]')).to_contain_text("ms")

    def _points_at_what_is_wrong(self, page: Page) -> None:
        self._row(page, "MeterValues").click()
        inspector = page.locator(INSPECTOR)
        expect(inspector.locator("h2")).to_have_text("MeterValues")
        expect(inspector.locator(".findings")).to_contain_text("2 places break the schema. All of it was understood")
        request = inspector.locator('[data-part="request"]')
        bad = request.locator('[data-bad][data-pointer="/meterValue/0/sampledValue/0/value"]')
        expect(bad).to_have_text('"value": 12.5,')
        note = request.locator('[data-problem="/meterValue/0/sampledValue/0/value"]')
        expect(note).to_contain_text(
            "It is not of the type string. Understood all the same, by the rule text_as_number."
        )
        expect(request.locator('[data-problem="/connectorId"]')).to_contain_text("number_as_text")
        self._row(page, "StatusNotification").click()
        expect(inspector.locator("h2")).to_have_text("StatusNotification")
        expect(inspector.locator('[data-problem="/status"]')).to_contain_text("It is none of Available, Preparing")
        inspector.get_by_test_id("copy-request").click()
        expect(page.locator(".toast")).to_contain_text("The frame was copied.")
        copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
        self.assertEqual(copied, [2, "wrong", "StatusNotification", {"connectorId": 1, "status": "Asleep"}])
        inspector.get_by_test_id("copy-reply").click()
        expect(page.locator(".toast")).to_have_count(2)
        self.assertEqual(json.loads(page.evaluate("navigator.clipboard.readText()"))[:2], [4, "wrong"])

    def _goes_by_keyboard(self, page: Page) -> None:
        """The message beside follows the row; Escape closes it."""
        inspector = page.locator(INSPECTOR)
        page.locator(f"{MESSAGES} [role=grid]").focus()
        page.keyboard.press("Home")
        expect(inspector.locator("h2")).to_have_text("Heartbeat")
        page.keyboard.press("End")
        expect(inspector.locator("h2")).to_have_text("BootNotification")
        expect(inspector.locator('[data-pointer="/chargePointVendor"]')).to_contain_text(HOSTILE)
        self.assertNotEqual(page.title(), "broken")
        inspector.get_by_test_id("newer").click()
        expect(inspector.locator("h2")).to_have_text("MeterValues")
        page.keyboard.press("Escape")
        expect(inspector).to_be_hidden()
        expect(page.locator(f"{MESSAGES} [role=grid]")).to_be_focused()

    def _has_an_address(self, page: Page, server: ServerProcess) -> None:
        key = self._row(page, "MeterValues").get_attribute("data-key")
        visit(page, server, f"/stations/CP-1/messages?message={key}")
        expect(page.locator(f"{INSPECTOR} h2")).to_have_text("MeterValues")
        expect(page.locator(ROWS)).to_have_count(4)
        visit(page, server, "/messages?message=999999")
        expect(page.locator(f"{INSPECTOR} [role=alert]")).to_contain_text("There is no such message.")
        page.locator(f"{INSPECTOR} [aria-label=Close]").click()
        expect(page.locator(INSPECTOR)).to_be_hidden()

    def _exports(self, page: Page, server: ServerProcess) -> None:
        visit(page, server, "/stations/CP-1/messages")
        with page.expect_download() as download:
            page.get_by_test_id("export").click()
        lines = Path(download.value.path()).read_text().splitlines()
        messages = [json.loads(line) for line in lines]
        self.assertEqual({message["station"] for message in messages}, {"CP-1"})
        said = ["Heartbeat", "StatusNotification", "MeterValues", "BootNotification"]
        self.assertEqual([message["action"] for message in messages if message["direction"] == "in"], said)

    def test_the_past_is_behind_what_is_live(self) -> None:
        errors: list[str] = []
        with ServerProcess() as server, chromium() as browser:
            with Station(server.ws, "CP-1") as station:
                station.boot()
            server.run("-c", MANY, str(server.database), "CP-1", "5600")
            with Station(server.ws, "CP-1") as station:
                station.call("Heartbeat", {})
            page = open_page(browser, errors, viewport={"width": 1440, "height": 900})
            visit(page, server, "/messages?q=filter:message_id:%5E:old-")
            ids = page.locator(f'{ROWS} [data-column="message_id"]')
            count = page.locator(f'{MESSAGES} [data-part="count"]')
            expect(count).to_contain_text("5,000 /")
            page.get_by_test_id("past-older").click()
            expect(ids.first).to_have_text("old-599")
            expect(count).to_contain_text("500 /")
            page.get_by_test_id("past-older").click()
            expect(ids.first).to_have_text("old-99")
            expect(page.locator('[data-part="past"]')).to_contain_text("There is nothing older than this.")
            expect(page.get_by_test_id("past-older")).to_be_disabled()
            page.locator(ROWS).first.click()
            expect(page.locator(f"{INSPECTOR} h2")).to_have_text("Heartbeat")
            page.go_back()
            page.go_back()
            expect(ids.first).to_have_text("old-599")
            page.get_by_test_id("past-live").click()
            expect(ids.first).to_have_text("old-5599")
            expect(count).to_contain_text("5,000 /")
        self.assertEqual(errors, [])

    def test_on_a_telephone_a_message_lies_over_the_list(self) -> None:
        errors: list[str] = []
        with ServerProcess() as server, chromium() as browser, Station(server.ws, "CP-1") as station:
            talk(station)
            page = open_page(browser, errors, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
            visit(page, server, "/messages")
            self._row(page, "MeterValues").tap()
            sheet = page.locator("dialog.inspector-sheet")
            expect(sheet).to_be_visible()
            expect(sheet.locator("h2")).to_be_focused()
            box = sheet.bounding_box()
            assert box is not None
            self.assertEqual((box["x"], box["y"], box["width"], box["height"]), (0, 0, 390, 844))
            self.assertEqual(overflow(page), 0)
            sheet.get_by_test_id("older").tap()
            expect(sheet.locator("h2")).to_have_text("BootNotification")
            page.go_back()
            expect(sheet).to_be_hidden()
            expect(page.locator(f"{MESSAGES} [role=grid]")).to_be_visible()
        self.assertEqual(errors, [])

    def test_everybody_can_read_it(self) -> None:
        with ServerProcess() as server, chromium() as browser, Station(server.ws, "CP-1") as station:
            talk(station)
            for scheme in ("light", "dark"):
                for width, height in ((1440, 900), (390, 844)):
                    page = open_page(
                        browser,
                        [],
                        viewport={"width": width, "height": height},
                        color_scheme=scheme,
                        reduced_motion="reduce",
                    )
                    for path in ("/messages", "/stations/CP-1/messages"):
                        visit(page, server, path)
                        self._row(page, "MeterValues").click()
                        expect(page.locator(f"{INSPECTOR} [data-problem]")).to_have_count(2)
                        with self.subTest(path=path, scheme=scheme, width=width):
                            self.assertEqual(violations(page), [])
                            self.assertEqual(overflow(page), 0)
                    page.context.close()
