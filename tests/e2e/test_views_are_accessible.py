"""Every view, light and dark, on a desktop and a telephone, in English and German: axe has nothing to say."""

from __future__ import annotations

from typing import Literal

from django.test import SimpleTestCase
from playwright.sync_api import Browser, Page

from tests.axe import violations
from tests.browser import chromium
from tests.living import living_server
from tests.server import ServerProcess
from tests.services import needs_chromium
from tests.views import DEVICE, STATION, VIEWS, log_in, overflow, visit

SIZES = {"desktop": (1440, 900), "telephone": (390, 844)}
PLAIN = ("/login/", "/missing.html")
IN_GERMAN = ("/", "/stations", STATION, DEVICE, "/settings/account")


@needs_chromium
class ViewsAreAccessible(SimpleTestCase):
    takes_minutes = True
    maxDiff = None

    def test_every_view_in_every_look(self) -> None:
        with living_server() as server, chromium() as browser:
            for size, (width, height) in SIZES.items():
                page = _page(browser, "light", width, height, "en")
                self._visit(page, server, PLAIN, size)
                log_in(page, server)
                self._visit(page, server, VIEWS, size)
                page.context.close()
                page = _page(browser, "light", width, height, "de")
                log_in(page, server)
                self._visit(page, server, IN_GERMAN, f"German {size}")
                page.context.close()

    def test_what_opens_over_a_view(self) -> None:
        with living_server(past=False) as server, chromium() as browser:
            for scheme in ("light", "dark"):
                page = _page(browser, scheme, 1440, 900, "en")
                log_in(page, server)
                visit(page, server, "/stations")
                page.keyboard.press("?")
                page.locator("#shortcuts[open]").wait_for()
                self.assertEqual([], violations(page))
                page.keyboard.press("Escape")
                page.click("[popovertarget=languages]")
                page.locator("#languages:popover-open").wait_for()
                self.assertEqual([], violations(page))
                page.context.close()
            page = _page(browser, "light", 390, 844, "en")
            visit(page, server, "/stations")
            page.click("#nav-toggle")
            page.locator("body[data-nav-open]").wait_for()
            self.assertEqual([], violations(page))

    def _visit(self, page: Page, server: ServerProcess, paths: tuple[str, ...], look: str) -> None:
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for path in paths:
            with self.subTest(view=path, look=look):
                visit(page, server, path)
                for scheme in schemes:
                    page.emulate_media(color_scheme=scheme)
                    self.assertEqual([], violations(page), scheme)
                    self.assertEqual(0, overflow(page), "the page is wider than its window")


def _page(browser: Browser, scheme: str, width: int, height: int, language: str) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=language,
        # What fades in has the colours of something else while it does.
        reduced_motion="reduce",
    )
    return context.new_page()
