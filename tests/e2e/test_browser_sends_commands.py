"""An operator opens a station, chooses a command, fills in its form, and sees what the station answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import orjson
from django.test import SimpleTestCase
from playwright.sync_api import Page, expect
from websocket import WebSocketException

from tests.browser import chromium
from tests.clients import Station
from tests.server import PASSWORD, ServerProcess
from tests.services import needs_chromium

DIALOG = "#command"
TIMEOUT = 10_000

Answer = Callable[[str, dict[str, object]], dict[str, object]]


def log_in(page: Page, server: ServerProcess) -> None:
    page.goto(f"{server.http}/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("#connection")).to_contain_text("Live", timeout=TIMEOUT)


@contextmanager
def answering(station: Station, answer: Answer) -> Iterator[list[tuple[str, dict[str, object]]]]:
    """The station answers whatever it is asked until its socket closes; what it was asked."""
    asked: list[tuple[str, dict[str, object]]] = []

    def hear(kind: int, number: str, *rest: Any) -> None:
        if kind == 2:
            asked.append((rest[0], rest[1]))
            station.socket.send(orjson.dumps([3, number, answer(rest[0], rest[1])]).decode())

    def serve() -> None:
        with suppress(OSError, WebSocketException):  # the socket is closed: the test is over
            while station.heard:
                hear(*station.heard.pop(0))
            while frame := station.socket.recv():
                hear(*orjson.loads(frame))

    thread = Thread(target=serve, daemon=True)
    thread.start()
    yield asked
    station.socket.close()
    thread.join(10)


def accept(action: str, _payload: dict[str, object]) -> dict[str, object]:
    if action == "GetConfiguration":
        return {"configurationKey": [], "unknownKey": []}
    return {"status": "Accepted"}


@needs_chromium
class BrowserSendsCommands(SimpleTestCase):
    def open_form(self, page: Page, server: ServerProcess) -> None:
        page.goto(f"{server.http}/stations")
        page.locator('section[data-topic="stations"] [data-key]').first.click()
        page.click('.station-head [data-do="command"]')
        expect(page.locator(f'{DIALOG} [data-part="action"] option')).not_to_have_count(0)

    def test_from_a_preset_to_the_station_s_answer(self) -> None:
        with ServerProcess() as server, chromium() as browser, Station(server.ws, "CP-1") as station:
            station.boot()
            page = browser.new_page()
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            with answering(station, accept) as asked:
                log_in(page, server)
                self.open_form(page, server)
                page.click(f'{DIALOG} [data-preset="Remote start"]')
                page.fill(f'{DIALOG} [data-path="idTag"]', "CARD1")
                page.click(f'{DIALOG} [data-part="send"]')
                outcome = page.locator(f'{DIALOG} [data-part="outcome"]')
                expect(outcome).to_contain_text("Accepted", timeout=TIMEOUT)
                self.assertIn(("RemoteStartTransaction", {"connectorId": 1, "idTag": "CARD1"}), asked)

                # What hurts is asked for twice; what was nested is sent as it was typed.
                page.click(f'{DIALOG} [data-preset="Restart"]')
                page.click(f'{DIALOG} [data-part="send"]')
                expect(page.locator(f'{DIALOG} [data-part="send"]')).to_have_text("Yes, send Reset")
                page.click(f'{DIALOG} [data-part="send"]')
                expect(outcome).to_contain_text("Accepted", timeout=TIMEOUT)
                self.assertIn(("Reset", {"type": "Soft"}), asked)

                page.click(f'{DIALOG} [data-preset="Limit"]')
                period = "csChargingProfiles/chargingSchedule/chargingSchedulePeriod/0/limit"
                page.fill(f'{DIALOG} [data-path="{period}"]', "10")
                page.check(f'{DIALOG} [data-part="raw-toggle"]')
                typed = orjson.loads(page.input_value(f'{DIALOG} [data-part="raw"]'))
                self.assertEqual(
                    typed["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"],
                    [{"startPeriod": 0, "limit": 10}],
                )
                page.click(f'{DIALOG} [data-part="send"]')
                expect(outcome).to_contain_text("Accepted", timeout=TIMEOUT)
            self.assertEqual(errors, [])

    def test_what_is_wrong_is_said_at_the_field(self) -> None:
        with ServerProcess() as server, chromium() as browser, Station(server.ws, "CP-1") as station:
            station.boot()
            page = browser.new_page()
            with answering(station, accept):
                log_in(page, server)
                self.open_form(page, server)
                page.select_option(f'{DIALOG} [data-part="action"]', "UnlockConnector")
                page.fill(f'{DIALOG} [data-path="connectorId"]', "one")
                page.click(f'{DIALOG} [data-part="send"]')
                expect(page.locator(f'{DIALOG} [data-part="note"]')).to_contain_text("whole number")
                expect(page.locator(f'{DIALOG} [data-path="connectorId"]')).to_have_attribute("aria-invalid", "true")
                # What only the server knows to be wrong is said there, too.
                page.check(f'{DIALOG} [data-part="raw-toggle"]')
                page.fill(f'{DIALOG} [data-part="raw"]', '{"connectorId": 1, "force": true}')
                page.click(f'{DIALOG} [data-part="send"]')
                page.click(f'{DIALOG} [data-part="send"]')
                expect(page.locator(f'{DIALOG} [data-part="note"]')).to_contain_text("force", timeout=TIMEOUT)

    def test_a_station_that_is_away_gets_it_later(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            with Station(server.ws, "CP-1") as station:
                station.boot()
            page = browser.new_page()
            log_in(page, server)
            self.open_form(page, server)
            page.select_option(f'{DIALOG} [data-part="action"]', "ClearCache")
            page.click(f'{DIALOG} [data-part="send"]')
            page.click(f'{DIALOG} [data-part="send"]')
            outcome = page.locator(f'{DIALOG} [data-part="outcome"]')
            expect(outcome).to_contain_text("Waiting", timeout=TIMEOUT)
            with Station(server.ws, "CP-1") as station:
                station.boot()
                with answering(station, accept):
                    expect(outcome).to_contain_text("Accepted", timeout=20_000)

    def test_visitors_are_told_to_log_in(self) -> None:
        with ServerProcess() as server, chromium() as browser, Station(server.ws, "CP-1") as station:
            station.boot()
            page = browser.new_page()
            page.goto(f"{server.http}/stations/CP-1")
            button = page.locator('.station-head [data-do="command"]')
            expect(button).to_have_attribute("aria-disabled", "true", timeout=TIMEOUT)
            button.focus()
            page.keyboard.press("Enter")
            expect(page.locator(".toast")).to_contain_text("log in", timeout=TIMEOUT)
            page.click('[data-part-link="commands"]')
            form = page.locator('.part [data-part="form"]')
            expect(form.locator('[data-part="note"]')).to_contain_text("log in", timeout=TIMEOUT)
            expect(form.locator('[data-part="send"]')).to_be_disabled()
            self.assertIsNone(re.search("error", form.inner_text(), re.IGNORECASE))
