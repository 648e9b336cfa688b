"""A command's way from the queue to its last word, unit by unit."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

from django.test import TestCase

from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.errors import Conflict, NotFound
from smartserver.core.events import HINT_COMMANDS
from stations import outcomes, settlement
from stations.models import Command, Message, Registration, Station
from stations.models import State as StationState
from stations.ocpp.errors import CallError
from stations.services.commands import Requester, queue_command
from stations.services.settled import Settled
from stations.settlement import Outgoing
from tests.stations.factories import StationFactory
from tests.stations.support import NOON, rules_of
from tests.units import run, run_published

SOFT = {"type": "Soft"}


class CommandCase(TestCase):
    def setUp(self) -> None:
        self.enterContext(clock.frozen(NOON))
        self.station = StationFactory.create(connection=7, state=StationState.ONLINE)

    def queue(self, action: str = "ClearCache", payload: Any = None, **options: Any) -> Command:
        found: Command = run(
            lambda batch: queue_command(
                batch, station_id=self.station.pk, action=action, payload=payload or {}, **options
            )
        )[0]
        return found

    def take(self, generation: int = 7, version: str = "1.6") -> Outgoing | None:
        found: Outgoing | None = run(
            lambda batch: settlement.take_next(
                batch, station_id=self.station.pk, generation=generation, version=version
            )
        )[0]
        return found

    def sent(self, action: str = "ClearCache", payload: Any = None) -> Outgoing:
        self.queue(action, payload)
        sent = self.take()
        assert sent is not None
        return sent

    def only(self) -> Command:
        return Command.objects.get()


class Sent(CommandCase):
    def test_in_order_and_one_at_a_time(self) -> None:
        first, second = self.queue(), self.queue("GetLocalListVersion")
        taken = self.take()
        assert taken is not None
        self.assertEqual((taken.command_id, taken.action, taken.payload), (first.pk, "ClearCache", {}))
        self.assertIsNone(self.take(), "the first one is on its way")
        run(partial(settlement.take_answer, sent=taken, reply={"status": "Accepted"}))
        taken = self.take()
        assert taken is not None
        self.assertEqual(taken.command_id, second.pk)

    def test_it_is_on_record_before_it_leaves(self) -> None:
        sent = self.sent()
        row = self.only()
        self.assertEqual((row.state, row.attempts, row.connection, row.ocpp_version), ("sent", 1, 7, "1.6"))
        self.assertEqual((row.message_id, row.sent_at), (sent.message_id, NOON))

    def test_only_the_newest_connection_gets_it(self) -> None:
        self.queue()
        self.assertIsNone(self.take(generation=6))
        self.assertEqual(self.only().state, "queued")

    def test_a_rejected_station_is_told_nothing(self) -> None:
        self.queue()
        Station.objects.update(registration=Registration.REJECTED)
        self.assertIsNone(self.take())
        Station.objects.update(registration=Registration.PENDING)
        self.assertIsNotNone(self.take())

    def test_what_is_too_old_expires_instead(self) -> None:
        self.queue(lifetime=timedelta(seconds=10))
        with clock.frozen(NOON + timedelta(seconds=10)):
            self.assertIsNone(self.take())
        self.assertEqual(self.only().state, "expired")

    def test_many_that_make_no_sense_end_in_several_transactions(self) -> None:
        for _ in range(3):
            self.queue(lifetime=timedelta(seconds=10))
        good = self.queue()
        with clock.frozen(NOON + timedelta(seconds=10)), mock.patch.object(settlement, "MAX_ENDED", 2):
            look = partial(settlement.take_next, station_id=self.station.pk, generation=7, version="1.6")
            (taken,), published = run_published(look)
            self.assertIsNone(taken)
            self.assertIn((HINT_COMMANDS, {"station": self.station.pk}), published.hints)
            taken = self.take()
            assert taken is not None
            self.assertEqual(taken.command_id, good.pk)

    def test_a_station_that_is_gone_is_asked_nothing(self) -> None:
        self.assertIsNone(run(partial(settlement.take_next, station_id=0, generation=7, version="1.6"))[0])

    def test_what_another_version_does_not_know_fails_instead(self) -> None:
        self.queue("ChangeConfiguration", {"key": "a", "value": "b"})
        self.queue("Reset", SOFT)
        third = self.queue()
        taken = self.take(version="2.0.1")
        assert taken is not None
        self.assertEqual(taken.command_id, third.pk)
        rows = Command.objects.exclude(pk=third.pk).order_by("pk")
        self.assertEqual(
            [(row.state, row.result) for row in rows], [("failed", "unknown_action"), ("failed", "invalid_payload")]
        )


class Answered(CommandCase):
    def test_the_station_s_word_is_kept(self) -> None:
        sent = self.sent("Reset", SOFT)
        with clock.frozen(NOON + timedelta(seconds=3)):
            (_,), published = run_published(
                lambda batch: settlement.take_answer(batch, sent=sent, reply={"status": "Rejected"}, rules=("a_rule",))
            )
        row = self.only()
        self.assertEqual((row.state, row.result, row.reply), ("answered", "Rejected", {"status": "Rejected"}))
        self.assertEqual(row.settled_at, NOON + timedelta(seconds=3))
        logged = Message.objects.get()
        self.assertEqual(
            (logged.direction, logged.action, logged.request, logged.reply, logged.outcome, logged.message_id),
            ("out", "Reset", '{"type":"Soft"}', '{"status":"Rejected"}', "CALLRESULT", sent.message_id),
        )
        self.assertEqual((logged.received_at, logged.answered_at), (NOON, NOON + timedelta(seconds=3)))
        self.assertEqual(rules_of(self.station), {"a_rule": 1})
        self.assertIn("command.settled", [kind for kind, _ in published.events])

    def test_an_answer_without_a_status_is_one(self) -> None:
        sent = self.sent("GetLocalListVersion")
        run(lambda batch: settlement.take_answer(batch, sent=sent, reply={"listVersion": 4}))
        self.assertEqual((self.only().state, self.only().result), ("answered", ""))

    def test_an_error_fails_it(self) -> None:
        sent = self.sent()
        run(lambda batch: settlement.take_error(batch, sent=sent, error=CallError("NotSupported", "no", {"a": 1})))
        row = self.only()
        self.assertEqual((row.state, row.result, row.error, row.reply), ("failed", "NotSupported", "no", None))
        self.assertEqual(Message.objects.get().outcome, "NotSupported")

    def test_an_answer_that_cannot_be_read_is_shown_as_it_came(self) -> None:
        """FIELD 29."""
        sent = self.sent()
        wrong = CallError("TypeConstraintViolation", "status")
        run(lambda batch: settlement.take_error(batch, sent=sent, error=wrong, reply={"status": 3}))
        row = self.only()
        self.assertEqual((row.state, row.result, row.reply), ("failed", "TypeConstraintViolation", {"status": 3}))
        self.assertEqual(Message.objects.get().outcome, "CALLRESULT")

    def test_silence_ends_it(self) -> None:
        sent = self.sent()
        run(lambda batch: settlement.take_silence(batch, sent=sent))
        self.assertEqual((self.only().state, self.only().result), ("timed_out", "TimedOut"))
        logged = Message.objects.get()
        self.assertEqual((logged.outcome, logged.answered_at, logged.reply), ("TimedOut", None, ""))

    def test_a_call_that_nobody_answered_is_no_sign_of_life(self) -> None:
        Station.objects.update(state=StationState.STALE, last_seen_at=NOON)
        sent = self.sent()
        with clock.frozen(NOON + timedelta(seconds=30)):
            run(lambda batch: settlement.take_silence(batch, sent=sent))
        station = Station.objects.get()
        self.assertEqual((station.state, station.last_seen_at), (StationState.STALE, NOON))

    def test_what_comes_for_an_earlier_attempt_changes_nothing(self) -> None:
        sent = self.sent()
        run(lambda batch: settlement.take_loss(batch, sent=sent, left=True))
        again = self.take()
        assert again is not None
        for late in (
            lambda batch: settlement.take_answer(batch, sent=sent, reply={"status": "Accepted"}),
            lambda batch: settlement.take_error(batch, sent=sent, error=CallError("X", "")),
            lambda batch: settlement.take_silence(batch, sent=sent),
            lambda batch: settlement.take_loss(batch, sent=sent, left=True),
        ):
            run(late)
        self.assertEqual((self.only().state, self.only().message_id), ("sent", again.message_id))


class Lost(CommandCase):
    def lose(self, sent: Outgoing, *, left: bool = True) -> None:
        run(lambda batch: settlement.take_loss(batch, sent=sent, left=left))

    def test_what_does_no_harm_twice_is_sent_again(self) -> None:
        """FIELD 11: commands survive a reconnect."""
        sent = self.sent()
        self.lose(sent)
        self.assertEqual(self.only().state, "queued")
        again = self.take()
        assert again is not None
        self.assertEqual((again.command_id, self.only().attempts), (sent.command_id, 2))
        self.assertNotEqual(again.message_id, sent.message_id)
        self.assertEqual(Message.objects.get().outcome, "ConnectionLost", "the first attempt is on record")

    def test_what_would_happen_twice_is_not_sent_again(self) -> None:
        self.lose(self.sent("Reset", SOFT))
        row = self.only()
        self.assertEqual((row.state, row.result), ("failed", "ConnectionLost"))
        self.assertIn("may have carried it out", row.error)

    def test_what_never_left_waits_whatever_it_is(self) -> None:
        self.lose(self.sent("Reset", SOFT), left=False)
        self.assertEqual(self.only().state, "queued")

    def test_the_third_broken_connection_ends_it(self) -> None:
        sent: Outgoing | None = self.sent()
        for _ in range(settlement.MAX_ATTEMPTS):
            assert sent is not None
            self.lose(sent)
            sent = self.take()
        self.assertIsNone(sent)
        self.assertEqual((self.only().state, self.only().attempts), ("failed", 3))

    def test_it_is_not_sent_again_after_its_time(self) -> None:
        self.queue(lifetime=timedelta(seconds=5))
        sent = self.take()
        assert sent is not None
        with clock.frozen(NOON + timedelta(seconds=6)):
            self.lose(sent)
        self.assertEqual(self.only().state, "failed")

    def test_the_next_connection_finds_what_a_killed_process_had_sent(self) -> None:
        self.queue("Reset", SOFT)
        self.take()
        self.queue()
        Station.objects.update(connection=8)
        taken = self.take(generation=8)
        assert taken is not None
        rows = list(Command.objects.order_by("pk"))
        self.assertEqual([(row.state, row.result) for row in rows], [("failed", "ConnectionLost"), ("sent", "")])
        self.assertEqual(Message.objects.get().outcome, "ConnectionLost")


class Swept(CommandCase):
    def sweep(self, *, seconds: int) -> list[Any]:
        with clock.frozen(NOON + timedelta(seconds=seconds)):
            return run_published(
                lambda batch: settlement.sweep(batch, unanswered_since=batch.now - timedelta(seconds=90))
            )[1].hints

    def test_what_waited_too_long_expires(self) -> None:
        self.queue(lifetime=timedelta(seconds=10))
        self.sweep(seconds=9)
        self.assertEqual(self.only().state, "queued")
        self.sweep(seconds=10)
        self.assertEqual(self.only().state, "expired")

    def test_what_a_dead_process_had_sent_is_recovered(self) -> None:
        self.sent()
        self.sweep(seconds=90)
        self.assertEqual(self.only().state, "sent")
        self.sweep(seconds=91)
        self.assertEqual(self.only().state, "queued")

    def test_the_processes_are_reminded_of_what_waits(self) -> None:
        self.queue()
        self.queue()
        self.assertEqual(self.sweep(seconds=1), [], "they have just been told")
        self.assertEqual(self.sweep(seconds=3), [(HINT_COMMANDS, {"station": self.station.pk})])
        Station.objects.update(state=StationState.OFFLINE)
        self.assertEqual(self.sweep(seconds=3), [])


class Cancelled(CommandCase):
    def cancel(self, command_id: int) -> Command:
        found: Command = run(
            lambda batch: settlement.cancel_command(batch, command_id=command_id, by=Requester("olga"))
        )[0]
        return found

    def test_while_it_waits(self) -> None:
        self.cancel(self.queue().pk)
        self.assertEqual((self.only().state, self.only().error), ("cancelled", "Cancelled by olga."))
        self.assertIsNone(self.take())

    def test_not_when_it_has_left(self) -> None:
        with self.assertRaisesRegex(Conflict, "This command is sent"):
            self.cancel(self.sent().command_id)
        with self.assertRaises(NotFound):
            self.cancel(0)


class Followed(CommandCase):
    def test_by_nothing_when_what_follows_fails_but_the_answer_stays(self) -> None:
        def fail(batch: Batch, settled: Settled) -> None:
            Station.objects.update(vendor="half done")
            raise KeyError("bug")

        sent = self.sent()
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        with mock.patch.object(outcomes, "follow", fail):
            run(lambda batch: settlement.take_answer(batch, sent=sent, reply={"status": "Accepted"}))
        row = self.only()
        self.assertEqual((row.state, row.result), ("answered", "Accepted"))
        self.assertIn("could not use it", row.error)
        self.assertEqual(Station.objects.get().vendor, "")

    def test_by_whoever_waits_when_no_answer_came(self) -> None:
        ended: list[tuple[str, Any]] = []

        def note(batch: Batch, settled: Settled) -> None:
            ended.append((settled.command.state, settled.request))

        sent = self.sent("Reset", SOFT)
        with mock.patch.object(outcomes, "UNTOLD", {"Reset": note}):
            run(lambda batch: settlement.take_silence(batch, sent=sent))
        self.assertEqual(ended, [("timed_out", SOFT)])

    def test_by_a_use_case_when_the_answer_tells_something(self) -> None:
        told: list[Any] = []
        sent = self.sent("GetLocalListVersion")
        with (
            mock.patch.object(
                outcomes, "ANSWERS", {"1.6": {"GetLocalListVersion": lambda _, reply: reply["listVersion"]}}
            ),
            mock.patch.object(outcomes, "TOLD", {int: lambda batch, settled, fact: told.append(fact)}),
        ):
            run(lambda batch: settlement.take_answer(batch, sent=sent, reply={"listVersion": 4}))
        self.assertEqual(told, [4])
