"""Guessing passwords of people: after some attempts not even the right one is taken, for a while."""

from __future__ import annotations

from unittest.mock import patch

from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import TestCase

from smartserver.accounts import logins


class LoginTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        User.objects.create_superuser("ada", password="right-1815")

    def try_login(self, password: str, name: str = "ada", *, page: str = "/login/", address: str = "192.0.2.1") -> bool:
        """Whether it let us in."""
        with self.assertNoLogs("django.request", "ERROR"):
            response = self.client.post(page, {"username": name, "password": password}, REMOTE_ADDR=address)
        self.client.logout()
        return response.status_code == 302

    def test_a_guesser_does_not_get_in_with_the_right_one_either(self) -> None:
        for page in ("/login/", "/admin/login/"):
            cache.clear()
            with self.subTest(page), self.assertLogs("smartserver.accounts.logins", "WARNING"):
                for number in range(logins.MAX_ATTEMPTS):
                    self.assertFalse(self.try_login(f"wrong{number}", page=page))
                self.assertFalse(self.try_login("right-1815", page=page))
        self.assertTrue(self.try_login("right-1815", address="192.0.2.2"), "the administrator is not locked out")

    def test_nor_does_one_who_tries_many_names(self) -> None:
        with patch.object(logins, "MAX_ATTEMPTS_OF_ADDRESS", 3), self.assertLogs("smartserver.accounts.logins"):
            for number in range(3):
                self.assertFalse(self.try_login("wrong", name=f"user{number}"))
            self.assertFalse(self.try_login("right-1815"))

    def test_who_knows_the_password_is_never_slowed_down(self) -> None:
        with patch.object(logins, "MAX_ATTEMPTS", 2), patch.object(logins, "MAX_ATTEMPTS_OF_ADDRESS", 2):
            for _ in range(5):
                self.assertTrue(self.try_login("right-1815"))

    def test_without_a_cache_people_get_in(self) -> None:
        broken = patch.multiple(
            "smartserver.accounts.logins.cache", incr=_unreachable, delete=_unreachable, decr=_unreachable
        )
        with broken, self.assertLogs("smartserver.accounts.logins", "WARNING"):
            self.assertTrue(self.try_login("right-1815"))


def _unreachable(*_: object) -> None:
    raise ConnectionError
