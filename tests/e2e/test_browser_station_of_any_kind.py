"""The station's page for stations that are away, that speak OCPP 2.x, or that call themselves something evil."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any
from urllib.parse import quote

import orjson
from playwright.sync_api import expect
from websocket import WebSocketException

from tests.clients import Station
from tests.e2e.station_page import COMMAND, DIALOG, TIMEOUT, StationPageCase
from tests.e2e.test_browser_sends_commands import accept, answering
from tests.services import needs_chromium

EVIL = '"><img src=x onerror="window.hurt = 1">'
VIEWERS = "Viewers cannot ask anything of stations: log in as an operator."
HEARTBEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
REPORT: dict[str, Any] = {
    "requestId": 1,
    "generatedAt": "2026-06-21T12:00:00Z",
    "seqNo": 0,
    "reportData": [
        {
            **HEARTBEAT,
            "variableAttribute": [{"value": "300", "mutability": "ReadWrite"}],
            "variableCharacteristics": {
                "dataType": "integer",
                "minLimit": 10,
                "maxLimit": 900,
                "unit": "s",
                "supportsMonitoring": False,
            },
        },
        {
            "component": {"name": "ChargingStation"},
            "variable": {"name": "Model"},
            "variableAttribute": [{"value": EVIL, "mutability": "ReadOnly"}],
            "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False},
        },
    ],
}


@contextmanager
def speaking_two(station: Station) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """A 2.0.1 station that reports its inventory, and takes new values but those of which 13 is one."""
    asked: list[tuple[str, dict[str, Any]]] = []

    def answer(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        if action != "SetVariables":
            return {"status": "Accepted"}
        results = [
            {name: value for name, value in each.items() if name != "attributeValue"}
            | {"attributeStatus": "Rejected" if each["attributeValue"] == "13" else "Accepted"}
            for each in payload["setVariableData"]
        ]
        return {"setVariableResult": results}

    def serve() -> None:
        with suppress(OSError, WebSocketException):  # the socket is closed: the test is over
            while frame := station.socket.recv():
                kind, number, *rest = orjson.loads(frame)
                if kind != 2:
                    continue
                asked.append((rest[0], rest[1]))
                station.socket.send(orjson.dumps([3, number, answer(rest[0], rest[1])]).decode())
                if rest[0] == "GetBaseReport":
                    station.socket.send(orjson.dumps([2, "report", "NotifyReport", REPORT]).decode())

    thread = Thread(target=serve, daemon=True)
    thread.start()
    yield asked
    station.socket.close()
    thread.join(10)


@needs_chromium
class StationsOfAnyKind(StationPageCase):
    def test_what_is_asked_of_a_station_that_is_away_waits_and_can_be_taken_back(self) -> None:
        with Station(self.server.ws, "AWAY") as station:
            station.boot()
            station.status("Available")
        page = self.open("AWAY", "commands")
        expect(page.locator(".station-head .waiting-note")).to_contain_text("until it is back", timeout=TIMEOUT)
        self.does("preset-Reset", page.locator(".station-head"))
        self.agree()
        self.says("Restart: waiting.")
        row = page.locator('[data-part="history"] tbody tr', has_text="Reset")
        expect(row).to_contain_text("Waiting", timeout=TIMEOUT)
        page.locator(".toast button", has_text="Take back").click()
        expect(row).to_contain_text("Cancelled", timeout=TIMEOUT)
        self.says("Restart: taken back.")

        # Another one goes out when the station is back, and its end is told on the page that is still open.
        self.does("preset-Reset", page.locator(".station-head"))
        self.agree()
        with Station(self.server.ws, "AWAY") as station:
            station.boot()
            with answering(station, accept):
                self.says("Restart: done.")
                expect(page.locator(".station-head .state")).to_have_text("Online")
                expect(row.first).to_contain_text("Answered", timeout=TIMEOUT)

    def test_variables_of_2_x_are_read_and_set(self) -> None:
        with Station(self.server.ws, "TWO", version="2.0.1") as station:
            who = {"vendorName": "V", "model": "M"}
            station.call("BootNotification", {"reason": "PowerUp", "chargingStation": who})
            with speaking_two(station) as asked:
                page = self.open("TWO", "configuration")
                expect(page.locator('[data-part="networks"] [data-part="nothing"]')).to_be_visible(timeout=TIMEOUT)
                self.does("refresh")
                setting = page.locator('[data-setting="HeartbeatInterval"]')
                expect(setting).to_contain_text("300 s", timeout=TIMEOUT)
                expect(page.locator('[data-setting="Model"]')).to_contain_text(EVIL)
                expect(page.locator('[data-setting="Model"] .chip')).to_have_text("read-only")
                self.does("change", setting)
                setting.locator("input").fill("5")
                self.does("save", setting)
                expect(setting.locator(".setting-word")).to_contain_text("at least 10")
                for value, word in (("13", "13: Rejected by the station"), ("60", "Accepted")):
                    setting.locator("input").fill(value)
                    self.does("save", setting)
                    expect(setting.locator(".setting-word")).to_have_text(word, timeout=TIMEOUT)
                    if value == "13":
                        expect(setting).to_contain_text("300 s")
                        self.does("change", setting)
                expect(setting).to_contain_text("60 s", timeout=TIMEOUT)
                self.assertIn(("SetVariables", {"setVariableData": [{**HEARTBEAT, "attributeValue": "60"}]}), asked)
                page.click('[data-part-link="reports"]')
                report = page.locator('[data-part="reports"] tbody tr', has_text="Complete").first
                expect(report).to_contain_text("Variables", timeout=TIMEOUT)
                page.click('[data-part-link="now"]')
                self.assertIsNone(page.evaluate("() => window.hurt ?? null"))

    def test_hostile_names_are_texts(self) -> None:
        identity = EVIL.replace("/", "")
        with Station(self.server.ws, quote(identity, safe="")) as station:
            station.boot(vendor=EVIL[:20], model=EVIL[20:])
            station.call(
                "StatusNotification",
                {
                    "connectorId": 1,
                    "errorCode": "OtherError",
                    "status": "Faulted",
                    "info": EVIL,
                    "vendorErrorCode": EVIL,
                },
            )
            page = self.open(quote(identity, safe=""))
            expect(page.locator("h1")).to_have_text(identity)
            fault = page.locator('.connector[data-status="Faulted"] .fault')
            expect(fault).to_contain_text(EVIL, timeout=TIMEOUT)
            self.assertIsNone(page.evaluate("() => window.hurt ?? null"))
            self.assertEqual(page.locator("img").count(), 0)
            # The live row is found by the whole name, whatever is in it.
            station.status("Available")
            expect(page.locator('.connector[data-status="Available"]')).to_be_visible(timeout=TIMEOUT)

    def test_visitors_see_all_and_change_nothing(self) -> None:
        with Station(self.server.ws, "SEEN") as station:
            station.boot()
            station.status("Available")
            page = self.open("SEEN", page=self.visitor())
            expect(page.locator('.connector[data-row="1/1"]')).to_contain_text("Available", timeout=TIMEOUT)
            for name in ("start", "stop", "unlock"):
                button = page.locator(f'.connector [data-do="{name}"]')
                expect(button).to_have_attribute("aria-disabled", "true")
                expect(button).to_have_attribute("title", VIEWERS)
            page.locator('.connector [data-do="unlock"]').focus()
            page.keyboard.press("Enter")
            self.says("log in as an operator", page=page)
            self.assertEqual(page.locator(f"{DIALOG}, {COMMAND}[open]").count(), 0)
            page.context.close()

    def test_a_station_that_there_is_not(self) -> None:
        self.page.goto(f"{self.server.http}/stations/NOBODY")
        expect(self.page.locator(".station .notice")).to_contain_text("no station of this name", timeout=TIMEOUT)
        self.page.locator(".station .notice a").click()
        expect(self.page.locator('main[data-view="stations"]')).to_be_visible(timeout=TIMEOUT)

    def test_a_part_that_cannot_be_read_says_why_and_is_tried_again(self) -> None:
        with Station(self.server.ws, "BROKEN") as station:
            station.boot()
            self.page.route("**/api/v1/stations/BROKEN/local-list", lambda route: route.abort())
            page = self.open("BROKEN", "local-list")
            expect(page.locator(".loaded-error")).to_contain_text("cannot be shown", timeout=TIMEOUT)
            page.unroute("**/api/v1/stations/BROKEN/local-list")
            page.locator(".loaded-error button").click()
            expect(page.locator('[data-part="nothing"]')).to_contain_text("no entries", timeout=TIMEOUT)
            expect(page.locator(".loaded-error")).to_be_hidden()
