"""API tokens: shown once, limited, revoked, and no more than their owner."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from smartserver.accounts.models import ApiToken, AuditEntry
from smartserver.accounts.roles import Role, role_of
from smartserver.core import clock
from tests.api.support import API, ApiCase, make_user, token_of


class TokenTests(ApiCase):
    def bearer(self, text: str) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        return client

    def make(self, role: str = "operator", **body: object) -> str:
        found = self.ask("post", "me/tokens", {"name": "n", "role": role, **body}, by=self.operator, expect=201)
        text: str = found["token"]
        return text

    def test_it_is_shown_once_and_only_its_hash_is_kept(self) -> None:
        text = self.make()
        row = ApiToken.objects.get()
        self.assertNotIn(text, str(ApiToken.objects.values().get()))
        self.assertNotIn(text, str(list(AuditEntry.objects.values())))
        self.assertTrue(text.startswith(row.beginning))
        self.assertNotIn("token", self.ask("get", "me/tokens", by=self.operator)[0])

    def test_it_says_who_one_is(self) -> None:
        found = self.ask("get", "me", by=self.bearer(self.make("viewer")))
        self.assertEqual(found, {"username": "operator", "role": "viewer", "token": "n"})
        self.assertEqual(self.ask("get", "me", by=self.operator)["token"], None)

    def test_it_does_no_more_than_it_was_made_for(self) -> None:
        client = self.bearer(self.make("viewer"))
        self.ask("get", "stations", by=client)
        self.ask("post", "groups", {"name": "x"}, by=client, expect=403)

    def test_it_cannot_be_made_for_more_than_its_owner_may(self) -> None:
        self.ask("post", "me/tokens", {"name": "n", "role": "administrator"}, by=self.operator, expect=403)
        self.assertFalse(ApiToken.objects.exists())
        self.assertEqual(AuditEntry.objects.get().outcome, "forbidden")  # once

    def test_it_shrinks_with_its_owner(self) -> None:
        client = self.bearer(self.make("operator"))
        self.users[Role.OPERATOR].groups.clear()
        self.ask("post", "groups", {"name": "x"}, by=client, expect=403)

    def test_it_dies_with_its_owners_account(self) -> None:
        client = self.bearer(self.make())
        self.users[Role.OPERATOR].is_active = False
        self.users[Role.OPERATOR].save()
        self.ask("get", "stations", by=client, expect=401)

    def test_it_expires(self) -> None:
        soon = clock.now() + timedelta(hours=1)
        client = self.bearer(self.make(expires_at=soon.isoformat()))
        self.ask("get", "me", by=client)
        with clock.frozen(soon):
            self.ask("get", "me", by=client, expect=401)

    def test_it_is_not_made_expired(self) -> None:
        body = {"name": "n", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}
        self.ask("post", "me/tokens", body, by=self.operator, expect=400)

    def test_it_is_revoked_by_its_owner_alone(self) -> None:
        client = self.bearer(self.make())
        key = ApiToken.objects.get().pk
        self.ask("delete", f"me/tokens/{key}", by=self.administrator, expect=404)
        self.ask("delete", f"me/tokens/{key}", by=self.operator, expect=204)
        self.ask("get", "me", by=client, expect=401)

    def test_a_token_makes_and_revokes_no_tokens(self) -> None:
        client = self.bearer(self.make())
        self.ask("post", "me/tokens", {"name": "m", "role": "viewer"}, by=client, expect=403)
        self.ask("delete", f"me/tokens/{ApiToken.objects.get().pk}", by=client, expect=403)

    def test_names_are_told_apart(self) -> None:
        self.make()
        self.ask("post", "me/tokens", {"name": "n", "role": "viewer"}, by=self.operator, expect=409)

    def test_its_use_is_noted_to_the_minute(self) -> None:
        client = self.bearer(self.make())
        moment = clock.now()
        for seconds, noted in ((0, 0), (30, 0), (61, 61)):
            with clock.frozen(moment + timedelta(seconds=seconds)):
                self.ask("get", "me", by=client)
            self.assertEqual(ApiToken.objects.get().last_used_at, moment + timedelta(seconds=noted))

    def test_wrong_tokens_are_nobody(self) -> None:
        text = self.make()
        for wrong in ("", "x", text + "x", text[:-1], "sst_" + "x" * 500, "sst_\xe4"):
            with self.subTest(wrong):
                self.ask("get", "me", by=self.bearer(wrong), expect=401)

    def test_a_wrong_token_is_refused_although_a_session_would_do(self) -> None:
        self.operator.credentials(HTTP_AUTHORIZATION="Bearer wrong")
        self.ask("get", "me", by=self.operator, expect=401)


class RoleTests(ApiCase):
    def test_roles_come_from_groups(self) -> None:
        self.assertEqual({role_of(user) for user in self.users.values()}, set(Role))
        nobody = make_user(None)
        self.assertEqual(role_of(nobody), Role.VIEWER)
        nobody.groups.add(*Group.objects.filter(name__in=("operator", "administrator")))
        self.assertEqual(role_of(nobody), Role.ADMINISTRATOR)
        nobody.is_active = False
        self.assertIsNone(role_of(nobody))
        self.assertIsNone(role_of(None))

    def test_superusers_are_administrators(self) -> None:
        user = make_user(None, "root")
        user.is_superuser = True
        self.assertEqual(role_of(user), Role.ADMINISTRATOR)

    def test_the_groups_are_there_from_the_beginning(self) -> None:
        self.assertEqual(set(Group.objects.values_list("name", flat=True)), {role.title for role in Role})


class SessionTests(ApiCase):
    def test_a_session_needs_its_csrf_token_to_change_anything(self) -> None:
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(self.users[Role.OPERATOR])
        response = client.post(API + "groups", {"name": "x"}, format="json")
        self.assertEqual((response.status_code, response.json()["code"]), (403, "forbidden"))
        self.assertEqual(client.get(API + "groups").json()["count"], 0)

    def test_a_token_needs_none(self) -> None:
        client = APIClient(enforce_csrf_checks=True)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_of(self.users[Role.OPERATOR])}")
        self.ask("post", "groups", {"name": "x"}, by=client, expect=201)
