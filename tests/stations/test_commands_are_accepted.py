"""What is accepted as a command, and what is refused before it is queued."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

from django.test import TestCase, override_settings

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, InvalidPayload, NotFound, UnknownAction
from smartserver.core.events import HINT_COMMANDS, TOPIC_COMMANDS
from stations.models import Command
from stations.ocpp import directions, schemas
from stations.services import commands
from stations.services.commands import SERVER, Requester, queue_command
from tests.stations.factories import StationFactory, TransactionFactory
from tests.units import run, run_published


class Accepted(TestCase):
    def setUp(self) -> None:
        self.station = StationFactory.create()

    def queue(self, action: str = "Reset", payload: Any = None, **options: Any) -> Command:
        payload = {"type": "Soft"} if payload is None else payload

        def unit(batch: Batch) -> Command:
            return queue_command(batch, station_id=self.station.pk, action=action, payload=payload, **options)

        command: Command = run(unit)[0]
        return command

    def test_it_waits_with_all_that_is_known_of_it(self) -> None:
        (command,), published = run_published(
            lambda batch: queue_command(
                batch,
                station_id=self.station.pk,
                action="Reset",
                payload={"type": "Hard"},
                by=Requester("olga"),
                lifetime=timedelta(minutes=5),
            )
        )
        command = Command.objects.get()
        self.assertEqual((command.state, command.action, command.payload), ("queued", "Reset", {"type": "Hard"}))
        self.assertEqual((command.origin, command.attempts), ("olga", 0))
        self.assertEqual(command.expires_at - command.created_at, timedelta(minutes=5))
        self.assertEqual(published.rows, {TOPIC_COMMANDS: {command.pk}})
        self.assertEqual(published.hints, [(HINT_COMMANDS, {"station": self.station.pk})])

    @override_settings(COMMAND_LIFETIME=60)
    def test_it_waits_as_long_as_the_installation_says(self) -> None:
        command = self.queue()
        self.assertEqual(command.expires_at - command.created_at, timedelta(seconds=60))
        self.assertEqual(command.origin, SERVER.name)

    def test_the_same_key_is_the_same_command(self) -> None:
        first = self.queue(idempotency_key="k")
        self.assertEqual(self.queue(idempotency_key="k").pk, first.pk)
        with self.assertRaisesRegex(Conflict, "belongs to another") as caught:
            self.queue("ClearCache", {}, idempotency_key="k")
        self.assertEqual(caught.exception.details, {"command": first.pk})
        self.assertEqual(Command.objects.count(), 1)
        self.assertNotEqual(self.queue().pk, self.queue().pk, "without a key each one is its own")

    def test_an_unknown_station_is_not_found(self) -> None:
        self.station.pk = 0
        with self.assertRaises(NotFound):
            self.queue()

    def test_an_action_of_no_version_or_of_stations_is_refused_with_the_list(self) -> None:
        for action in ("Dance", "BootNotification", "RequestStartTransaction"):
            with self.assertRaises(UnknownAction) as caught:
                self.queue(action, {})
            self.assertEqual(caught.exception.details["actions"], sorted(directions.to_stations("1.6")))

    def test_the_version_of_the_newest_connection_decides(self) -> None:
        self.station.ocpp_version = "2.0.1"
        self.station.save()
        self.assertEqual(self.queue("Reset", {"type": "OnIdle"}).state, "queued")
        with self.assertRaises(InvalidPayload):
            self.queue("Reset", {"type": "Soft"})

    def test_a_payload_is_refused_with_path_and_reason(self) -> None:
        with self.assertRaises(InvalidPayload) as caught:
            self.queue("RemoteStartTransaction", {"idTag": 7, "connectorId": "1"})
        problems = {each["path"]: each["reason"] for each in caught.exception.details["problems"]}
        self.assertEqual(set(problems), {"idTag", "connectorId"})
        self.assertIn("string", problems["idTag"])

    def test_what_the_checks_of_an_action_say_counts(self) -> None:
        def no(station_id: int, payload: Any) -> None:
            raise InvalidPayload(f"{station_id}: {payload}")

        with mock.patch.object(commands, "CHECKS", {"Reset": no}), self.assertRaises(InvalidPayload):
            self.queue()

    def test_a_remote_start_without_a_token_uses_that_of_the_installation(self) -> None:
        """FIELD 30."""
        with override_settings(OCPP_REMOTE_START_TOKEN="HOUSE"):
            self.assertEqual(self.queue("RemoteStartTransaction", {"connectorId": 1}).payload["idTag"], "HOUSE")
            given = self.queue("RemoteStartTransaction", {"idTag": "CARD"})
            self.assertEqual(given.payload, {"idTag": "CARD"})
            self.station.ocpp_version = "2.0.1"
            self.station.save()
            started = self.queue("RequestStartTransaction", {"remoteStartId": 1})
            self.assertEqual(started.payload["idToken"], {"idToken": "HOUSE", "type": "Central"})
        with override_settings(OCPP_REMOTE_START_TOKEN=""), self.assertRaises(InvalidPayload):
            self.queue("RequestStartTransaction", {"remoteStartId": 1})

    def test_a_life_is_neither_over_nor_endless(self) -> None:
        for lifetime in (timedelta(0), timedelta(days=400)):
            with self.assertRaises(BadInput):
                self.queue(lifetime=lifetime)

    def test_a_queue_is_bounded(self) -> None:
        with mock.patch.object(commands, "MAX_QUEUED", 2):
            self.queue()
            self.queue()
            with self.assertRaisesRegex(Conflict, "wait for this station"):
                self.queue()

    def test_questions_of_the_server_are_asked_once(self) -> None:
        for _ in range(2):
            run(lambda batch: commands.ask_how_things_are(batch, station_id=self.station.pk, booted=False))
        asked = [command.payload["requestedMessage"] for command in Command.objects.order_by("pk")]
        self.assertEqual(asked, ["BootNotification", "StatusNotification"])

    def test_a_station_of_2x_is_asked_what_it_has_not_told_of_its_sessions(self) -> None:
        """FIELD 22."""
        self.station.ocpp_version = "2.0.1"
        self.station.save()
        TransactionFactory.create(station=self.station, reference="TX1")
        TransactionFactory.create(station=self.station, reference="TX0", active=False)
        run(lambda batch: commands.ask_how_things_are(batch, station_id=self.station.pk, booted=True))
        asked = [(command.action, command.payload) for command in Command.objects.order_by("pk")]
        self.assertEqual(asked[1:], [("GetTransactionStatus", {"transactionId": "TX1"})])


class Directions(TestCase):
    def test_every_action_goes_at_least_one_way(self) -> None:
        for version in ("1.6", "2.0.1", "2.1"):
            both = directions.from_stations(version) | directions.to_stations(version)
            self.assertEqual(both, schemas.actions(version))
            self.assertEqual(
                directions.from_stations(version) & directions.to_stations(version), frozenset({"DataTransfer"})
            )

    def test_16_knows_39(self) -> None:
        self.assertEqual(len(directions.from_stations("1.6")), 14)
        self.assertEqual(len(directions.to_stations("1.6")), 26)
