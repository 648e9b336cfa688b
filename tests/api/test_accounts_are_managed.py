"""Accounts of people: made, changed, switched off; always one administrator is left."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import websocket
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from smartserver.accounts import logins, users
from smartserver.accounts.models import ApiToken, AuditEntry
from smartserver.accounts.roles import Role, role_of
from smartserver.core import change
from tests.api.support import API, ApiCase, LiveCase, make_user, token_of

GOOD = "correct horse battery staple"


class UsersCase(ApiCase):
    def key(self, role: Role) -> int:
        return int(self.users[role].pk)

    def make(self, **body: Any) -> Any:
        return self.ask("post", "users", {"username": "ada", "role": "operator", **body}, expect=201)

    def can_log_in(self, username: str, password: str) -> bool:
        cache.clear()
        return Client().login(username=username, password=password)


class Making(UsersCase):
    def test_with_a_password(self) -> None:
        made = self.make(password=GOOD, first_name="Ada", email="ada@example.org")
        self.assertEqual((made["role"], made["active"], made["has_password"]), ("operator", True, True))
        self.assertIsNone(made["password_link"])
        self.assertTrue(self.can_log_in("ada", GOOD))
        self.assertEqual(role_of(User.objects.get(username="ada")), Role.OPERATOR)
        self.assertNotIn(GOOD, str(list(AuditEntry.objects.values())))

    def test_a_password_that_is_not_good_enough_is_refused_with_the_reason(self) -> None:
        for password in ("12345678", "short", "ada-lovelace"):
            with self.subTest(password):
                body = {"username": "ada-lovelace", "role": "viewer", "password": password}
                found = self.ask("post", "users", body, expect=400)
                self.assertEqual(found["problems"][0]["path"], "password")
        self.assertFalse(User.objects.filter(username__startswith="ada").exists())

    def test_names_are_told_apart_in_any_case(self) -> None:
        self.make()
        found = self.ask("post", "users", {"username": "ADA", "role": "viewer"}, expect=409)
        self.assertEqual(found["problems"][0]["path"], "username")

    def test_a_name_that_django_would_not_take_is_refused(self) -> None:
        for name in ("ada lovelace", "<b>", "a/b"):
            found = self.ask("post", "users", {"username": name, "role": "viewer"}, expect=400)
            self.assertEqual(found["problems"][0]["path"], "username")

    def test_they_are_listed_and_found(self) -> None:
        self.make(last_name="Lovelace")
        token_of(User.objects.get(username="operator"))
        found = self.ask("get", "users")
        self.assertEqual(
            [each["username"] for each in found["results"]], ["ada", "administrator", "operator", "viewer"]
        )
        self.assertEqual([each["tokens"] for each in found["results"]], [0, 0, 1, 0])
        self.assertEqual(self.read("users", {"search": "LOVE"})["count"], 1)
        self.assertEqual(self.read("users", {"active": "false"})["count"], 0)


class Links(UsersCase):
    """With a link somebody sets their own password, once."""

    def follow(self, link: str) -> tuple[Client, Any]:
        client = Client()
        return client, client.get(link, follow=True)

    def set(self, link: str, password: str = GOOD) -> Any:
        client, page = self.follow(link)
        form = {"new_password1": password, "new_password2": password}
        return client.post(page.redirect_chain[-1][0], form)

    def test_it_works_once(self) -> None:
        link = self.make()["password_link"]["link"]
        self.assertFalse(User.objects.get(username="ada").has_usable_password())
        self.assertRedirects(self.set(link), "/login/", fetch_redirect_response=False)
        self.assertTrue(self.can_log_in("ada", GOOD))
        self.assertContains(self.follow(link)[1], "does not work any more")
        entry = AuditEntry.objects.get(action="setPasswordByLink")
        self.assertEqual((entry.actor, entry.target), ("ada", "user ada"))

    def test_its_secret_stands_in_no_address_of_the_form(self) -> None:
        link = self.make()["password_link"]["link"]
        _, page = self.follow(link)
        self.assertNotIn(link.rstrip("/").rsplit("/", 1)[1], page.redirect_chain[-1][0])
        self.assertContains(page, "For the account ada.")

    def test_a_bad_password_is_refused_and_the_link_still_works(self) -> None:
        link = self.make()["password_link"]["link"]
        self.assertContains(self.set(link, "12345678"), "too common")
        self.assertEqual(self.set(link).status_code, 302)

    def test_one_for_who_forgot_theirs_ends_with_the_next_login(self) -> None:
        made = self.make(password=GOOD)
        link = self.ask("post", f"users/{made['id']}/password-link", expect=201)["link"]
        self.assertTrue(re.match(r"http://testserver/set-password/\w+/[\w-]+/$", link))
        self.assertTrue(self.can_log_in("ada", GOOD))
        self.assertContains(self.follow(link)[1], "does not work any more")

    def test_there_is_none_for_an_account_that_is_switched_off(self) -> None:
        made = self.make()
        self.ask("patch", f"users/{made['id']}", {"active": False})
        self.ask("post", f"users/{made['id']}/password-link", expect=409)
        self.assertContains(self.follow(made["password_link"]["link"])[1], "does not work any more")


class Changing(UsersCase):
    def test_roles(self) -> None:
        for role in ("administrator", "viewer", "operator"):
            self.assertEqual(self.ask("patch", f"users/{self.key(Role.VIEWER)}", {"role": role})["role"], role)
        self.ask("post", "groups", {"name": "x"}, by=self.viewer, expect=201)

    def test_nobody_takes_away_their_own_role_or_account(self) -> None:
        make_user(Role.ADMINISTRATOR, "second")
        own = f"users/{self.key(Role.ADMINISTRATOR)}"
        for body in ({"role": "viewer"}, {"active": False}):
            self.ask("patch", own, body, expect=409)
        self.ask("delete", own, expect=409)
        self.assertEqual(self.ask("patch", own, {"role": "administrator", "first_name": "Ada"})["first_name"], "Ada")

    def test_an_administrator_is_always_left(self) -> None:
        second = make_user(Role.ADMINISTRATOR, "second")
        sleeping = make_user(Role.ADMINISTRATOR, "sleeping")
        User.objects.filter(pk=sleeping.pk).update(is_active=False)
        own = f"users/{self.key(Role.ADMINISTRATOR)}"
        client = self.client_of(second)
        self.ask("patch", own, {"role": "viewer"}, by=client)
        for body in ({"role": "operator"}, {"active": False}):
            self.ask("patch", f"users/{second.pk}", body, by=client, expect=409)
        self.assertEqual(role_of(User.objects.get(pk=second.pk)), Role.ADMINISTRATOR)

    def test_only_superusers_change_superusers(self) -> None:
        root = User.objects.create_superuser("root", password=GOOD)
        for method, address, body in (
            ("patch", "", {"role": "viewer"}),
            ("delete", "", {}),
            ("post", "/password", {"password": GOOD}),
            ("post", "/password-link", {}),
        ):
            self.ask(method, f"users/{root.pk}{address}", body, expect=403)
        by_root = self.client_of(root)
        second = User.objects.create_superuser("second", password=GOOD)
        found = self.ask("patch", f"users/{second.pk}", {"role": "operator"}, by=by_root)
        self.assertEqual((found["role"], found["superuser"]), ("operator", False))
        self.assertFalse(User.objects.get(pk=second.pk).is_staff)

    def test_a_token_changes_no_accounts(self) -> None:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_of(self.users[Role.ADMINISTRATOR])}")
        self.ask("get", "users", by=client)
        self.ask("post", "users", {"username": "ada", "role": "administrator"}, by=client, expect=403)
        self.ask("patch", f"users/{self.key(Role.VIEWER)}", {"role": "administrator"}, by=client, expect=403)
        self.ask("post", f"users/{self.key(Role.VIEWER)}/password", {"password": GOOD}, by=client, expect=403)
        self.ask("post", "me/password", {"present": "x", "password": GOOD}, by=client, expect=403)

    def test_switched_off_everything_ends_at_once_and_can_be_switched_on_again(self) -> None:
        bearer = APIClient()
        bearer.credentials(HTTP_AUTHORIZATION=f"Bearer {token_of(self.users[Role.OPERATOR])}")
        address = f"users/{self.key(Role.OPERATOR)}"
        self.ask("patch", address, {"active": False})
        for client in (bearer, self.operator):
            self.ask("get", "me", by=client, expect=401)
        self.ask("patch", address, {"active": True})
        self.ask("get", "me", by=bearer)

    def test_deleted_it_takes_its_tokens_along_and_leaves_its_name(self) -> None:
        self.ask("post", "groups", {"name": "x"}, by=self.operator, expect=201)
        token_of(self.users[Role.OPERATOR])
        self.ask("delete", f"users/{self.key(Role.OPERATOR)}", expect=204)
        self.assertFalse(ApiToken.objects.exists())
        entry = AuditEntry.objects.get(action="createGroup")
        self.assertEqual((entry.actor, entry.user_id), ("operator", None))
        self.ask("get", f"users/{self.key(Role.OPERATOR)}", expect=404)

    def test_a_new_password_ends_the_logins_with_the_old_one(self) -> None:
        address = f"users/{self.key(Role.OPERATOR)}/password"
        self.ask("post", address, {"password": "short"}, expect=400)
        self.ask("post", address, {"password": GOOD}, expect=204)
        self.assertTrue(self.can_log_in("operator", GOOD))
        self.ask("get", "me", by=self.operator, expect=401)


class MyPassword(UsersCase):
    def setUp(self) -> None:
        super().setUp()
        self.ada = User.objects.create_user("ada", password="old-password-1815")
        self.mine, self.other = self.client_of(self.ada), self.client_of(self.ada)

    def change(self, present: str, password: str = GOOD, expect: int = 204) -> Any:
        return self.ask("post", "me/password", {"present": present, "password": password}, by=self.mine, expect=expect)

    def test_it_is_changed_by_who_knows_the_present_one(self) -> None:
        self.change("old-password-1815")
        self.ask("get", "me", by=self.mine)
        self.ask("get", "me", by=self.other, expect=401)
        self.assertTrue(self.can_log_in("ada", GOOD))

    def test_a_wrong_one_says_so_at_its_place(self) -> None:
        self.assertEqual(self.change("wrong", expect=400)["problems"][0]["path"], "present")
        self.assertEqual(self.change("old-password-1815", "12345678", expect=400)["problems"][0]["path"], "password")

    def test_who_guesses_is_slowed_down_with_the_logins(self) -> None:
        for number in range(logins.MAX_ATTEMPTS):
            self.change(f"wrong{number}", expect=400)
        with self.assertLogs("smartserver.accounts.logins", "WARNING"):
            self.change("old-password-1815", expect=403)
        self.assertFalse(self._logged_in("old-password-1815"), "The same count holds for the login.")
        cache.clear()
        self.change("old-password-1815")

    def _logged_in(self, password: str) -> bool:
        response = Client().post("/login/", {"username": "ada", "password": password})
        return response.status_code == 302

    def test_visitors_have_none(self) -> None:
        response = APIClient().post(API + "me/password", {"present": "x", "password": GOOD}, format="json")
        self.assertEqual(response.status_code, 401)


class OpenPages(LiveCase):
    """Their sockets are looked at when their account changes, and not only a minute later."""

    def open_page(self, user: User) -> websocket.WebSocket:
        client = Client()
        client.force_login(user)
        page = websocket.create_connection(
            f"{self.ws}/client/",
            timeout=10,
            cookie=f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}",
            subprotocols=["smartserver.live.v1"],
        )
        self.addCleanup(page.shutdown)
        self.assertIn("hello", page.recv())
        return page

    def assert_over(self, page: websocket.WebSocket) -> None:
        opcode, data = page.recv_data(control_frame=True)
        self.assertEqual((opcode, int.from_bytes(data[:2], "big")), (websocket.ABNF.OPCODE_CLOSE, 1008))

    def test_they_end_with_the_account(self) -> None:
        by = User.objects.get(username="administrator")
        ends = {
            "switched": partial(users.change_user, by=by, active=False),
            "deleted": partial(users.delete_user, by=by),
            "renewed": partial(users.set_password, by=by, password_hash=make_password(GOOD)),
        }
        others = self.open_page(by)
        for name, end in ends.items():
            with self.subTest(name):
                user = make_user(Role.OPERATOR, name)
                pages = [self.open_page(user) for _ in range(2)]
                change.store(partial(end, user_id=user.pk))
                for page in pages:
                    self.assert_over(page)
        others.send('{"type":"ping"}')
        self.assertIn("pong", others.recv())
