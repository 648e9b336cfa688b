"""Webhooks: the task that delivers makes room for everybody, and goes on after faults of its own."""

from __future__ import annotations

import asyncio
from unittest import mock

from django.test import SimpleTestCase

from smartserver.core.change import store
from smartserver.core.clock import now
from smartserver.core.errors import Unavailable
from smartserver.webhooks import delivery, queue
from smartserver.webhooks.models import Delivery, Subscription
from smartserver.webhooks.queue import Claim
from tests.waiting import eventually
from tests.webhooks.support import WebhookCase, connected


def delivered() -> int:
    return Delivery.objects.filter(state=Delivery.State.DELIVERED).count()


class Sharing(WebhookCase):
    def test_more_subscriptions_than_may_be_served_at_once_take_turns(self) -> None:
        for number in range(4):
            self.subscribe(url=f"{self.receiver.url}?{number}")
        with mock.patch.object(delivery, "MAX_RUNS", 1):
            self.start()
            connected("CP1", "CP2")
            eventually(lambda: delivered() == 8)
        for number in range(4):
            mine = [post.station for post in self.receiver.posts if post.path.endswith(f"?{number}")]
            self.assertEqual(mine, ["CP1", "CP2"])

    def test_a_busy_subscription_makes_room_after_a_while(self) -> None:
        self.subscribe()
        with (
            mock.patch.object(delivery, "RUN_SECONDS", 0.0),
            mock.patch.object(queue, "claim", wraps=queue.claim) as claim,
        ):
            connected("CP1", "CP2", "CP3")
            self.start()
            eventually(lambda: delivered() == 3)
        self.assertGreaterEqual(claim.call_count, 3)
        self.assertEqual(self.receiver.stations, ["CP1", "CP2", "CP3"])


class Recovering(WebhookCase):
    def test_a_fault_in_one_run_stops_only_that_one_for_now(self) -> None:
        self.subscribe()
        self.start()
        with (
            mock.patch.object(queue, "record", side_effect=ValueError("broken")),
            self.assertLogs("smartserver.webhooks.delivery", "ERROR") as logs,
        ):
            connected("CP1")
            eventually(lambda: len(logs.output) == 1)
        self.assertIn("stopped for now", logs.output[0])
        self.assertIsNotNone(Subscription.objects.get().claimed_until, "Nobody tries again at once.")
        store(queue.release_all)
        eventually(lambda: delivered() == 1)

    def test_a_fault_in_the_upkeep_starts_everything_again(self) -> None:
        self.subscribe()
        with (
            mock.patch.object(queue, "sweep", side_effect=ValueError("broken")),
            self.assertLogs("smartserver.core.runtime", "ERROR") as logs,
        ):
            self.start()
            eventually(lambda: len(logs.output) == 1)
        connected("CP1")
        eventually(lambda: delivered() == 1)

    def test_upkeep_goes_on_while_there_is_more(self) -> None:
        with (
            mock.patch.object(queue, "sweep", side_effect=[True, True, False]) as sweep,
            mock.patch.object(delivery, "SWEEP_AGAIN", 0.0),
        ):
            self.start()
            eventually(lambda: sweep.call_count == 3)


class AtTheEnd(SimpleTestCase):
    def test_a_loop_that_has_ended_is_told_nothing(self) -> None:
        loop = asyncio.new_event_loop()
        loop.close()
        delivery._call(loop, mock.Mock())

    def test_a_writer_that_has_ended_leaves_the_claim_to_its_time(self) -> None:
        runtime = mock.Mock()
        runtime.writer.submit.side_effect = Unavailable("ended")
        delivery._let_go(runtime, Claim(1, now()))
        runtime.writer.submit.assert_called_once()
