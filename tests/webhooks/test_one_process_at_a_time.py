"""Webhooks: several processes share the outbox; none delivers what another is at, what one leaves behind is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest import mock

from django.test import TestCase

from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.retention.kinds import kind_named
from smartserver.webhooks import queue, services, signing
from smartserver.webhooks.models import Attempt, Delivery, Subscription
from smartserver.webhooks.outbox import Outbox
from smartserver.webhooks.queue import Claim, Work
from smartserver.webhooks.schedule import Reply, Schedule
from tests.webhooks.support import connecting

NOON = datetime(2026, 6, 21, 12, 0, tzinfo=UTC)
URL = "https://receiver.example/hook"
PENDING, GIVEN_UP = Delivery.State.PENDING, Delivery.State.GIVEN_UP


class QueueCase(TestCase):
    def setUp(self) -> None:
        self.now = NOON
        self.subscription = self.subscribe()

    def subscribe(self) -> Subscription:
        return Subscription.objects.create(url=URL, kinds=["*"], secret=signing.new_secret(), created_at=NOON)

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def batch(self) -> Batch:
        with clock.frozen(self.now):
            return Batch()

    def event(self, identity: str = "CP1") -> None:
        batch = self.batch()
        connecting(identity)(batch)
        Outbox()(batch)

    def claim(self, limit: int = 8) -> list[Claim]:
        return queue.claim(self.batch(), limit=limit)

    def take(self, claim: Claim) -> Work | None:
        return queue.take(self.batch(), claim=claim)

    def work(self) -> Work:
        work = self.take(self.claim()[0])
        assert work is not None
        return work

    def record(self, work: Work, reply: Reply) -> None:
        queue.record(self.batch(), work=work, started_at=self.now, reply=reply, schedule=Schedule())

    def sweep(self) -> bool:
        return queue.sweep(self.batch(), schedule=Schedule())

    def states(self) -> dict[str, str]:
        return dict(Delivery.objects.values_list("station", "state"))


class Claims(QueueCase):
    def test_what_one_process_has_claimed_no_other_can_claim(self) -> None:
        self.event()
        self.assertEqual(len(self.claim()), 1)
        self.assertEqual(self.claim(), [])

    def test_a_claim_of_a_process_that_died_ends(self) -> None:
        self.event()
        (left,) = self.claim()
        self.later(seconds=60)
        (taken,) = self.claim()
        self.assertIsNone(self.take(left), "The first process came back too late.")
        self.assertIsNotNone(self.take(taken))

    def test_each_delivery_renews_the_claim(self) -> None:
        self.event()
        claim = self.claim()[0]
        self.later(seconds=50)
        self.assertIsNotNone(self.take(claim))
        self.later(seconds=50)
        self.assertEqual(self.claim(), [])

    def test_the_claim_ends_when_nothing_is_left(self) -> None:
        self.event()
        work = self.work()
        self.record(work, Reply(200))
        self.assertIsNone(self.take(work.claim))
        self.event("CP2")
        self.assertEqual(len(self.claim()), 1)

    def test_nothing_is_claimed_that_has_nothing_due(self) -> None:
        self.assertEqual(self.claim(), [])
        self.event()
        work = self.work()
        self.record(work, Reply(500))
        queue.release(self.batch(), claim=work.claim)
        self.assertEqual(self.claim(), [])
        self.later(seconds=7)
        self.assertEqual(len(self.claim()), 1)

    def test_who_was_tried_longest_ago_comes_first(self) -> None:
        other = self.subscribe()
        self.event()
        self.assertEqual([claim.subscription_id for claim in self.claim(limit=1)], [self.subscription.pk])
        queue.release_all(self.batch())
        Subscription.objects.filter(pk=self.subscription.pk).update(tried_at=NOON)
        self.assertEqual([claim.subscription_id for claim in self.claim(limit=1)], [other.pk])

    def test_a_subscription_that_became_inactive_is_left_alone(self) -> None:
        self.event()
        (claim,) = self.claim()
        Subscription.objects.update(active=False)
        self.assertIsNone(self.take(claim))

    def test_one_that_pauses_is_left_alone(self) -> None:
        self.event()
        (claim,) = self.claim()
        Subscription.objects.update(paused_until=NOON + timedelta(minutes=1))
        self.assertIsNone(self.take(claim))

    def test_a_start_of_the_only_process_frees_everything(self) -> None:
        self.event()
        self.claim()
        queue.release_all(self.batch())
        self.assertEqual(len(self.claim()), 1)


class Order(QueueCase):
    def post_in_vain(self, times: int) -> None:
        for _ in range(times):
            work = self.work()
            self.record(work, Reply(500))
            queue.release(self.batch(), claim=work.claim)
            self.later(hours=7)

    def station(self) -> str:
        work = self.work()
        queue.release(self.batch(), claim=work.claim)
        return Delivery.objects.get(pk=work.delivery_id).station

    def test_one_that_stands_aside_and_those_that_wait_take_turns(self) -> None:
        self.event("CP1")
        self.post_in_vain(4)
        self.event("CP2")
        self.assertEqual(self.station(), "CP1", "It has been due for longer.")
        self.post_in_vain(1)
        self.assertEqual(self.station(), "CP2", "Now this one has.")

    def test_the_record_of_a_failure_is_kept_when_its_subscription_was_deleted(self) -> None:
        self.event()
        work = self.work()
        services.delete_subscription(self.batch(), subscription_id=self.subscription.pk)
        self.record(work, Reply(500, error="The receiver answered 500."))
        self.assertEqual(Attempt.objects.get().status_code, 500)

    def test_a_second_record_of_the_same_delivery_changes_nothing(self) -> None:
        self.event()
        work = self.work()
        self.record(work, Reply(200))
        self.record(work, Reply(500))
        self.assertEqual(Delivery.objects.get().state, Delivery.State.DELIVERED)
        self.assertEqual(Subscription.objects.get().failures, 0)

    def test_the_old_secret_signs_for_a_day(self) -> None:
        new = services.rotate_secret(self.batch(), subscription_id=self.subscription.pk)
        self.event()
        self.assertEqual(self.work().secrets, (new, self.subscription.secret))
        self.later(hours=24)
        self.assertEqual(self.work().secrets, (new,))


class Sweeping(QueueCase):
    def test_old_deliveries_are_deleted_with_their_attempts_and_those_that_wait_are_not(self) -> None:
        for identity in ("CP1", "CP2"):
            self.event(identity)
        self.record(self.work(), Reply(200))
        kind = kind_named("webhook_deliveries")
        old = kind.old(self.now + timedelta(days=31))
        kind.take(self.batch(), list(old.values_list("pk", flat=True)))
        self.assertEqual(self.states(), {"CP2": PENDING})
        self.assertFalse(Attempt.objects.exists())

    def test_what_belongs_to_no_subscription_is_deleted(self) -> None:
        self.event()
        services.delete_subscription(self.batch(), subscription_id=self.subscription.pk)
        self.assertEqual(Delivery.objects.count(), 1, "Not at once: it may be many.")
        self.sweep()
        self.assertEqual(Delivery.objects.count(), 0)

    def test_what_waits_for_an_inactive_subscription_is_given_up_after_three_days(self) -> None:
        self.event()
        Subscription.objects.update(active=False)
        self.later(days=2)
        self.sweep()
        self.assertEqual(self.states(), {"CP1": PENDING})
        self.later(days=1, seconds=1)
        self.sweep()
        self.assertEqual(self.states(), {"CP1": GIVEN_UP})

    def test_of_too_many_the_oldest_are_given_up(self) -> None:
        for identity in ("CP1", "CP2", "CP3", "CP4"):
            self.event(identity)
        with mock.patch.object(queue, "MAX_WAITING", 2):
            self.sweep()
        self.assertEqual(self.states(), {"CP1": GIVEN_UP, "CP2": GIVEN_UP, "CP3": PENDING, "CP4": PENDING})

    def test_it_works_in_pieces_and_says_when_there_is_more(self) -> None:
        for _ in range(5):
            self.event()
        services.delete_subscription(self.batch(), subscription_id=self.subscription.pk)
        with mock.patch.object(queue, "CHUNK", 2):
            self.assertEqual([self.sweep() for _ in range(3)], [True, True, False])
        self.assertFalse(Delivery.objects.exists())
