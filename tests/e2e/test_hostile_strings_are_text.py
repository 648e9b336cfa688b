"""Whatever stations, devices and their drivers send: it is text on the page, runs nowhere, and breaks no layout."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

from django.test import SimpleTestCase
from playwright.sync_api import Browser, Dialog, Page, Request, expect

from tests.browser import chromium
from tests.clients import Device, Station
from tests.e2e.test_browser_sends_commands import accept, answering
from tests.operator import Operator
from tests.server import ServerProcess
from tests.services import needs_chromium
from tests.stations.tariffs import energy, tariff
from tests.views import SETTINGS, STATION_PARTS, TABLES, TIMEOUT, log_in, overflow, visit, watch_policy
from tests.waiting import eventually

RUNS = "window.hostile = 1"
HTML = f'<img src=x onerror="{RUNS}"><svg onload="{RUNS}">'
SCRIPT = f"</script><script>{RUNS}</script><!--"
QUOTES = "\"'`>${7*7}{{7*7}}{% now %}&lt;\\"
BACKWARDS = "\u202egnikcatta\u202c \u2066isolated \u200f\u200b"
EMOJI = "🔌👩‍👩‍👧‍👦🇦🇹\u0301\u0301\u0301\u0301\u0301"
CONTROL = "\u0001\u0007\u001b[31m\ufffe\u2028"
LONG = "W" * 10_000

NAMES = {
    "html": HTML,
    "script": SCRIPT,
    "quotes": QUOTES,
    "backwards": BACKWARDS,
    "emoji": EMOJI,
    "control": CONTROL,
    "long": LONG,
}

IDENTITY = "<i onclick=x>'\"&🔌#?%2F"
"""A station may be called anything that can be printed and stands in an address."""


def speak(station: Station, text: str) -> None:
    """Say the text in every field that holds one; what the server refuses it need not show."""
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        (
            "BootNotification",
            {
                "chargePointVendor": text,
                "chargePointModel": text,
                "chargePointSerialNumber": text,
                "firmwareVersion": text,
                "iccid": text,
                "imsi": text,
                "meterType": text,
                "meterSerialNumber": text,
            },
        ),
        (
            "StatusNotification",
            {
                "connectorId": 1,
                "errorCode": "OtherError",
                "status": "Faulted",
                "info": text,
                "vendorId": text,
                "vendorErrorCode": text,
                "timestamp": "2026-01-01T00:00:00Z",
            },
        ),
        ("DataTransfer", {"vendorId": text, "messageId": text, "data": text}),
        ("Authorize", {"idTag": text}),
        (
            "StartTransaction",
            {"connectorId": 1, "idTag": text, "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"},
        ),
        ("SecurityEventNotification", {"type": text, "timestamp": "2026-01-01T00:00:00Z", "techInfo": text}),
        ("FirmwareStatusNotification", {"status": text}),
        (text[:200], {text[:200]: text}),
    )
    for action, payload in calls:
        with suppress(AssertionError):  # a CALLERROR: it is in the message log all the same
            station.call(action, payload)


def measure(device: Device, text: str) -> None:
    with suppress(AssertionError):
        device.update(
            power_income=5, country=text, postcode=text, software_version=text, solmate_version=text, local_time=text
        )


def enter(operator: Operator, station: Station) -> None:
    """A station of 2.1 is given the texts to show, and tariffs that are described by them."""
    station.call("BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}})
    with answering(station, accept):
        for number, text in enumerate(NAMES.values(), 1):
            content = {"format": "UTF8", "language": text[:8], "content": text[:1024]}
            message = {"id": number, "priority": "NormalCycle", "message": content}
            command = {"action": "SetDisplayMessage", "payload": {"message": message}}
            assert operator.post("stations/TWO/commands", command).status_code == 201
            body = {
                "tariff": tariff(**energy(0.5), description=[content]) | {"tariffId": text[:60]},
                "note": text[:255],
            }
            made = operator.post("tariffs", body).json()
            assert operator.post("stations/TWO/tariffs", {"tariff": made["id"], "evse": number}).status_code == 201
        for kept in ("display-messages", "tariffs"):
            eventually(lambda kept=kept: len(operator.get(f"stations/TWO/{kept}")) == len(NAMES))  # type: ignore[misc]  # of a lambda's default


@contextmanager
def hostile_server() -> Iterator[ServerProcess]:
    with ServerProcess() as server:
        for number, text in enumerate(NAMES.values(), 1):
            with Station(server.ws, f"CP-{number}") as station:
                speak(station, text)
            with Device(server.ws, f"{number:04d}") as device:
                device.update(power_income=1)
                measure(device, text[:50])
                measure(device, text)
        with Station(server.ws, quote(IDENTITY, safe="")) as station:
            station.boot(HTML[:20], SCRIPT[:20])
        with Station(server.ws, "TWO", version="2.1") as station:
            enter(Operator(server), station)
        yield server


@needs_chromium
class HostileStringsTests(SimpleTestCase):
    def watched(self, browser: Browser, width: int) -> tuple[Page, list[str]]:
        """A page, and everything that must not happen in it."""
        page = browser.new_page(viewport={"width": width, "height": 844}, reduced_motion="reduce")
        found = watch_policy(page)

        def dialog(opened: Dialog) -> None:
            found.append(f"dialog: {opened.message}")
            opened.dismiss()

        def failed(request: Request) -> None:
            if request.url.endswith("/x"):
                found.append(f"asked for {request.url}")

        page.on("pageerror", lambda error: found.append(f"error: {error}"))
        page.on("dialog", dialog)
        page.on("requestfailed", failed)
        return page, found

    def check(self, page: Page, found: list[str], path: str) -> None:
        self.assertEqual([], found, path)
        self.assertIsNone(page.evaluate("window.hostile ?? null"), path)
        self.assertEqual(0, page.locator("main img, main script, main i, [onerror], [onload], [onclick]").count(), path)
        self.assertEqual(0, overflow(page), f"{path} is wider than its window")

    def test_every_view_shows_them_as_text(self) -> None:
        stations = ["CP-1", "CP-2", "CP-7", quote(IDENTITY, safe="")]
        paths = [
            "/",
            *(f"/{table}" for table in TABLES),
            *(f"/stations/{station}" for station in stations),
            *(f"/stations/CP-1/{part}" for part in STATION_PARTS),
            "/stations/CP-7/messages",
            *(f"/stations/TWO/{part}" for part in ("displays", "tariffs", "messages")),
            "/devices/0001",
            "/devices/0007",
            "/devices/0007/messages",
            *(f"/settings/{section}" for section in SETTINGS),
        ]
        with hostile_server() as server, chromium() as browser:
            for width in (1440, 390):
                page, found = self.watched(browser, width)
                log_in(page, server)
                for path in paths:
                    with self.subTest(path=path, width=width):
                        visit(page, server, path)
                        self.check(page, found, path)
                        found.clear()
                page.close()

    def test_they_stand_in_the_table_as_they_were_sent(self) -> None:
        with hostile_server() as server, chromium() as browser:
            page, found = self.watched(browser, 1440)
            visit(page, server, "/stations?q=sort:identity:%3E:abc")
            for text in (HTML, SCRIPT, QUOTES, EMOJI):
                cell = page.locator('[data-column="vendor"]').filter(has_text=text)
                expect(cell).to_have_count(1, timeout=TIMEOUT)
            row = page.locator("[data-key]").filter(has_text=IDENTITY)
            expect(row).to_have_count(1)
            row.click()  # its name leads to its page, however it is spelt
            expect(page.locator("main h1")).to_contain_text(IDENTITY, timeout=TIMEOUT)
            self.check(page, found, page.url)

            for path in ("/stations/TWO/displays", "/stations/TWO/tariffs", "/settings/tariffs"):
                visit(page, server, path)
                for text in (HTML, SCRIPT, QUOTES, EMOJI):
                    expect(page.locator("tbody tr").filter(has_text=text)).to_have_count(1, timeout=TIMEOUT)
                self.check(page, found, path)

            # What is searched for comes back into the page as it was typed.
            visit(page, server, f"/stations?q=filter:vendor:=:{quote(HTML)}")
            expect(page.get_by_test_id("filter-value")).to_have_value(HTML)
            expect(page.locator("[data-key]")).to_have_count(1)
            self.check(page, found, page.url)

    def test_addresses_that_somebody_else_wrote(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page, found = self.watched(browser, 1440)
            for path in (
                f"/stations/{quote(HTML, safe='')}",
                f"/stations?q={quote(SCRIPT)}",
                f"/stations?q=filter:{quote(HTML)}:=:x",
                f"/settings/{quote(HTML, safe='')}",
                f"/devices/{quote('../../admin', safe='')}",
                "/stations/%",
                "/stations/%00",
                f"/login/?next=javascript:{RUNS}",
            ):
                page.goto(server.http + path)
                page.wait_for_load_state("networkidle")
                self.check(page, found, path)
