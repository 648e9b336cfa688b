"""What happens at a charger is seen in the browser, and what is asked there is done at the charger.

Every part is the real one: the hardware API over HTTP and WebSocket, the bridge as a process of its own, the server as
another, Chromium.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import requests
from django.test import SimpleTestCase
from playwright.sync_api import Page, expect

from bridge.emulator import records
from bridge.emulator.server import EmulatedCharger
from tests.bridge.process import BridgeProcess
from tests.browser import chromium
from tests.operator import Operator
from tests.server import ServerProcess
from tests.services import needs_chromium
from tests.waiting import eventually

NAME = "ECOG-7"
LOG = "/controllers/1/api/outlets/1/log/state/full"
POWERCAP = "/outlets/1/powercap"
STATIONS = 'section[data-topic="stations"]'
PATIENCE = 20_000


def cell(page: Page, column: str) -> Any:
    row = page.locator(f"{STATIONS} [data-key]", has=page.get_by_text(NAME, exact=True))
    return row.locator(f'[data-column="{column}"]')


class _Way(SimpleTestCase):
    """The same story over either wire."""

    push: str
    polling: str

    def live(self, story: Callable[[EmulatedCharger, ServerProcess, Operator], None]) -> None:
        with (
            ServerProcess(OCPP_ACCEPT_UNKNOWN_TOKENS="1") as server,
            EmulatedCharger(name=NAME, outlets=2, speed=20.0, log_bytes=300_000) as charger,
            BridgeProcess(server, charger, PUSH=self.push, POLLING_INTERVAL=self.polling) as bridge,
        ):
            operator = Operator(server)
            try:
                eventually(lambda: NAME in {each["identity"] for each in operator.get("stations")["results"]}, 20)
                story(charger, server, operator)
            except BaseException:
                print(bridge.log.read_text()[-6000:])
                raise
            self.assertEqual(bridge.stop(), 0)

    def ask(self, operator: Operator, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """A command, and what became of it."""
        answer = operator.post(f"stations/{NAME}/commands", {"action": action, "payload": payload, "wait": 20})
        self.assertEqual(answer.status_code, 200, answer.text)
        result: dict[str, Any] = answer.json()
        return result

    def story(self, charger: EmulatedCharger, server: ServerProcess, operator: Operator) -> None:
        with chromium() as browser:
            page = browser.new_page()
            page.goto(f"{server.http}/stations")
            expect(cell(page, "state")).to_contain_text("Online", timeout=PATIENCE)

            # A driver comes: the session is seen while it runs.
            charger.do(lambda model: model.summon(model.outlets[0]))
            expect(cell(page, "status")).to_have_text("Charging", timeout=PATIENCE)
            expect(cell(page, "sessions")).to_have_text("1", timeout=PATIENCE)

            # Somebody sets the power, and the charger has it.
            done = self.ask(
                operator,
                "HardwareRequest",
                {"method": "PUT", "path": POWERCAP, "body": orjson.dumps({"PowerCapW": 9000}).decode()},
            )
            self.assertEqual((done["state"], done["result"]), ("answered", "200"))
            self.assertEqual(charger.requests.count("PUT", POWERCAP), 1)
            state = requests.get(f"{charger.url}/state", timeout=5).json()
            self.assertEqual(state[0]["PowerCapW"], 9000)

            # The log comes as a file: its newest lines.
            done = self.ask(operator, "GetLogFile", {"path": LOG, "lines": 50})
            self.assertEqual((done["state"], done["result"]), ("answered", "200"))
            self._check_log(operator, server, done["reply"]["job"], charger)

            # An emergency stop ends the session, and is seen as a fault until it is cleared.
            charger.do(lambda model: model.outlets[0].raise_alert(17))
            expect(cell(page, "status")).to_have_text("Faulted", timeout=PATIENCE)
            page.click('[data-nav="alerts"]')
            count = page.locator('section[data-topic="alerts"] [data-part=count]')
            expect(count).to_have_text("1 / 1", timeout=PATIENCE)
            page.click('[data-nav="stations"]')
            eventually(lambda: operator.get("transactions", station=NAME, active="false")["results"] != [], 20)
            (session,) = operator.get("transactions", station=NAME)["results"]
            told = requests.get(f"{charger.url}/state", timeout=5).json()[0]["curr_ses_Wh"]
            self.assertGreater(told, 0)
            self.assertAlmostEqual(session["energy_wh"], told, delta=1)
            charger.do(lambda model: model.outlets[0].clear_alerts())
            expect(cell(page, "status")).not_to_have_text("Faulted", timeout=PATIENCE)

    def _check_log(self, operator: Operator, server: ServerProcess, job: int, charger: EmulatedCharger) -> None:
        text = operator.download(f"jobs/{job}/file").decode()
        lines = text.splitlines()
        self.assertEqual(len(lines), 50)
        whole = requests.get(f"{charger.url}{LOG}", timeout=10).text.splitlines()
        self.assertEqual(lines, whole[-50:])
        self.assertEqual(len(whole), records.lines_of(300_000))


@needs_chromium
class OverThePollingWire(_Way):
    push, polling = "off", "1"

    def test_a_session_an_alert_a_log_and_a_setting(self) -> None:
        self.live(self.story)


@needs_chromium
class OverThePushChannel(_Way):
    push, polling = "on", "3600"  # nothing here waits for a poll

    def test_a_session_an_alert_a_log_and_a_setting(self) -> None:
        self.live(self.story)
