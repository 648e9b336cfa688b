"""Webhooks: what people may ask for, what they are told when they may not, and the pages of the admin."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User
from django.test import TestCase, override_settings

from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound
from smartserver.core.events import HINT_WEBHOOKS, WEBHOOK_EVENTS
from smartserver.webhooks import selectors, services
from smartserver.webhooks.models import Delivery, Subscription

URL = "https://receiver.example/hook"


class Services(TestCase):
    def create(self, batch: Batch | None = None, **options: Any) -> services.Created:
        return services.create_subscription(batch or Batch(), **{"url": URL, **options})

    def test_the_secret_is_told_once_and_every_process_hears_of_the_change(self) -> None:
        batch = Batch()
        created = self.create(batch, description="billing", user_id=None)
        self.assertTrue(created.secret.startswith("whsec_"))
        self.assertEqual([kind for kind, _ in batch.published.hints], [HINT_WEBHOOKS])
        subscription = selectors.subscription(created.subscription_id)
        self.assertEqual((subscription.kinds, subscription.description, subscription.active), (["*"], "billing", True))

    def test_what_nobody_could_deliver_is_refused(self) -> None:
        mistakes: tuple[dict[str, Any], ...] = (
            {"url": "http://receiver.example/"},
            {"url": "https://127.0.0.1/"},
            {"kinds": ["station.exploded"]},
            {"kinds": ["webhook.test"]},
            {"kinds": ["device.updated"]},
            {"kinds": []},
            {"stations": [""]},
            {"stations": ["x" * 256]},
            {"stations": [f"CP{n}" for n in range(1001)]},
            {"description": "x" * 256},
        )
        for wrong in mistakes:
            with self.subTest(str(wrong)[:60]), self.assertRaises(BadInput):
                self.create(**wrong)
        self.assertFalse(Subscription.objects.exists())

    def test_who_names_an_unknown_kind_is_told_which_there_are(self) -> None:
        with self.assertRaises(BadInput) as caught:
            self.create(kinds=["station.exploded"])
        self.assertEqual(caught.exception.details["kinds"], sorted(WEBHOOK_EVENTS))

    def test_repeated_kinds_count_once_and_the_star_covers_all(self) -> None:
        key = self.create(kinds=["job.changed", "job.changed"]).subscription_id
        self.assertEqual(selectors.subscription(key).kinds, ["job.changed"])
        key = self.create(kinds=["job.changed", "*"]).subscription_id
        self.assertEqual(selectors.subscription(key).kinds, ["*"])

    @override_settings(OPEN=True, WEBHOOK_ALLOW_PRIVATE=True)
    def test_an_open_server_takes_any_address(self) -> None:
        self.create(url="http://192.168.1.10/hook")

    def test_there_is_a_limit(self) -> None:
        for _ in range(services.MAX_SUBSCRIPTIONS):
            self.create()
        with self.assertRaises(Conflict):
            self.create()

    def test_only_what_is_given_changes(self) -> None:
        key = self.create(kinds=["job.changed"], stations=["CP1"], description="d").subscription_id
        services.change_subscription(Batch(), subscription_id=key, stations=[])
        found = selectors.subscription(key)
        self.assertEqual((found.url, found.kinds, found.stations, found.description), (URL, ["job.changed"], [], "d"))
        services.change_subscription(Batch(), subscription_id=key, kinds=["*"], description="", url=URL + "2")
        found = selectors.subscription(key)
        self.assertEqual((found.url, found.kinds, found.description), (URL + "2", ["*"], ""))

    def test_one_that_was_stopped_begins_anew_when_it_is_switched_on(self) -> None:
        key = self.create().subscription_id
        Subscription.objects.update(active=False, stopped="410", failures=9, paused_until=clock.now())
        services.change_subscription(Batch(), subscription_id=key, active=True)
        found = selectors.subscription(key)
        self.assertEqual((found.active, found.stopped, found.failures, found.paused_until), (True, "", 0, None))

    def test_what_is_not_there_is_not_found(self) -> None:
        for call in (
            lambda: selectors.subscription(0),
            lambda: services.change_subscription(Batch(), subscription_id=0),
            lambda: services.delete_subscription(Batch(), subscription_id=0),
            lambda: services.rotate_secret(Batch(), subscription_id=0),
            lambda: services.send_test(Batch(), subscription_id=0),
            lambda: services.redeliver(Batch(), delivery_id=0),
        ):
            with self.assertRaises(NotFound):
                call()

    def test_nothing_is_sent_to_an_inactive_one(self) -> None:
        key = self.create().subscription_id
        delivery = services.send_test(Batch(), subscription_id=key)
        self.assertEqual([each.waiting for each in selectors.subscriptions()], [1])  # type: ignore[attr-defined]
        services.change_subscription(Batch(), subscription_id=key, active=False)
        with self.assertRaises(Conflict):
            services.send_test(Batch(), subscription_id=key)
        with self.assertRaises(Conflict):
            services.redeliver(Batch(), delivery_id=delivery)


class Admin(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("admin"))

    def post(self, path: str, **data: Any) -> str:
        return self.client.post(f"/admin/webhooks/{path}", data, follow=True).content.decode()

    def add(self, **data: Any) -> str:
        return self.post(
            "subscription/add/", **{"url": URL, "kinds": '["*"]', "stations": "[]", "active": "on", **data}
        )

    def test_a_new_one_begins_with_all_kinds(self) -> None:
        page = self.client.get("/admin/webhooks/subscription/add/").content.decode()
        self.assertIn("[&quot;*&quot;]", page)

    def test_a_subscription_is_added_and_its_secret_shown_once(self) -> None:
        page = self.add()
        subscription = Subscription.objects.get()
        self.assertIn(subscription.secret, page.replace("&#x27;", "'").replace("&#x2B;", "+"))
        self.assertEqual(subscription.created_by, User.objects.get())
        for path in ("", f"{subscription.pk}/change/"):
            self.assertNotIn(
                subscription.secret, self.client.get(f"/admin/webhooks/subscription/{path}").content.decode()
            )

    def test_it_may_be_added_inactive_and_changed(self) -> None:
        self.add(active="")
        subscription = Subscription.objects.get()
        self.assertFalse(subscription.active)
        change = {"url": URL, "kinds": '["job.changed"]', "stations": '["CP1"]', "active": "on"}
        self.post(f"subscription/{subscription.pk}/change/", **change)
        subscription.refresh_from_db()
        self.assertEqual(
            (subscription.kinds, subscription.stations, subscription.active), (["job.changed"], ["CP1"], True)
        )

    def test_mistakes_are_shown_at_their_field(self) -> None:
        for wrong, text in (
            ({"url": "http://receiver.example/"}, "Without TLS"),
            ({"kinds": '["station.exploded"]'}, "Unknown kinds"),
            ({"kinds": '"*"'}, "A JSON list"),
            ({"stations": "[1]"}, "A JSON list"),
        ):
            with self.subTest(text):
                self.assertIn(text, self.add(**wrong))
        self.assertFalse(Subscription.objects.exists())

    def test_test_events_new_secrets_and_repetitions_are_actions(self) -> None:
        self.add()
        subscription = Subscription.objects.get()
        chosen = {"_selected_action": subscription.pk}
        self.assertIn("on its way", self.post("subscription/", action="send_test", **chosen))
        page = self.post("subscription/", action="rotate_secret", **chosen)
        self.assertRegex(page, re.compile("New secret of .* shown only now"))
        self.assertNotEqual(Subscription.objects.get().secret, subscription.secret)
        delivery = Delivery.objects.get()
        Delivery.objects.update(state=Delivery.State.GIVEN_UP)
        chosen = {"_selected_action": delivery.pk}
        self.assertIn("delivered again", self.post("delivery/", action="redeliver", **chosen))
        self.assertEqual(Delivery.objects.get().state, Delivery.State.PENDING)
        self.assertEqual(self.client.get(f"/admin/webhooks/delivery/{delivery.pk}/change/").status_code, 200)

    def test_an_action_that_is_refused_says_why(self) -> None:
        self.add(active="")
        chosen = {"_selected_action": Subscription.objects.get().pk}
        self.assertIn("inactive", self.post("subscription/", action="send_test", **chosen))

    def test_deleted_one_by_one_or_together(self) -> None:
        self.add()
        self.post(f"subscription/{Subscription.objects.get().pk}/delete/", post="yes")
        self.assertFalse(Subscription.objects.exists())
        self.add()
        chosen = {"_selected_action": Subscription.objects.get().pk}
        self.post("subscription/", action="delete_selected", post="yes", **chosen)
        self.assertFalse(Subscription.objects.exists())
