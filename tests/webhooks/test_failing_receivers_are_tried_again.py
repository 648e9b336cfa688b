"""Webhooks: what a receiver does not take is tried again, later and later, in order as long as that makes sense."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import SimpleTestCase

from smartserver.core.change import store
from smartserver.webhooks import services
from smartserver.webhooks.models import Attempt, Delivery, Subscription
from smartserver.webhooks.schedule import Reply, Schedule, Verdict
from tests.waiting import eventually
from tests.webhooks.support import QUICK, Answer, WebhookCase, connected

NOON = datetime(2026, 6, 21, 12, 0, tzinfo=UTC)
MIDDLE = lambda: 0.5  # noqa: E731

DELIVERED, GIVEN_UP = Delivery.State.DELIVERED, Delivery.State.GIVEN_UP


def delivered() -> int:
    return Delivery.objects.filter(state=DELIVERED).count()


class TheRule(SimpleTestCase):
    def judge(self, reply: Reply, **given: Any) -> Verdict:
        options: dict[str, Any] = {"attempts": 1, "failures": 1, "since": NOON, "now": NOON, "chance": MIDDLE}
        return Schedule().judge(reply, **(options | given))

    def test_pauses_grow_from_seconds_to_hours(self) -> None:
        pauses = []
        for attempts in range(1, 11):
            again = self.judge(Reply(500), attempts=attempts).again
            assert again is not None
            pauses.append((again - NOON).total_seconds())
        self.assertEqual(pauses, [5, 30, 120, 600, 1800, 3600, 10800, 21600, 21600, 21600])

    def test_pauses_differ_by_chance_so_that_not_all_come_at_once(self) -> None:
        for chance, seconds in ((0.0, 4.0), (1.0, 6.0)):
            again = self.judge(Reply(500), chance=lambda chance=chance: chance).again
            self.assertEqual(again, NOON + timedelta(seconds=seconds))

    def test_after_three_days_it_is_given_up(self) -> None:
        late = NOON + timedelta(days=3)
        self.assertIsNone(self.judge(Reply(error="refused"), attempts=15, now=late).again)
        self.assertIsNotNone(self.judge(Reply(error="refused"), attempts=15, now=late - timedelta(seconds=1)).again)

    def test_the_others_wait_for_the_first_attempts_only(self) -> None:
        self.assertEqual(
            [self.judge(Reply(500), attempts=n).holds for n in range(1, 6)], [True, True, True, False, False]
        )

    def test_the_others_do_not_wait_for_a_message_that_the_receiver_refuses(self) -> None:
        verdict = self.judge(Reply(422))
        self.assertEqual((verdict.holds, verdict.pause), (False, timedelta(0)))
        for moment in (408, 425, 429):
            self.assertTrue(self.judge(Reply(moment)).holds, moment)

    def test_a_receiver_that_does_not_work_is_asked_every_five_minutes_at_most(self) -> None:
        self.assertEqual(self.judge(Reply(503), attempts=4, failures=50).pause, timedelta(minutes=5))
        self.assertEqual(self.judge(Reply(503), attempts=99, failures=1).pause, timedelta(seconds=5))

    def test_a_receiver_may_ask_for_more_time_but_not_for_ever(self) -> None:
        patient = self.judge(Reply(429, retry_after=90.0))
        self.assertEqual((patient.again, patient.pause), (NOON + timedelta(seconds=90), timedelta(seconds=90)))
        endless = self.judge(Reply(503, retry_after=1e8), attempts=4)
        self.assertEqual(endless.pause, timedelta(hours=1))

    def test_gone_is_for_good(self) -> None:
        self.assertIsNone(self.judge(Reply(410)).again)

    def test_only_2xx_is_success(self) -> None:
        self.assertEqual(
            [Reply(status).success for status in (None, 199, 200, 204, 299, 300, 302, 500)],
            [False, False, True, True, True, False, False, False],
        )


class Retrying(WebhookCase):
    def test_a_receiver_that_fails_a_while_gets_everything_in_order(self) -> None:
        failures = iter([500, 503])
        self.receiver.answer = lambda post: Answer(next(failures, 200))
        self.subscribe()
        self.start()
        connected("CP1", "CP2", "CP3")
        eventually(lambda: delivered() == 3)
        self.assertEqual(self.receiver.stations, ["CP1", "CP1", "CP1", "CP2", "CP3"])
        first = list(Attempt.objects.order_by("pk").values_list("status_code", "error"))[:3]
        self.assertEqual(first, [(500, "The receiver answered 500."), (503, "The receiver answered 503."), (200, "")])
        self.assertEqual(Subscription.objects.get().failures, 0)

    def test_a_repeated_post_has_the_same_id_and_body_and_a_fresh_signature(self) -> None:
        failures = iter([500])
        self.receiver.answer = lambda post: Answer(next(failures, 200))
        secret = self.subscribe().secret
        self.start()
        connected("CP1")
        eventually(lambda: delivered() == 1)
        first, second = self.receiver.posts
        self.assertEqual((first.headers["Webhook-Id"], first.body), (second.headers["Webhook-Id"], second.body))
        second.verify(secret)

    def test_one_that_is_refused_does_not_hold_up_the_others(self) -> None:
        self.receiver.answer = lambda post: Answer(422 if post.station == "CP1" else 200)
        self.subscribe()
        self.start()
        connected("CP1", "CP2", "CP3")
        eventually(lambda: delivered() == 2)
        eventually(lambda: self.receiver.stations.count("CP1") > 3)  # and it is tried again and again
        self.assertEqual([each for each in self.receiver.stations if each != "CP1"], ["CP2", "CP3"])

    def test_one_on_which_the_receiver_breaks_stands_aside_after_some_attempts(self) -> None:
        self.receiver.answer = lambda post: Answer(500 if post.station == "CP1" else 200)
        self.subscribe()
        self.start()
        connected("CP1", "CP2")
        eventually(lambda: delivered() == 1)
        self.assertEqual(self.receiver.stations[: QUICK.in_order], ["CP1"] * QUICK.in_order)

    def test_a_failing_subscription_holds_up_no_other(self) -> None:
        hold = threading.Event()
        self.addCleanup(hold.set)
        self.receiver.answer = lambda post: Answer(hold=hold if post.path.endswith("slow") else None)
        self.subscribe(url=self.receiver.url + "?slow")
        self.subscribe()
        self.start()
        connected("CP1", "CP2", "CP3")
        eventually(lambda: delivered() == 3)
        self.assertEqual([post.path for post in self.receiver.posts].count("/hook?slow"), 1)

    def test_410_ends_the_subscription(self) -> None:
        self.receiver.answer = lambda post: Answer(410)
        self.subscribe()
        self.start()
        with self.assertLogs("smartserver.webhooks.queue", "WARNING"):
            connected("CP1")
            eventually(lambda: not Subscription.objects.get().active)
        self.assertIn("410", Subscription.objects.get().stopped)
        self.assertEqual(Delivery.objects.get().state, GIVEN_UP)
        connected("CP2")
        self.assertEqual(Delivery.objects.count(), 1)

    def test_what_is_never_taken_is_given_up_and_can_be_delivered_later(self) -> None:
        self.receiver.answer = lambda post: Answer(500)
        self.subscribe()
        short = Schedule(steps=(0.01,), lifetime=timedelta(seconds=0.05), in_order=2, longest_pause=0.01)
        self.start(schedule=short)
        connected("CP1")
        eventually(lambda: Delivery.objects.get().state == GIVEN_UP)
        self.receiver.answer = lambda post: Answer(200)
        key = Delivery.objects.get().pk
        store(lambda batch: services.redeliver(batch, delivery_id=key))
        eventually(lambda: delivered() == 1)

    def test_a_new_address_is_tried_at_once(self) -> None:
        self.receiver.answer = lambda post: Answer(500 if post.path == "/hook" else 200)
        created = self.subscribe()
        self.start(schedule=Schedule())  # whose first pause is longer than the test
        connected("CP1", "CP2")
        eventually(lambda: Attempt.objects.count() == 1)
        store(
            lambda batch: services.change_subscription(
                batch, subscription_id=created.subscription_id, url=self.receiver.url + "?new"
            )
        )
        eventually(lambda: delivered() == 2)
        self.assertEqual(self.receiver.stations, ["CP1", "CP1", "CP2"])

    def test_an_inactive_subscription_gets_nothing_until_it_is_active_again(self) -> None:
        created = self.subscribe()
        connected("CP1")
        store(lambda b: services.change_subscription(b, subscription_id=created.subscription_id, active=False))
        self.start()
        connected("CP2")  # nobody is to be told of this one
        store(lambda b: services.change_subscription(b, subscription_id=created.subscription_id, active=True))
        connected("CP3")
        eventually(lambda: delivered() == 2)
        self.assertEqual(self.receiver.stations, ["CP1", "CP3"])


class BadAnswers(WebhookCase):
    def error_of_the_first_attempt(self, **options: Any) -> str:
        self.start(**options)
        connected("CP1")
        eventually(lambda: Attempt.objects.exists())
        attempt = Attempt.objects.order_by("pk")[0]
        return attempt.error

    def test_redirects_are_not_followed(self) -> None:
        self.receiver.answer = lambda post: Answer(302, headers={"Location": "/elsewhere"})
        self.subscribe()
        self.assertEqual(self.error_of_the_first_attempt(), "Redirects are not followed.")
        self.assertEqual({post.path for post in self.receiver.posts}, {"/hook"})

    def test_an_answer_that_does_not_come_in_time_is_none(self) -> None:
        hold = threading.Event()
        self.addCleanup(hold.set)
        self.receiver.answer = lambda post: Answer(hold=hold)
        self.subscribe()
        self.assertEqual(self.error_of_the_first_attempt(timeout=0.1), "No complete answer within 0.1 seconds.")

    def test_nobody_listens(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self.subscribe(url=f"http://127.0.0.1:{unused.getsockname()[1]}/")
            self.assertRegex(self.error_of_the_first_attempt(), "^The connection failed: ")

    def test_what_is_no_http_is_no_answer(self) -> None:
        for said, error in (
            (b"hello\r\n\r\n", "The answer is no HTTP"),
            (b"", "closed the connection without an answer"),
        ):
            with self.subTest(said), socket.create_server(("127.0.0.1", 0)) as listener:
                self.subscribe(url=f"http://127.0.0.1:{listener.getsockname()[1]}/")

                def answer(listener: socket.socket = listener, said: bytes = said) -> None:
                    line, _ = listener.accept()
                    with line, line.makefile("rb") as request:
                        # All of it: closing with something unread resets the connection, and the answer may be lost.
                        length = 0
                        while header := request.readline().strip().lower():
                            if header.startswith(b"content-length:"):
                                length = int(header.partition(b":")[2])
                        request.read(length)
                        line.sendall(said)

                thread = threading.Thread(target=answer, daemon=True)
                thread.start()
                process = self.start(schedule=Schedule())
                connected("CP1")
                eventually(lambda: Attempt.objects.exists())
                self.assertIn(error, Attempt.objects.get().error)
                process.stop()
                thread.join(5)
                Subscription.objects.all().delete()
                Attempt.objects.all().delete()

    def test_an_endless_answer_is_cut_off(self) -> None:
        self.receiver.answer = lambda post: Answer(200, body=b"a" * 3_000_000)
        self.subscribe()
        self.start()
        connected("CP1", "CP2")
        eventually(lambda: delivered() == 2)
        self.assertEqual({len(attempt.answer) for attempt in Attempt.objects.all()}, {1000})

    def test_a_connection_that_the_receiver_closes_without_a_word_is_opened_again(self) -> None:
        """It may do so between any two posts; nobody is to be blamed for that."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.subscribe(url=f"http://127.0.0.1:{listener.getsockname()[1]}/")

            def serve() -> None:
                for _ in range(3):
                    line, _ = listener.accept()
                    with line:
                        while b"}}" not in line.recv(65536):
                            pass
                        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            connected("CP1", "CP2", "CP3")
            self.start(schedule=Schedule())
            eventually(lambda: delivered() == 3)
            thread.join(5)
        self.assertEqual(Attempt.objects.count(), 3)

    def test_a_connection_that_was_closed_between_two_posts_is_no_failure(self) -> None:
        self.receiver.answer = lambda post: Answer(headers={"Connection": "close"})
        self.subscribe()
        self.start()
        connected("CP1", "CP2", "CP3")
        eventually(lambda: delivered() == 3)
        self.assertEqual(Attempt.objects.count(), 3)
