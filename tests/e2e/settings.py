"""The pages of the settings, as tests use them."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.test import SimpleTestCase
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import chromium
from tests.server import PASSWORD, ServerProcess
from tests.services import needs_chromium

TIMEOUT = 15_000


def log_in(page: Page, server: ServerProcess, name: str = "admin", password: str = PASSWORD) -> None:
    page.goto(f"{server.http}/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]")
    expect(page.locator("#connection")).to_contain_text("Live", timeout=TIMEOUT)


def open_section(page: Page, server: ServerProcess, name: str) -> Locator:
    page.goto(f"{server.http}/settings/{name}")
    section = page.locator(f'.settings-body[data-section="{name}"]')
    expect(section.locator(":scope > *")).not_to_have_count(0, timeout=TIMEOUT)
    return section


def row(page: Page, key: str) -> Locator:
    return page.locator(f'[data-row="{key}"]')


def act(page: Page, key: str, label: str) -> None:
    row(page, key).locator("button", has_text=re.compile(f"^{label}$")).click()


def fill(page: Page, **values: Any) -> None:
    """The fields of the form that is open in a dialog."""
    for name, value in values.items():
        control = page.locator(f'dialog[open] [name="{name}"]')
        if control.evaluate("each => each.tagName") == "SELECT":
            control.select_option(str(value))
        elif isinstance(value, bool):
            control.set_checked(value)
        else:
            control.fill(str(value))


def send(page: Page) -> None:
    page.click("dialog[open] button[type=submit]")


def secret_of(page: Page) -> str:
    """The secret that is shown; its dialog is closed."""
    shown = page.locator('dialog[open] [data-part="secret"]')
    expect(shown).to_be_visible(timeout=TIMEOUT)
    found = shown.input_value()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    return found


def expect_toast(page: Page, text: str) -> Locator:
    toast = page.locator(".toast", has_text=text).last
    expect(toast).to_be_visible(timeout=TIMEOUT)
    return toast


@needs_chromium
class SettingsCase(SimpleTestCase):
    server: ClassVar[ServerProcess]
    browser: ClassVar[Browser]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        # Closed, as on a real server; but webhooks may go to the receiver of the test.
        cls.server = cls.enterClassContext(ServerProcess(SMARTSERVER_OPEN=cls.open_mode, WEBHOOK_ALLOW_PRIVATE="1"))
        cls.browser = cls.enterClassContext(chromium())

    open_mode: ClassVar[str] = "0"

    def page(self, name: str | None = "admin", password: str = PASSWORD, *, width: int = 1440) -> Page:
        context = self.browser.new_context(viewport={"width": width, "height": 900})
        self.addCleanup(context.close)
        page = context.new_page()
        page.set_default_timeout(TIMEOUT)
        page.on("dialog", lambda dialog: self.fail(f"A script ran: {dialog.message}"))
        if name is not None:
            log_in(page, self.server, name, password)
        return page
