"""Webhooks: every event of a committed batch reaches whoever subscribed to it, signed, once its receiver takes it."""

from __future__ import annotations

import threading
from unittest import mock

from django.db import OperationalError

from smartserver.core import clock
from smartserver.core.batch import Batch, run_batch
from smartserver.core.change import store
from smartserver.core.errors import BadInput
from smartserver.core.events import DEVICE_UPDATED
from smartserver.webhooks import selectors, services, signing
from smartserver.webhooks.models import Attempt, Delivery, Subscription
from smartserver.webhooks.outbox import Outbox
from tests.waiting import eventually
from tests.webhooks.support import Answer, Post, WebhookCase, connected, connecting, device_online

publish = mock.Mock()
"""Whatever is told to browsers is not looked at here."""

DELIVERED, PENDING = Delivery.State.DELIVERED, Delivery.State.PENDING


class Delivering(WebhookCase):
    def test_an_event_is_posted_as_signed_json(self) -> None:
        secret = self.subscribe().secret
        self.start()
        connected("CP1")
        eventually(lambda: len(self.receiver.posts) == 1)
        post = self.receiver.posts[0]
        post.verify(secret)
        self.assertEqual(set(post.event), {"id", "kind", "created_at", "data"})
        self.assertEqual(post.event["kind"], "station.connected")
        self.assertEqual(post.event["data"], {"station": "CP1", "version": "1.6"})
        self.assertEqual(post.event["id"], post.headers["Webhook-Id"])
        self.assertRegex(post.event["created_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(post.headers["Content-Type"], "application/json")

    def test_the_log_says_when_what_and_how_it_went(self) -> None:
        created = self.subscribe()
        self.start()
        connected("CP1")
        eventually(lambda: Delivery.objects.filter(state=DELIVERED).exists())
        delivery = selectors.deliveries(created.subscription_id).get()
        self.assertEqual((delivery.kind, delivery.station, delivery.attempts), ("station.connected", "CP1", 1))
        attempt = selectors.attempts(delivery.pk).get()
        self.assertEqual((attempt.status_code, attempt.answer, attempt.error), (200, "thanks", ""))
        subscription = selectors.subscription(created.subscription_id)
        self.assertEqual(subscription.succeeded_at, delivery.settled_at)

    def test_only_wanted_kinds_and_stations_are_told(self) -> None:
        self.subscribe(kinds=["station.connected", "device.online"], stations=["CP2"])
        self.start()
        connected("CP1", "CP2")
        device_online("0001")
        store(lambda batch: batch.publish("station.disconnected", {"station": "CP2", "reason": "closed"}))
        connected("CP2")
        eventually(lambda: len(self.receiver.posts) == 2)
        self.assertEqual(self.receiver.stations, ["CP2", "CP2"])
        self.assertEqual(Delivery.objects.count(), 2)

    def test_two_subscriptions_get_the_same_event_under_the_same_id(self) -> None:
        first, second = self.subscribe(url=self.receiver.url + "?a"), self.subscribe(url=self.receiver.url + "?b")
        self.start()
        connected("CP1")
        eventually(lambda: len(self.receiver.posts) == 2)
        by_path = {post.path: post for post in self.receiver.posts}
        by_path["/hook?a"].verify(first.secret)
        by_path["/hook?b"].verify(second.secret)
        self.assertEqual(len({post.headers["Webhook-Id"] for post in self.receiver.posts}), 1)

    def test_many_events_arrive_in_their_order(self) -> None:
        self.subscribe()
        self.start()
        identities = [f"CP{n:03d}" for n in range(60)]
        connected(*identities)
        eventually(lambda: len(self.receiver.posts) == 60)
        self.assertEqual(self.receiver.stations, identities)

    def test_a_test_event_goes_out_whatever_is_subscribed_to(self) -> None:
        created = self.subscribe(kinds=["job.changed"])
        self.start()
        key = store(lambda batch: services.send_test(batch, subscription_id=created.subscription_id))
        eventually(lambda: Delivery.objects.get(pk=key).state == DELIVERED)
        self.assertEqual(self.receiver.posts[0].event["kind"], "webhook.test")

    def test_a_subscription_of_a_moment_ago_is_known(self) -> None:
        self.start()
        connected("CP1")  # now the process knows that nobody is interested
        self.subscribe()
        connected("CP2")
        eventually(lambda: len(self.receiver.posts) == 1)
        self.assertEqual(self.receiver.stations, ["CP2"])


class Durability(WebhookCase):
    def test_an_event_waits_for_a_process_that_delivers_it(self) -> None:
        self.subscribe()
        connected("CP1")  # no process runs: a management command did this
        self.assertEqual(Delivery.objects.get().state, PENDING)
        self.start()
        eventually(lambda: Delivery.objects.get().state == DELIVERED)
        self.assertEqual(self.receiver.stations, ["CP1"])

    def test_an_event_of_a_unit_that_failed_is_told_to_nobody(self) -> None:
        self.subscribe()

        def failing(batch: Batch) -> None:
            connecting("CP1")(batch)
            raise BadInput("no")

        outcomes = run_batch([failing], publish, sinks=[Outbox()])
        self.assertIsInstance(outcomes[0][1], BadInput)
        self.assertFalse(Delivery.objects.exists())

    def test_units_that_run_again_are_told_of_once(self) -> None:
        self.subscribe()

        def failing(batch: Batch) -> None:
            raise BadInput("no")

        units = [connecting("CP1"), connecting("CP2"), connecting("CP3"), failing]
        outbox = Outbox()
        while units:
            del units[: len(run_batch(units, publish, sinks=[outbox]))]
        stations = Delivery.objects.order_by("pk").values_list("station", flat=True)
        self.assertEqual(list(stations), ["CP1", "CP2", "CP3"])

    def test_a_process_that_died_during_a_post_makes_it_again_with_the_same_id(self) -> None:
        hold = threading.Event()
        self.addCleanup(hold.set)
        self.receiver.answer = lambda post: Answer(hold=hold if len(self.receiver.posts) == 1 else None)
        self.subscribe()
        dying = self.start()
        connected("CP1")
        eventually(lambda: len(self.receiver.posts) == 1)
        dying.stop()  # the answer is never heard
        self.assertEqual(Delivery.objects.get().state, PENDING)
        self.start()
        eventually(lambda: Delivery.objects.get().state == DELIVERED)
        first, second = (post.headers["Webhook-Id"] for post in self.receiver.posts)
        self.assertEqual(first, second)

    def test_a_fault_of_the_outbox_costs_no_message(self) -> None:
        self.subscribe()
        with (
            mock.patch("smartserver.webhooks.outbox.insert_rows", side_effect=ValueError("broken")),
            self.assertLogs("smartserver.core.batch", "ERROR"),
        ):
            outcomes = run_batch([lambda batch: connecting("CP1")(batch) or "value"], publish, sinks=[Outbox()])
        self.assertEqual(outcomes, [("value", None)])

    def test_a_fault_of_the_database_is_not_swallowed(self) -> None:
        """The writer has to try the whole batch again."""
        self.subscribe()
        with (
            mock.patch("smartserver.webhooks.outbox.insert_rows", side_effect=OperationalError("away")),
            self.assertRaises(OperationalError),
        ):
            run_batch([connecting("CP1")], publish, sinks=[Outbox()])


class Economy(WebhookCase):
    def test_without_subscriptions_events_cost_no_query(self) -> None:
        outbox = Outbox()
        run_batch([connecting("CP1")], publish, sinks=[outbox])
        with self.assertNumQueries(0):
            outbox(self.batch(connecting("CP2")))
        self.assertFalse(Delivery.objects.exists())

    def test_values_of_devices_are_for_browsers_only(self) -> None:
        self.subscribe()
        store(lambda batch: batch.publish(DEVICE_UPDATED, {"key": 1, "message": "0001:S:{}"}))
        self.assertFalse(Delivery.objects.exists())

    def test_subscriptions_are_read_again_when_they_grew_old_or_changed(self) -> None:
        outbox = Outbox(max_age=60.0)
        outbox(self.batch(connecting("CP1")))
        subscription = Subscription.objects.create(  # by another process, whose hint got lost
            url=self.receiver.url, kinds=["*"], secret=signing.new_secret(), created_at=clock.now()
        )
        outbox(self.batch(connecting("CP2")))
        self.assertEqual(self.told(), [])
        outbox.forget()  # the hint came after all
        outbox(self.batch(connecting("CP3")))
        self.assertEqual(self.told(), ["CP3"])
        subscription.delete()
        with mock.patch("smartserver.core.clock.monotonic", return_value=clock.monotonic() + 61.0):
            outbox(self.batch(connecting("CP4")))
        self.assertEqual(self.told(), ["CP3"])

    def told(self) -> list[str]:
        return list(Delivery.objects.order_by("pk").values_list("station", flat=True))

    def batch(self, unit: object) -> Batch:
        batch = Batch()
        unit(batch)  # type: ignore[operator]
        return batch


class Upkeep(WebhookCase):
    def test_what_came_back_is_kept_in_part(self) -> None:
        self.receiver.answer = lambda post: Answer(body=b"x" * 10_000 + b"\x00")
        self.subscribe()
        self.start()
        connected("CP1", "CP2")
        eventually(lambda: Attempt.objects.count() == 2)
        self.assertEqual({attempt.answer for attempt in Attempt.objects.all()}, {"x" * 1000})

    def test_an_event_is_delivered_again_on_request(self) -> None:
        self.subscribe()
        self.start()
        connected("CP1")
        eventually(lambda: Delivery.objects.filter(state=DELIVERED).exists())
        key = Delivery.objects.get().pk
        store(lambda batch: services.redeliver(batch, delivery_id=key))
        eventually(lambda: Attempt.objects.count() == 2)
        self.assertEqual(len({post.body for post in self.receiver.posts}), 1)

    def test_while_a_secret_is_replaced_both_sign(self) -> None:
        created = self.subscribe()
        new = store(lambda batch: services.rotate_secret(batch, subscription_id=created.subscription_id))
        self.assertNotEqual(new, created.secret)
        self.start()
        connected("CP1")
        eventually(lambda: len(self.receiver.posts) == 1)
        post: Post = self.receiver.posts[0]
        post.verify(created.secret)
        post.verify(new)
