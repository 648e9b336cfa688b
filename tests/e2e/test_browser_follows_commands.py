"""An operator asks a station through the API, and the page shows what becomes of it."""

from __future__ import annotations

import orjson
from django.test import SimpleTestCase
from playwright.sync_api import expect

from tests.browser import chromium
from tests.clients import Station
from tests.operator import Operator
from tests.server import ServerProcess
from tests.services import needs_chromium

COMMANDS = 'section[data-topic="commands"]'


@needs_chromium
class BrowserFollowsCommands(SimpleTestCase):
    def test_from_waiting_to_the_station_s_answer(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            operator = Operator(server)
            page = browser.new_page()
            errors: list[str] = []
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(server.http)
            page.click('[data-nav="commands"]')
            expect(page.locator(f"{COMMANDS} [data-part=empty]")).to_contain_text("POST http://")

            with Station(server.ws, "CP-1") as station:
                station.boot()
            payload = {"action": "DataTransfer", "payload": {"vendorId": "org.test"}}
            self.assertEqual(operator.post("stations/CP-1/commands", payload).status_code, 201)
            row = page.locator(f"{COMMANDS} [data-key]", has=page.get_by_text("DataTransfer", exact=True))
            state = row.locator('[data-column="state"]')
            expect(state).to_have_text("Waiting")
            expect(row.locator('[data-column="origin"]')).to_have_text("admin")

            with Station(server.ws, "CP-1") as station:
                station.boot()
                while (frame := orjson.loads(station.socket.recv()))[2] != "DataTransfer":
                    station.socket.send(orjson.dumps([4, frame[1], "NotSupported", "", {}]).decode())
                expect(state).to_have_text("Sent")
                station.socket.send(orjson.dumps([3, frame[1], {"status": "UnknownVendorId"}]).decode())
                expect(state).to_have_text("Answered")
                expect(row.locator('[data-column="result"]')).to_have_text("UnknownVendorId")

            row.click()
            expect(page.locator('#details [data-value="action"]')).to_have_text("DataTransfer")
            self.assertEqual(errors, [])
