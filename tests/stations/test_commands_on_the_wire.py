"""Commands over real sockets: to the newest one, one at a time, never in the way of the station's own calls."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any
from unittest import mock

from django.test import override_settings

from smartserver.core import change
from smartserver.core.errors import Unavailable
from stations import consumers, settlement
from stations.models import Command, Message, Station
from stations.ocpp.frames import Payload
from stations.services.commands import queue_command
from stations.services.equipment import enrolment
from tests.stations.support import Client, SocketCase, rules_of
from tests.waiting import eventually

ACCEPTED = {"status": "Accepted"}


def ask(action: str = "ClearCache", payload: Payload | None = None, identity: str = "CP1", **options: Any) -> Command:
    """Queue a command as REST does."""
    station = Station.objects.get(identity=identity)
    return change.store(partial(queue_command, station_id=station.pk, action=action, payload=payload or {}, **options))


def settled(command: Command) -> Command:
    """The command, once it has ended."""
    eventually(lambda: Command.objects.get(pk=command.pk).settled_at is not None)
    return Command.objects.get(pk=command.pk)


@override_settings(OPEN=True)
class CommandsLeave(SocketCase):
    def test_at_once_where_the_station_is_there(self) -> None:
        with self.server.station() as client:
            client.boot()
            command = ask("Reset", {"type": "Soft"})
            frame = client.hear_call()
            self.assertEqual((frame[0], frame[2], frame[3]), (2, "Reset", {"type": "Soft"}))
            self.assertEqual(Command.objects.get().state, "sent")
            client.say([3, frame[1], ACCEPTED])
            self.assertEqual((settled(command).state, settled(command).result), ("answered", "Accepted"))
            self.assertEqual(self.logged(message_id=frame[1]).action, "Reset")

    def test_when_the_station_comes_back_in_order(self) -> None:
        Station.objects.create(identity="CP1")
        commands = [ask(), ask("GetLocalListVersion"), ask("Reset", {"type": "Hard"})]
        with self.server.station() as client:
            client.boot()
            for command, reply in zip(commands, (ACCEPTED, {"listVersion": 3}, ACCEPTED), strict=True):
                frame = client.hear_call()
                self.assertEqual(frame[2], command.action)
                client.say([3, frame[1], reply])
                self.assertEqual(settled(command).reply, reply)

    def test_not_before_the_station_has_said_who_it_is(self) -> None:
        Station.objects.create(identity="CP1")
        ask()
        with self.server.station() as client:
            self.assertEqual(client.boot()[0], 3)
            self.assertEqual(client._heard, [], "nothing came before the answer to the boot")
            self.assertEqual(client.hear_call()[2], "ClearCache")

    def test_to_a_station_that_stays_silent_after_a_while(self) -> None:
        Station.objects.create(identity="CP1")
        ask()
        with mock.patch.object(consumers, "QUIET_SECONDS", 0.05), self.server.station() as client:
            self.assertEqual(client.hear_call()[2], "ClearCache")

    def test_one_at_a_time_while_the_station_goes_on_talking(self) -> None:
        """FIELD 9, 10."""
        with self.server.station() as client:
            client.boot()
            first, second = ask(), ask("GetLocalListVersion")
            frame = client.hear_call()
            self.assertEqual(client.ask("Heartbeat")[0], 3, "its own calls are answered meanwhile")
            self.assertEqual(client.ask("Heartbeat")[0], 3)
            self.assertEqual(client._heard, [], "the second one waits for the first one's answer")
            client.say([3, frame[1], ACCEPTED])
            frame = client.hear_call()
            self.assertEqual(frame[2], "GetLocalListVersion")
            client.say([3, frame[1], {"listVersion": 0}])
            self.assertEqual([settled(first).state, settled(second).state], ["answered"] * 2)

    def test_to_the_newest_connection(self) -> None:
        """FIELD 1."""
        with self.server.station() as old:
            old.boot()
            with self.server.station() as new:
                new.boot()
                ask()
                self.assertEqual(new.hear_call()[2], "ClearCache")


@override_settings(OPEN=True)
class CommandsEnd(SocketCase):
    def answer(self, client: Client, reply: list[Any], action: str = "ClearCache") -> Command:
        client.boot()
        command = ask(action)
        frame = client.hear_call()
        client.say([reply[0], frame[1], *reply[1:]])
        return settled(command)

    def test_with_an_error(self) -> None:
        with self.server.station() as client:
            command = self.answer(client, [4, "NotSupported", "no cache", {}])
            self.assertEqual((command.state, command.result, command.error), ("failed", "NotSupported", "no cache"))

    def test_with_an_answer_that_had_to_be_mended(self) -> None:
        with self.server.station() as client:
            command = self.answer(client, [3, {"status": "Accepted", "vendorNote": "hello"}])
            self.assertEqual((command.state, command.result), ("answered", "Accepted"))
            self.assertEqual(sum(rules_of(Station.objects.get()).values()), 1)

    def test_with_an_answer_that_nobody_understands(self) -> None:
        with self.server.station() as client:
            command = self.answer(client, [3, {"status": 7.5}])
            self.assertEqual((command.state, command.reply), ("failed", {"status": 7.5}))
            self.assertIn("invalid_answer", rules_of(Station.objects.get()))

    @override_settings(OCPP_CALL_TIMEOUT=0.05)
    def test_without_an_answer_and_the_next_one_leaves(self) -> None:
        """FIELD 11."""
        with self.server.station() as client:
            client.boot()
            first, second = ask(), ask("GetLocalListVersion")
            late = client.hear_call()
            self.assertEqual(settled(first).state, "timed_out")
            frame = client.hear_call()
            self.assertEqual(frame[2], "GetLocalListVersion")
            client.say([3, late[1], ACCEPTED])  # too late
            client.say([3, frame[1], {"listVersion": 0}])
            self.assertIn(settled(second).state, ("answered", "timed_out"))
            self.assertEqual(settled(first).state, "timed_out")
            self.logged(outcome="UnexpectedAnswer")

    def test_on_the_next_connection_when_the_first_one_breaks(self) -> None:
        """FIELD 11."""
        with self.server.station() as client:
            client.boot()
            command = ask()
            client.hear_call()
            client.vanish()
        with self.server.station() as client:
            client.boot()
            frame = client.hear_call()
            self.assertEqual(frame[2], "ClearCache")
            client.say([3, frame[1], ACCEPTED])
            self.assertEqual((settled(command).state, settled(command).attempts), ("answered", 2))
        outcomes = Message.objects.filter(action="ClearCache").order_by("pk").values_list("outcome", flat=True)
        self.assertEqual(list(outcomes), ["ConnectionLost", "CALLRESULT"])

    def test_as_lost_when_twice_would_do_harm(self) -> None:
        with self.server.station() as client:
            client.boot()
            command = ask("Reset", {"type": "Hard"})
            client.hear_call()
            client.vanish()
        self.assertEqual((settled(command).state, settled(command).result), ("failed", "ConnectionLost"))

    def test_even_when_a_fault_of_ours_spoils_its_answer(self) -> None:
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        with self.server.station() as client:
            client.boot()
            spoilt, other = ask(), ask("GetLocalListVersion")
            frame = client.hear_call()
            with mock.patch.object(settlement, "take_answer", side_effect=KeyError("bug")):
                client.say([3, frame[1], ACCEPTED])
                self.assertEqual((settled(spoilt).state, settled(spoilt).result), ("failed", "InternalError"))
            frame = client.hear_call()  # nobody waits behind it
            self.assertEqual(frame[2], "GetLocalListVersion")
            client.say([3, frame[1], {"listVersion": 0}])
            self.assertEqual(settled(other).state, "answered")

    def test_even_when_the_database_could_not_take_its_answer(self) -> None:
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        with self.server.station() as client:
            client.boot()
            command = ask()
            frame = client.hear_call()
            failures = self.server.runtime.writer.failures
            with mock.patch.object(settlement, "take_answer", side_effect=Unavailable("out of reach")):
                client.say([3, frame[1], ACCEPTED])
                eventually(lambda: self.server.runtime.writer.failures > failures)
            self.assertEqual(Command.objects.get().state, "sent")
            client.vanish()
        with self.server.station() as client:  # recovered, and sent again
            client.boot()
            frame = client.hear_call()
            client.say([3, frame[1], ACCEPTED])
            self.assertEqual(settled(command).attempts, 2)


@override_settings(OPEN=True)
class LockedOut(SocketCase):
    def test_a_station_that_is_to_be_removed_loses_its_connection(self) -> None:
        with self.server.station() as client:
            client.boot()
            station = Station.objects.get()
            change.store(partial(enrolment.lock_out, station_id=station.pk))
            self.assertEqual(client.close_code(), 1008)
        self.assert_refused("/ocpp/CP1", 401)

    def test_a_station_that_was_removed_unheard_loses_it_with_its_next_call(self) -> None:
        with self.server.station() as client:
            client.boot()
            Station.objects.get().delete()  # as another process does whose word got lost
            with self.assertNoLogs(level=logging.ERROR):
                client.say([2, "after", "Heartbeat", {}])
                self.assertEqual(client.close_code(), 1008)
        self.assertFalse(Message.objects.filter(message_id="after").exists())
