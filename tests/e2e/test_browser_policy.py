"""The Content-Security-Policy is strict on every page, and no page breaks it."""

from __future__ import annotations

import re

from django.test import SimpleTestCase
from playwright.sync_api import expect

from tests.browser import chromium
from tests.server import ServerProcess
from tests.services import needs_chromium
from tests.views import VIEWS, log_in, visit, watch_policy

ADMIN = (
    "/admin/",
    "/admin/stations/station/",
    "/admin/stations/station/add/",
    "/admin/stations/message/",
    "/admin/auth/user/add/",
    "/admin/stations/knockingstation/",
    "/admin/password_change/",
)
OTHERS = ("/api/docs/", "/login/", "/missing.html", *ADMIN)


@needs_chromium
class PolicyTests(SimpleTestCase):
    def test_no_page_breaks_it(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page = browser.new_page()
            found = watch_policy(page)
            log_in(page, server)
            for path in (*VIEWS, *OTHERS):
                with self.subTest(path=path):
                    visit(page, server, path)
                    if path == "/api/docs/":
                        page.locator(".swagger-ui .opblock-tag").first.click(timeout=30_000)
                        expect(page.locator(".swagger-ui .opblock").first).to_be_visible(timeout=30_000)
                    page.wait_for_load_state("networkidle")
                    self.assertEqual([], found)
                    found.clear()

    def test_it_allows_nothing_that_is_written_into_a_page(self) -> None:
        with ServerProcess() as server, chromium() as browser:
            page = browser.new_page()
            found = watch_policy(page)
            for path in ("/stations", *OTHERS):
                answer = page.request.get(server.http + path, fail_on_status_code=False)
                policy = answer.headers["content-security-policy"]
                self.assertNotIn("unsafe", policy, path)
                for directive in (
                    "default-src 'self'",
                    "object-src 'none'",
                    "base-uri 'none'",
                    "form-action 'self'",
                    "frame-ancestors 'none'",
                ):
                    self.assertIn(directive, policy, path)
            # It is really in force: what somebody managed to write into the page is not run.
            visit(page, server, "/stations")
            page.evaluate(
                """() => {
                    const script = document.createElement('script');
                    script.textContent = 'window.hostile = 1';
                    document.body.append(script);
                    document.body.setAttribute('style', 'color: red');
                }"""
            )
            page.wait_for_function("window.hostile === undefined")
            self.assertRegex(" ".join(found), re.compile("script-src.*style-src", re.DOTALL))
