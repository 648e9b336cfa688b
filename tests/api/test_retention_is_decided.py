"""How long things are kept: shown to everybody, decided by administrators."""

from __future__ import annotations

from typing import Any

from smartserver.accounts.models import AuditEntry
from smartserver.retention.kinds import kinds
from smartserver.retention.models import Pruning
from tests.api.support import ApiCase
from tests.retention.support import OLD, one_of_each, prune


class RetentionTests(ApiCase):
    def kind(self, name: str = "messages") -> dict[str, Any]:
        found: dict[str, Any] = next(
            each for each in self.ask("get", "retention", by=self.viewer)["kinds"] if each["name"] == name
        )
        return found

    def test_everything_that_is_kept_is_shown(self) -> None:
        found = self.ask("get", "retention", by=self.viewer)
        self.assertEqual({each["name"] for each in found["kinds"]}, {kind.name for kind in kinds()})
        self.assertEqual((found["paused"], found["running"], found["next_at"]), (False, None, None))
        self.assertEqual(
            self.kind(),
            {
                "name": "messages",
                "days": 90,
                "chosen_days": None,
                "default_days": 90,
                "least_days": 1,
                "deleted": 0,
                "last_deleted": 0,
                "pruned_at": None,
            },
        )

    def test_what_a_run_did_is_shown(self) -> None:
        one_of_each(OLD)
        prune()
        self.assertEqual((self.kind()["deleted"], self.kind()["last_deleted"]), (1, 1))
        self.assertIsNotNone(self.kind()["pruned_at"])
        self.assertEqual(self.ask("get", "retention")["deleted"], 17)

    def test_days_are_decided_and_given_back(self) -> None:
        changed = self.ask("patch", "retention/kinds/messages", {"days": 7})
        self.assertEqual((changed["days"], changed["chosen_days"]), (7, 7))
        self.assertEqual(self.ask("patch", "retention/kinds/messages", {}), changed)
        self.assertEqual(self.ask("patch", "retention/kinds/messages", {"days": None})["days"], 90)
        entry = AuditEntry.objects.order_by("pk").first()
        assert entry is not None
        self.assertEqual(
            (entry.action, entry.target, entry.summary), ("changeKeptDays", "retention messages", {"days": 7})
        )

    def test_what_makes_no_sense_is_refused_with_the_place(self) -> None:
        for name, days in (("meter_values", 2), ("meter_hours", 10), ("messages", 40_000), ("messages", -1)):
            with self.subTest(name, days=days):
                found = self.ask("patch", f"retention/kinds/{name}", {"days": days}, expect=400)
                self.assertEqual(found["problems"][0]["path"], "days")
        self.ask("patch", "retention/kinds/transactions", {"days": 5}, expect=404)

    def test_it_is_paused_and_goes_on(self) -> None:
        self.assertTrue(self.ask("patch", "retention", {"paused": True})["paused"])
        self.assertEqual(self.ask("post", "retention/run", expect=409)["code"], "conflict")
        self.assertFalse(self.ask("patch", "retention", {"paused": False})["paused"])

    def test_the_next_run_is_asked_for(self) -> None:
        prune()
        self.assertIsNotNone(self.ask("get", "retention")["next_at"])
        self.assertIsNone(self.ask("post", "retention/run", expect=202)["next_at"])

    def test_who_is_no_administrator_decides_nothing(self) -> None:
        self.ask("patch", "retention/kinds/messages", {"days": 1}, by=self.operator, expect=403)
        self.ask("patch", "retention", {"paused": True}, by=self.operator, expect=403)
        self.ask("post", "retention/run", by=self.operator, expect=403)
        self.assertFalse(Pruning.objects.exists())
