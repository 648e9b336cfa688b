"""What is asked of a station that is not accepted yet (1.6 section 4.2, 2.x use cases B02 and B03).

A station knows of its registration what the answer to its last boot said, and behaves by that.
"""

from __future__ import annotations

from typing import Any

from django.test import TestCase, override_settings

from smartserver.core import clock
from stations import settlement
from stations.models import Command, Registration, Station
from stations.services.commands import queue_command
from stations.settlement import Outgoing
from tests.stations.factories import StationFactory
from tests.stations.support import NOON, Client, SocketCase
from tests.units import run
from tests.waiting import eventually

START: tuple[str, dict[str, Any]] = ("RemoteStartTransaction", {"idTag": "TAG"})
STOP: tuple[str, dict[str, Any]] = ("RemoteStopTransaction", {"transactionId": 1})


def queue(station: Station, action: str, payload: dict[str, Any]) -> Command:
    command: Command = run(lambda batch: queue_command(batch, station_id=station.pk, action=action, payload=payload))[0]
    return command


class APendingStation(TestCase):
    def setUp(self) -> None:
        self.enterContext(clock.frozen(NOON))
        self.station = StationFactory.create(connection=7, registration=Registration.PENDING)

    def take(self, registration: str = "") -> Outgoing | None:
        found: Outgoing | None = run(
            lambda batch: settlement.take_next(
                batch, station_id=self.station.pk, generation=7, version="1.6", registration=registration
            )
        )[0]
        return found

    def test_gets_no_remote_start_or_stop_and_they_stay_in_the_queue(self) -> None:
        for action, payload in (START, STOP):
            queue(self.station, action, payload)
        self.assertIsNone(self.take())
        self.assertEqual(Command.objects.filter(state="queued").count(), 2)

    def test_gets_other_commands_although_a_remote_start_waits(self) -> None:
        queue(self.station, *START)
        second = queue(self.station, "GetConfiguration", {})
        taken = self.take()
        assert taken is not None
        self.assertEqual(taken.command_id, second.pk)

    def test_stays_one_until_it_is_told_something_else(self) -> None:
        queue(self.station, *START)
        Station.objects.update(registration=Registration.ACCEPTED)
        self.assertIsNone(self.take("Pending"), "accepted, but it does not know yet")
        self.assertIsNotNone(self.take("Accepted"))

    def test_is_none_while_it_was_told_that_it_is_accepted(self) -> None:
        """Whoever has taken a station back still wants to stop what runs there."""
        queue(self.station, *STOP)
        self.assertIsNotNone(self.take("Accepted"))


@override_settings(OPEN=True)
class OnTheWire(SocketCase):
    def setUp(self) -> None:
        self.station = StationFactory.create(identity="CP1")

    def decide(self, registration: Registration) -> None:
        Station.objects.update(registration=registration)

    def hears_nothing(self, client: Client) -> None:
        """Everything that could lead to a call has been gone through."""
        socket = self.server.socket_of("CP1")
        self.server.in_loop(socket.look_for_commands)
        eventually(lambda: self.server.runtime.writer.waiting == 0)
        self.assertEqual(client.ask("Heartbeat")[0], 3)
        self.assertEqual(client._heard, [])

    def test_remote_start_follows_the_boot_that_is_accepted(self) -> None:
        self.decide(Registration.PENDING)
        with self.server.station() as client:
            self.assertEqual(client.boot()[2]["status"], "Pending")
            queue(self.station, *START)
            self.decide(Registration.ACCEPTED)
            self.hears_nothing(client)
            self.assertEqual(client.boot()[2]["status"], "Accepted")
            call = client.hear_call()
            self.assertEqual(call[2:], list(START))
            client.say([3, call[1], {"status": "Accepted"}])
            eventually(lambda: Command.objects.get().state == Command.State.ANSWERED)

    def test_station_that_takes_itself_for_rejected_loses_no_command(self) -> None:
        self.decide(Registration.REJECTED)
        with self.server.station() as client:
            self.assertEqual(client.boot()[2]["status"], "Rejected")
            queue(self.station, "ClearCache", {})
            self.hears_nothing(client)
            self.decide(Registration.ACCEPTED)
            self.hears_nothing(client)
            self.assertEqual(Command.objects.get().attempts, 0)
            client.boot()
            call = client.hear_call()
            self.assertEqual(call[2], "ClearCache")
            client.say([3, call[1], {"status": "Accepted"}])
            eventually(lambda: Command.objects.get().state == Command.State.ANSWERED)

    @override_settings(HEARTBEAT_CHECK=0.05, OCPP_CALL_TIMEOUT=0.05)
    def test_rejected_station_is_not_asked_for_life_before_its_next_boot_is_due(self) -> None:
        self.decide(Registration.REJECTED)
        with self.server.station() as client:
            client.boot()
            socket = self.server.socket_of("CP1")
            looks: list[float] = []
            self.server.in_loop(lambda: self._count_looks(socket, looks))
            eventually(lambda: len(looks) > 6)  # longer than an interval and the time for an answer
            self.hears_nothing(client)
            self.decide(Registration.ACCEPTED)
            client.boot()
            self.assertEqual(client.hear_call()[2], "GetConfiguration", "from now on it is asked again")

    def _count_looks(self, socket: Any, looks: list[float]) -> None:
        watch = socket._watch

        def counted() -> None:
            looks.append(clock.monotonic())
            watch()

        socket._watch = counted
