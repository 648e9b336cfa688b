"""A login that has ended leads to the login page, and from there back to the same view."""

from __future__ import annotations

import re
import sqlite3
from urllib.parse import quote

from django.test import SimpleTestCase
from playwright.sync_api import Page, expect

from tests.browser import chromium
from tests.server import PASSWORD, ServerProcess
from tests.services import needs_chromium
from tests.views import TIMEOUT, log_in, visit, wait_for_view

VIEW = "/stations?q=filter:identity:=:CP%20%26%201&q=sort:identity:%3C:abc"


def end_all_logins(server: ServerProcess) -> None:
    with sqlite3.connect(server.database, timeout=20) as database:
        database.execute("DELETE FROM django_session")


@needs_chromium
class ExpiredLoginTests(SimpleTestCase):
    def log_in_again(self, page: Page, server: ServerProcess) -> None:
        """From the login page back to the view that was left, with its query."""
        expect(page).to_have_url(re.compile(r"/login/\?next="), timeout=3 * TIMEOUT)
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", PASSWORD)
        page.click("button.primary")
        wait_for_view(page)
        self.assertEqual(page.url.removeprefix(server.http).replace("%26", "&").count("CP"), 1)
        expect(page.get_by_test_id("filter-value")).to_have_value("CP & 1")
        expect(page.locator('[data-header="identity"]')).to_have_attribute("aria-sort", "descending")

    def test_while_the_server_was_away(self) -> None:
        with ServerProcess(SMARTSERVER_OPEN="0") as server, chromium() as browser:
            page = browser.new_page()
            log_in(page, server)
            visit(page, server, VIEW)
            server.stop()
            expect(page.locator("#banner")).to_be_visible(timeout=TIMEOUT)
            end_all_logins(server)
            server.start()
            self.log_in_again(page, server)

    def test_a_request_that_is_refused(self) -> None:
        with ServerProcess(SMARTSERVER_OPEN="0") as server, chromium() as browser:
            page = browser.new_page()
            log_in(page, server)
            visit(page, server, VIEW)
            end_all_logins(server)
            status = page.evaluate(
                """async () => {
                    const { ask } = await import('/static/js/api.js');
                    return ask('stations').then(() => 200, (problem) => problem.status);
                }"""
            )
            self.assertEqual(status, 401)
            self.log_in_again(page, server)

    def test_a_bookmark_leads_through_the_login_to_its_view(self) -> None:
        with ServerProcess(SMARTSERVER_OPEN="0") as server, chromium() as browser:
            page = browser.new_page()
            page.goto(server.http + VIEW)
            expect(page).to_have_url(re.compile(re.escape(f"/login/?next={quote('/stations', safe='/')}")))
            self.log_in_again(page, server)

    def test_nobody_is_led_to_another_site(self) -> None:
        with ServerProcess(SMARTSERVER_OPEN="0") as server, chromium() as browser:
            page = browser.new_page()
            page.goto(f"{server.http}/login/?next=https://example.org/")
            page.fill("input[name=username]", "admin")
            page.fill("input[name=password]", PASSWORD)
            page.click("button.primary")
            wait_for_view(page)
            self.assertEqual(page.url, f"{server.http}/")

    def test_visitors_of_an_open_server_stay_where_they_are(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page = browser.new_page()
            visit(page, server, "/stations")
            with page.expect_response(f"{server.http}/stations") as asked:  # the page asks whether it may stay
                status = page.evaluate(
                    """async () => {
                        const { ask } = await import('/static/js/api.js');
                        return ask('stations/CP-1/commands', { body: {} }).then(() => 200, (problem) => problem.status);
                    }"""
                )
            self.assertEqual((status, asked.value.status), (401, 200))
            expect(page).to_have_url(f"{server.http}/stations")
            expect(page.locator("main")).to_have_attribute("data-view", "stations")
