"""A server, a browser and a fleet of emulated stations for the tests of the station's page; one of each for a class."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.test import SimpleTestCase
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import chromium
from tests.operator import Operator
from tests.server import PASSWORD, ROOT, ServerProcess
from tests.waiting import eventually

TIMEOUT = 15_000
DIALOG = "dialog.dialog[open]"
COMMAND = "#command"


@contextmanager
def emulated(server: ServerProcess, operator: Operator, count: int, *options: str) -> Iterator[None]:
    """Stations CP0001 and on. Nobody comes by habit: what happens is what the test asks for."""
    command = [sys.executable, "manage.py", "emulate_stations", "--url", f"{server.ws}/ocpp/", "--count", str(count)]
    process = subprocess.Popen(
        [*command, "--manual", "--speed", "20", *options],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: operator.get("stations", state="online")["count"] >= count, seconds=60)
        yield
    finally:
        process.terminate()
        process.wait(30)


class StationPageCase(SimpleTestCase):
    server: ClassVar[ServerProcess]
    browser: ClassVar[Browser]
    operator: ClassVar[Operator]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = cls.enterClassContext(ServerProcess())
        cls.browser = cls.enterClassContext(chromium())
        cls.operator = Operator(cls.server)

    def setUp(self) -> None:
        self.errors: list[str] = []
        self.page = self.visitor()
        log_in(self.page, self.server)

    def tearDown(self) -> None:
        self.page.context.close()
        self.assertEqual(self.errors, [])

    def visitor(self) -> Page:
        """Somebody who has not logged in; an open server lets them read."""
        page = self.browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(TIMEOUT)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def open(self, identity: str, part: str = "", *, page: Page | None = None) -> Page:
        page = page or self.page
        page.goto(f"{self.server.http}/stations/{identity}" + (f"/{part}" if part else ""))
        shown = part.partition("?")[0] or "now"
        expect(page.locator(f'[data-part-shown="{shown}"]')).to_be_visible(timeout=TIMEOUT)
        return page

    def says(self, text: str, *, page: Page | None = None) -> None:
        """A notice says so."""
        expect((page or self.page).locator(".toast", has_text=text).first).to_be_visible(timeout=TIMEOUT)

    def does(self, name: str, within: Locator | None = None) -> None:
        """Press a button by what it does."""
        (within or self.page.locator(".part")).locator(f'[data-do="{name}"]').first.click()

    def fill_in(self, **values: str) -> None:
        """The dialog's fields, and send it."""
        dialog = self.page.locator(DIALOG)
        for name, value in values.items():
            field = dialog.locator(f'[name="{name}"]')
            if field.evaluate("each => each.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        dialog.locator('[data-do="submit"]').click()
        expect(dialog).to_have_count(0, timeout=TIMEOUT)

    def agree(self) -> None:
        self.fill_in()


def log_in(page: Page, server: ServerProcess) -> None:
    page.goto(f"{server.http}/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("#connection")).to_contain_text("Live", timeout=TIMEOUT)
