"""The pictures of the documentation: taken of a real server with emulated stations and devices.

`SMARTSERVER_SCREENSHOTS=1` writes them to `docs/screenshots/`; otherwise they are taken, looked at
as far as a program can, and thrown away.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from django.test import SimpleTestCase
from playwright.sync_api import expect

from tests.browser import chromium
from tests.server import ROOT, ServerProcess
from tests.services import needs_chromium

TIMEOUT = 30_000


@needs_chromium
class ScreenshotTests(SimpleTestCase):
    def test_dashboard_in_light_and_dark_on_a_desktop_and_a_telephone(self) -> None:
        with tempfile.TemporaryDirectory() as thrown_away, ServerProcess() as server:
            wanted = os.environ.get("SMARTSERVER_SCREENSHOTS") == "1"
            folder = ROOT / "docs" / "screenshots" if wanted else Path(thrown_away)
            folder.mkdir(exist_ok=True)
            emulate = [sys.executable, "manage.py"]
            fleets = [
                subprocess.Popen(
                    [*emulate, command, "--url", url, "--count", count, "--seed", "3", "--duration", "120", *more],
                    cwd=ROOT,
                    stdout=subprocess.DEVNULL,
                )
                for command, url, count, more in (
                    ("emulate_stations", f"{server.ws}/ocpp/", "14", ["--version", "mixed", "--speed", "20"]),
                    ("emulate_devices", f"{server.ws}/update/", "12", []),
                )
            ]
            try:
                self.take(server, folder)
            finally:
                for fleet in fleets:
                    fleet.terminate()
                for fleet in fleets:
                    fleet.wait(30)

    def take(self, server: ServerProcess, folder: Path) -> None:
        desktop, telephone = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
        with chromium() as browser:
            for name, path, size, scheme in (
                ("dashboard", "/?stations=sort:power_w:%3C:123", desktop, "light"),
                ("dashboard-dark", "/?tab=devices", desktop, "dark"),
                ("telephone", "/?tab=devices", telephone, "light"),
            ):
                page = browser.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
                page.goto(server.http + path)
                topic = "devices" if "devices" in path else "stations"
                rows = page.locator(f'section[data-topic="{topic}"] [data-key]')
                expect(rows).to_have_count(12 if topic == "devices" else 14, timeout=TIMEOUT)
                if topic == "stations":
                    charging = rows.locator('[data-column="status"]', has_text="Charging")
                    expect(charging.nth(5)).to_be_attached(timeout=TIMEOUT)
                page.wait_for_timeout(1500)  # a moment of life
                page.screenshot(path=folder / f"{name}.png")
                self.assertGreater((folder / f"{name}.png").stat().st_size, 20_000)  # not a blank page
                page.close()
