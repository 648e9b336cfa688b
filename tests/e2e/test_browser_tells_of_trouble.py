"""What the page tells while nobody looks at it: title, icon and badge; and that it catches up when somebody does."""

from __future__ import annotations

import re

from django.test import SimpleTestCase
from playwright.sync_api import expect

from tests.browser import chromium
from tests.clients import Device
from tests.server import ServerProcess
from tests.services import needs_chromium
from tests.views import TIMEOUT, visit

ICON = 'link[rel="icon"]'

FRAMES_ARE_HELD = """
const frame = window.requestAnimationFrame.bind(window);
let held = null;
window.requestAnimationFrame = (work) => (held ? held.push(work) : frame(work));
window.hide = () => { held = []; };
window.show = () => { const late = held; held = null; late.forEach((work) => frame(work)); return late.length; };
"""
"""Chromium without a window never hides a page. What it does to a hidden one is this: no frames come."""


@needs_chromium
class BrowserTellsOfTrouble(SimpleTestCase):
    def test_alerts_and_a_lost_connection(self) -> None:
        server = ServerProcess()
        server.run("-m", "tests.past")
        with server, chromium() as browser:
            page = browser.new_page()
            visit(page, server, "/stations")
            expect(page).to_have_title("(4) Stations · SMART-Server", timeout=TIMEOUT)
            expect(page.locator(ICON)).to_have_attribute("href", re.compile("favicon-trouble"))
            expect(page.locator('a[data-nav="alerts"] .badge-count')).to_have_text("4")
            expect(page.get_by_role("link", name=re.compile(r"Alerts\s*, 4 alerts stand"))).to_be_visible()
            for view, title in (("devices", "Devices"), ("commands", "Commands")):
                page.click(f'a[data-nav="{view}"]')
                expect(page).to_have_title(f"(4) {title} · SMART-Server")
                server.kill()
                expect(page.locator("#banner")).to_be_visible(timeout=TIMEOUT)
                expect(page).to_have_title(f"(!) {title} · SMART-Server")
                server.start()
                # It may just have come back by itself; then there is nothing to see any more.
                page.locator("#banner button").dispatch_event("click")
                expect(page.locator("#banner")).to_be_hidden(timeout=2 * TIMEOUT)
                expect(page).to_have_title(f"(4) {title} · SMART-Server", timeout=TIMEOUT)

    def test_a_quiet_page(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page = browser.new_page()
            visit(page, server, "/stations")
            expect(page).to_have_title("Stations · SMART-Server")
            expect(page.locator(ICON)).to_have_attribute("href", re.compile(r"favicon\.svg$"))
            expect(page.locator(".nav .badge-count")).to_have_count(0)

    def test_a_page_that_nobody_sees_paints_once_when_it_is_looked_at_again(self) -> None:
        with ServerProcess() as server, chromium() as browser, Device(server.ws, "0001") as sun:
            sun.update(power_income=1)
            page = browser.new_page()
            page.add_init_script(FRAMES_ARE_HELD)
            visit(page, server, "/devices")
            power = page.locator('[data-column="power_income"]')
            expect(power).to_have_text("1 W")
            page.evaluate("hide()")
            for watts in range(2, 60):
                sun.update(power_income=watts)
            # The page has heard of the last value, and has painted none.
            other = browser.new_page()
            visit(other, server, "/devices")
            expect(other.locator('[data-column="power_income"]')).to_have_text("59 W")
            expect(power).to_have_text("1 W")
            self.assertLess(page.evaluate("show()"), 10)  # not one paint for each change
            expect(power).to_have_text("59 W")
