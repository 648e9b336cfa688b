"""No browser socket answers a stranger, nor a foreign page, unless a development setting opens it."""

from __future__ import annotations

from typing import Any
from unittest import mock

from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import override_settings

from smartserver.accounts.roles import Role
from smartserver.core.metrics import BROWSERS
from smartserver.core.sockets import POLICY_VIOLATION
from smartserver.dashboard import consumers
from smartserver.dashboard.consumers import LIVE_PROTOCOL
from tests.dashboard.support import SiteCase
from tests.waiting import eventually


class OnAClosedServer(SiteCase):
    open = False

    def test_a_stranger_is_refused_with_401_in_both_protocols(self) -> None:
        self.assertEqual(self.refusal(), 401)
        self.assertEqual(self.refusal(protocols=(LIVE_PROTOCOL,)), 401)
        self.assertEqual(self.refusal(cookie="sessionid=invented"), 401)
        self.assertEqual(self.site.browsers, 0)

    def test_somebody_who_logged_in_is_let_in_by_name(self) -> None:
        cookie = self.log_in()
        hello = self.live(cookie=cookie).hello
        self.assertEqual((hello["user"], hello["read_only"]), ("viewer", False))
        self.assertEqual(self.plain(cookie=cookie).hear()["type"], "INFO")

    def test_a_foreign_page_is_refused_with_403_even_with_the_cookie(self) -> None:
        cookie = self.log_in()
        for origin in ("https://evil.example", "null", "http://["):
            self.assertEqual(self.refusal(cookie=cookie, origin=origin), 403)
            self.assertEqual(self.refusal(cookie=cookie, origin=origin, protocols=(LIVE_PROTOCOL,)), 403)

    def test_who_has_logged_out_or_was_switched_off_watches_no_longer(self) -> None:
        with mock.patch.object(consumers, "RECHECK", 0.05):
            for name, protocols in (("viewer", (LIVE_PROTOCOL,)), ("other", ())):
                cookie = self.log_in(name)
                page = self.plain(cookie=cookie, protocols=protocols)
                page.hear()
                if protocols:
                    self.client.logout()
                else:
                    User.objects.filter(username=name).update(is_active=False)
                self.assertEqual(page.close_code(), POLICY_VIOLATION)

    def test_who_may_watch_goes_on_also_while_the_database_is_out_of_reach(self) -> None:
        asked: list[Any] = []

        def look(headers: Any) -> Role:
            asked.append(headers)
            if len(asked) == 1:
                raise OperationalError
            return Role.VIEWER

        cookie = self.log_in()
        with mock.patch.object(consumers, "RECHECK", 0.02), mock.patch.object(consumers, "role_of_session", look):
            page = self.live(cookie=cookie)
            eventually(lambda: len(asked) > 2)
            self.assertEqual(page.ask({"type": "ping"})["type"], "pong")

    def test_our_own_page_is_let_in(self) -> None:
        hello = self.live(cookie=self.log_in(), origin=f"http://{self.site.address}").hello
        self.assertEqual(hello["type"], "hello")

    def test_when_it_shuts_down_it_says_when_to_come_back(self) -> None:
        cookie = self.log_in()
        self.site.runtime.stopping = True
        self.assertEqual(self.refusal(cookie=cookie), 503)
        self.site.runtime.stopping = False


class OnAnOpenServer(SiteCase):
    def test_a_visitor_is_let_in_to_look(self) -> None:
        hello = self.live().hello
        self.assertEqual((hello["user"], hello["read_only"]), (None, True))

    def test_a_foreign_page_is_still_refused(self) -> None:
        self.assertEqual(self.refusal(origin="https://evil.example"), 403)

    def test_a_page_that_is_trusted_is_let_in(self) -> None:
        with override_settings(CSRF_TRUSTED_ORIGINS=["https://partner.example"]):
            self.assertEqual(self.live(origin="https://partner.example").hello["type"], "hello")

    def test_browsers_are_counted_while_they_are_there(self) -> None:
        before = BROWSERS._value.get()
        pages = [self.live(), self.plain()]
        eventually(lambda: self.site.browsers == 2)
        self.assertEqual(BROWSERS._value.get(), before + 2)
        for page in pages:
            page.close()
        eventually(lambda: self.site.browsers == 0)
        self.assertEqual(BROWSERS._value.get(), before)
