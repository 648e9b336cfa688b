"""The hardware of a charger raises an alert over the CMS wire, and the page shows it until it is cleared."""

from __future__ import annotations

from typing import Any

import orjson
import requests
from django.test import SimpleTestCase
from playwright.sync_api import expect

from tests.browser import chromium
from tests.server import ServerProcess
from tests.services import needs_chromium

ALERTS = 'section[data-topic="alerts"]'


def raise_alert(server: ServerProcess, outlet: str, **payload: Any) -> None:
    """As the original client sends it: the whole event in the query, two slashes, no key."""
    event = {"type": "alert", "timestamp": 1782043200000, "outlet": outlet, "payload": payload}
    answer = requests.post(
        f"{server.http}//api/charger/LogEvent", params={"id": "EC-1", "ev": orjson.dumps(event).decode()}, timeout=10
    )
    assert answer.status_code == 200, answer.text


@needs_chromium
class BrowserFollowsAlerts(SimpleTestCase):
    def test_from_the_alert_to_the_all_clear(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page = browser.new_page()
            errors: list[str] = []
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(server.http)
            page.click('[data-nav="alerts"]')
            expect(page.locator(f"{ALERTS} [data-part=empty]")).to_contain_text(f"{server.http}/")

            raise_alert(server, "1", code=17, msg="E-stop <b>pressed</b>", src="io", session="s-1")
            raise_alert(server, "", code=18)
            rows = page.locator(f"{ALERTS} [data-key]")
            expect(rows).to_have_count(2)
            expect(page.locator(f"{ALERTS} [data-part=count]")).to_have_text("2 / 2")
            row = page.locator(f"{ALERTS} [data-key]", has=page.get_by_text("emergency stop pressed", exact=True))
            for column, text in (
                ("station", "EC-1"),
                ("state", "Standing"),
                ("outlet", "1"),
                ("code", "17"),
                ("message", "E-stop <b>pressed</b>"),
                ("source", "io"),
                ("session", "s-1"),
                ("cleared_at", "–"),
            ):
                expect(row.locator(f'[data-column="{column}"]')).to_have_text(text)
            newest = page.locator(f'{ALERTS} [aria-rowindex="2"] [data-column="meaning"]')
            expect(newest).to_have_text("door open")  # the newest first

            page.goto(f"{server.http}/alerts?q=filter:state:=:standing")
            expect(rows).to_have_count(2)
            raise_alert(server, "1", code=16)
            expect(rows).to_have_count(0)  # what is over leaves the table of what stands
            page.goto(f"{server.http}/alerts")
            expect(row.locator('[data-column="state"]')).to_have_text("Cleared")

            row.click()
            expect(page.locator('#details [data-value="meaning"]')).to_have_text("emergency stop pressed")
            self.assertEqual(errors, [])

    def test_an_alert_is_cleared_before_the_eyes_of_who_watches(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page = browser.new_page()
            page.goto(f"{server.http}/alerts")
            raise_alert(server, "2", code=82)
            state = page.locator(f'{ALERTS} [data-key] [data-column="state"]')
            expect(state).to_have_text("Standing")
            raise_alert(server, "2", code=16)
            expect(state).to_have_text("Cleared")
            page.click('[data-nav="stations"]')
            protocol = page.locator('section[data-topic="stations"] [data-column="ocpp_version"]')
            expect(protocol).to_have_text("NOC")
            expect(page.locator('section[data-topic="stations"] [data-header="ocpp_version"]')).to_contain_text(
                "Protocol"
            )
