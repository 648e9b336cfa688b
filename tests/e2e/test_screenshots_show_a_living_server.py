"""The pictures of the documentation: every view of a real server with a past, emulated stations and devices.

`SMARTSERVER_SCREENSHOTS=1` writes them to `docs/screenshots/`; otherwise they are taken, looked at
as far as a program can, and thrown away.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.test import SimpleTestCase
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.living import living_server
from tests.operator import Operator
from tests.past import STATIONS
from tests.server import ROOT, ServerProcess
from tests.services import needs_chromium
from tests.views import DEVICE, SETTINGS, STATION, STATION_PARTS, TABLES, TIMEOUT, log_in, visit
from tests.waiting import eventually

DESKTOP, TELEPHONE = (1440, 900), (390, 844)
SMALLEST = 10_000
"""Bytes of a picture that shows something."""


@dataclass(frozen=True, slots=True)
class Picture:
    name: str
    path: str
    size: tuple[int, int] = DESKTOP
    scheme: Literal["light", "dark"] = "light"
    language: str = "en"


QUERIES = {
    "stations": "?q=sort:power_w:%3C:123",
    "commands": "?q=sort:created_at:%3C:123",
}

PICTURES = (
    Picture("overview", "/"),
    Picture("overview-dark", "/", scheme="dark"),
    Picture("overview-telephone", "/", TELEPHONE),
    Picture("overview-german", "/", language="de"),
    *(Picture(table, f"/{table}{QUERIES.get(table, '')}") for table in TABLES),
    Picture("stations-dark", f"/stations{QUERIES['stations']}", scheme="dark"),
    Picture("stations-telephone", "/stations", TELEPHONE),
    Picture("messages-telephone", "/messages", TELEPHONE, "dark"),
    Picture("station", STATION),
    Picture("station-dark", STATION, scheme="dark"),
    Picture("station-telephone", STATION, TELEPHONE),
    *(Picture(f"station-{part}", f"{STATION}/{part}") for part in STATION_PARTS),
    Picture("device", DEVICE),
    Picture("device-dark", DEVICE, scheme="dark"),
    Picture("device-telephone", DEVICE, TELEPHONE),
    *(Picture(f"settings-{section}", f"/settings/{section}") for section in SETTINGS),
    Picture("settings-telephone", "/settings/account", TELEPHONE),
)


@needs_chromium
class ScreenshotTests(SimpleTestCase):
    takes_minutes = True

    def test_every_view(self) -> None:
        with self.folder() as folder, living_server() as server, chromium() as browser:
            self.wait_for_life(browser, server)
            self.limit(Operator(server))
            for look in dict.fromkeys((each.size, each.scheme, each.language) for each in PICTURES):
                page = self.page(browser, *look)
                if look == (DESKTOP, "light", "en"):
                    page.goto(f"{server.http}/login/")
                    self.shoot(page, folder, "login")
                log_in(page, server)
                for picture in PICTURES:
                    if (picture.size, picture.scheme, picture.language) == look:
                        with self.subTest(picture.name):
                            visit(page, server, picture.path)
                            self.settle(page)
                            self.shoot(page, folder, picture.name)
                if look == (DESKTOP, "light", "en"):
                    self.dialogs(page, server, folder)
                page.context.close()

    def test_the_first_run(self) -> None:
        with self.folder() as folder, ServerProcess() as server, chromium() as browser:
            page = self.page(browser, DESKTOP, "light", "en")
            log_in(page, server)
            visit(page, server, "/")
            self.shoot(page, folder, "first-run")

    def wait_for_life(self, browser: Browser, server: ServerProcess) -> None:
        """Most of the stations charge."""
        page = browser.new_page()
        visit(page, server, "/stations")
        charging = page.locator('[data-column="status"]', has_text="Charging")
        expect(charging.nth(STATIONS // 2)).to_be_attached(timeout=6 * TIMEOUT)
        page.close()

    def limit(self, operator: Operator) -> None:
        """Less in the evening, as an operator would have it, and the list of who may charge without a network."""
        periods = [
            {"startPeriod": hour * 3600, "limit": limit} for hour, limit in ((0, 32), (7, 20), (17, 10), (21, 32))
        ]
        profile = {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "ChargePointMaxProfile",
            "chargingProfileKind": "Recurring",
            "recurrencyKind": "Daily",
            "chargingSchedule": {
                "startSchedule": "2026-01-01T00:00:00Z",
                "duration": 86_400,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": periods,
            },
        }
        made = operator.post("stations/CP0001/charging-profiles", {"evse": 0, "profile": profile})
        self.assertEqual(made.status_code, 201, made.text)
        sent = operator.post("stations/CP0001/local-list")
        self.assertEqual(sent.status_code, 201, sent.text)
        eventually(lambda: bool(operator.get("stations/CP0001/charging-profiles")))

    def folder(self) -> tempfile.TemporaryDirectory[str] | _Kept:
        return _Kept() if os.environ.get("SMARTSERVER_SCREENSHOTS") == "1" else tempfile.TemporaryDirectory()

    def page(self, browser: Browser, size: tuple[int, int], scheme: str, language: str) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            locale=language,
            reduced_motion="reduce",
        )
        return context.new_page()

    def dialogs(self, page: Page, server: ServerProcess, folder: str) -> None:
        """What opens over a view: the form of a command, the message inspector, the keyboard's overlay."""
        visit(page, server, STATION)
        page.get_by_role("button", name="Send a command…").first.click()
        expect(page.locator('#command [data-part="action"] option').first).to_be_attached(timeout=TIMEOUT)
        page.locator("#command [data-preset]").first.click()
        self.shoot(page, folder, "command")
        visit(page, server, "/messages")
        page.locator("[data-key]").nth(3).click()
        expect(page.locator('[data-part="inspector"] [data-part="request"]')).to_be_visible(timeout=TIMEOUT)
        self.shoot(page, folder, "message-inspector")
        visit(page, server, "/stations")
        page.keyboard.press("?")
        expect(page.locator("#shortcuts")).to_be_visible()
        self.shoot(page, folder, "shortcuts")

    def settle(self, page: Page) -> None:
        """Rows and charts that are shown are there."""
        page.wait_for_load_state("networkidle")
        if page.locator("main .chart-panel").count():
            expect(page.locator("main .chart-panel .uplot").first).to_be_visible(timeout=TIMEOUT)
        if page.locator('main [data-column="last_hour"]').count():
            expect(page.locator('main [data-column="last_hour"] path[d]:not([d=""])').nth(5)).to_be_attached(
                timeout=TIMEOUT
            )

    def shoot(self, page: Page, folder: str, name: str) -> None:
        path = Path(folder) / f"{name}.png"
        page.screenshot(path=path)
        self.assertGreater(path.stat().st_size, SMALLEST, name)  # not a blank page


class _Kept:
    def __enter__(self) -> str:
        folder = ROOT / "docs" / "screenshots"
        folder.mkdir(exist_ok=True)
        return str(folder)

    def __exit__(self, *_: object) -> None:
        pass
