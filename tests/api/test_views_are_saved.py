"""Saved views: everybody's own, replaced by name, limited, and never an address that leads elsewhere."""

from __future__ import annotations

from unittest import mock

from django.test import override_settings

from smartserver.accounts import saved_views
from smartserver.accounts.models import AuditEntry, SavedView
from smartserver.accounts.roles import Role
from tests.api.support import ApiCase

BODY = {"topic": "stations", "name": "Charging", "address": "/stations?q=filter:status:=:Charging&columns=identity"}


class ViewTests(ApiCase):
    def test_one_is_saved_listed_replaced_and_deleted(self) -> None:
        made = self.ask("post", "views", BODY, by=self.viewer, expect=201)
        self.assertEqual(made, BODY | {"id": made["id"]})
        again = self.ask("post", "views", BODY | {"address": "/stations"}, by=self.viewer, expect=200)
        self.assertEqual(again, {"id": made["id"], "topic": "stations", "name": "Charging", "address": "/stations"})
        self.ask("post", "views", BODY | {"topic": "alerts", "address": "/alerts"}, by=self.viewer, expect=201)
        found = self.ask("get", "views", by=self.viewer)
        self.assertEqual([view["address"] for view in found], ["/alerts", "/stations"])
        self.ask("delete", f"views/{made['id']}", by=self.viewer, expect=204)
        self.assertEqual(len(self.ask("get", "views", by=self.viewer)), 1)
        on_record = set(AuditEntry.objects.values_list("action", "target"))
        self.assertEqual(on_record, {("saveView", "view Charging"), ("deleteView", "view Charging")})

    def test_nobody_sees_or_deletes_those_of_others(self) -> None:
        made = self.ask("post", "views", BODY, by=self.viewer, expect=201)
        self.assertEqual(self.ask("get", "views", by=self.administrator), [])
        self.ask("delete", f"views/{made['id']}", by=self.administrator, expect=404)
        self.ask("post", "views", BODY | {"address": "/stations"}, by=self.administrator, expect=201)
        self.assertEqual(self.ask("get", "views", by=self.viewer)[0]["address"], BODY["address"])

    def test_an_address_is_that_of_its_table(self) -> None:
        for address in (
            *("", "//evil.example", "/stations//evil.example", "https://evil.example", "javascript:alert(1)"),
            *("/alerts", "/stations/CP1", "stations", "/stations#x", "/stations?a#b", "\\evil.example"),
            *("/stations? a", "/stations?q=\u202e", "/stations?\x00", "/stations?" + "a" * 2000),
        ):
            problem = self.ask("post", "views", BODY | {"address": address}, by=self.viewer, expect=400)
            self.assertEqual(problem["problems"][0]["path"], "address", address)
        self.ask("post", "views", BODY | {"topic": "../x", "address": "/../x"}, by=self.viewer, expect=400)
        self.assertFalse(SavedView.objects.exists())

    def test_nobody_has_too_many_and_may_still_replace(self) -> None:
        with mock.patch.object(saved_views, "MAX_VIEWS", 2):
            for name in ("a", "b"):
                self.ask("post", "views", BODY | {"name": name}, by=self.viewer, expect=201)
            problem = self.ask("post", "views", BODY | {"name": "c"}, by=self.viewer, expect=409)
            self.assertIn("more than 2 views", problem["detail"])
            self.ask("post", "views", BODY | {"name": "b"}, by=self.viewer, expect=200)
            self.ask("post", "views", BODY, by=self.operator, expect=201)

    @override_settings(OPEN=True)
    def test_a_visitor_of_an_open_server_has_none_and_saves_none(self) -> None:
        self.ask("post", "views", BODY, by=self.viewer, expect=201)
        self.assertEqual(self.ask("get", "views", by=self.stranger), [])
        self.ask("post", "views", BODY, by=self.stranger, expect=401)

    def test_they_go_with_their_owner(self) -> None:
        self.ask("post", "views", BODY, by=self.viewer, expect=201)
        self.users[Role.VIEWER].delete()
        self.assertFalse(SavedView.objects.exists())
