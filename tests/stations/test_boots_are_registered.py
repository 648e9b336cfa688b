"""BootNotification (1.6 section 4.2): the registration policy, the interval, and what the server asks afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

from django.test import TestCase, override_settings

from smartserver.core.events import STATION_BOOTED
from stations.models import Command, Registration, Station, Transaction
from stations.ocpp.frames import Payload
from stations.services import commands
from tests.stations.factories import StationFactory, TransactionFactory
from tests.stations.payloads import payload
from tests.stations.support import NOON, SocketCase, call
from tests.units import run, run_published
from tests.waiting import eventually


class BootCase(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()

    def boot(self, version: str = "1.6", **changes: Any) -> Payload:
        answer: Payload = run(
            call(self.station, "BootNotification", payload(version, "BootNotification") | changes, version=version)
        )[0]
        self.station.refresh_from_db()
        return answer


class Policy(BootCase):
    def test_decides_the_answer(self) -> None:
        for registration in Registration.values:
            Station.objects.update(registration=registration)
            self.assertEqual(self.boot()["status"], registration)

    def test_lets_only_the_accepted_count_as_booted(self) -> None:
        for registration in (Registration.PENDING, Registration.REJECTED):
            Station.objects.update(registration=registration)
            self.boot()
            self.assertIsNone(self.station.booted_at)
            self.assertEqual(self.station.vendor, "Vendor", "who it is, is known all the same")
        Station.objects.update(registration=Registration.ACCEPTED)
        self.boot()
        self.assertEqual(self.station.booted_at, NOON)

    def test_keeps_the_boot_of_before_when_a_station_is_no_longer_accepted(self) -> None:
        before = NOON - timedelta(days=1)
        Station.objects.update(booted_at=before, registration=Registration.PENDING)
        self.boot()
        self.assertEqual(self.station.booted_at, before)

    def test_interval_is_the_stations_own_or_that_of_the_installation(self) -> None:
        self.assertEqual(self.boot()["interval"], 300)
        for interval in (60, 0):
            Station.objects.update(heartbeat_interval=interval)
            self.assertEqual(self.boot()["interval"], interval)

    def test_reason_is_kept(self) -> None:
        self.boot("2.0.1", reason="Watchdog")
        self.assertEqual(self.station.boot_reason, "Watchdog")
        self.boot()
        self.assertEqual(self.station.boot_reason, "", "1.6 gives none")

    def test_running_sessions_go_on(self) -> None:
        """Their ends are reported after the boot, with the reason PowerLoss or Reboot."""
        TransactionFactory.create(station=self.station)
        self.boot()
        self.assertTrue(Transaction.objects.get().active)

    def test_boot_is_told(self) -> None:
        given = payload("1.6", "BootNotification")
        _, published = run_published(call(self.station, "BootNotification", given))
        (told,) = [data for kind, data in published.events if kind == STATION_BOOTED]
        self.assertEqual(
            (told["station"], told["registration"], told["firmware_version"]),
            (self.station.identity, "Accepted", "1.0"),
        )


class Configuration(BootCase):
    def asked(self) -> list[tuple[str, Payload, str]]:
        return list(Command.objects.order_by("pk").values_list("action", "payload", "origin"))

    ALL: tuple[str, Payload, str] = ("GetConfiguration", {}, "server")

    def test_is_asked_for_at_the_first_accepted_boot(self) -> None:
        Station.objects.update(registration=Registration.PENDING)
        self.boot()
        self.assertEqual(self.asked(), [])
        Station.objects.update(registration=Registration.ACCEPTED)
        self.boot()
        self.assertEqual(self.asked(), [self.ALL])

    def test_is_not_asked_for_twice_at_the_same_time(self) -> None:
        for _ in range(3):
            self.boot()
        self.assertEqual(self.asked(), [self.ALL])
        Command.objects.update(state=Command.State.SENT)
        self.boot()
        self.assertEqual(self.asked(), [self.ALL])

    def test_question_for_one_key_does_not_stand_for_all(self) -> None:
        run(
            lambda batch: commands.queue_command(
                batch, station_id=self.station.pk, action="GetConfiguration", payload={"key": ["X"]}
            )
        )
        self.boot()
        self.assertEqual(self.asked()[1:], [self.ALL])

    def test_is_not_asked_for_when_it_is_known(self) -> None:
        Station.objects.update(configured_at=NOON, firmware_version="1.0")
        self.boot()
        self.assertEqual(self.asked(), [])

    def test_is_asked_for_after_an_update_of_the_firmware(self) -> None:
        Station.objects.update(configured_at=NOON, firmware_version="0.9")
        self.boot()
        self.assertEqual(self.asked(), [self.ALL])

    def test_is_asked_for_again_where_it_was_never_read(self) -> None:
        self.boot()
        Command.objects.update(state=Command.State.FAILED)
        self.boot()
        self.assertEqual(self.asked(), [self.ALL, self.ALL])

    def test_of_2_x_is_the_whole_inventory_and_is_asked_for_once(self) -> None:
        Station.objects.update(ocpp_version="2.0.1")
        for _ in range(2):
            self.boot("2.0.1")
        ((action, payload, origin),) = self.asked()
        self.assertEqual((action, payload["reportBase"], origin), ("GetBaseReport", "FullInventory", "server"))
        Command.objects.update(state=Command.State.ANSWERED)
        Station.objects.update(configured_at=NOON)
        self.boot("2.0.1")
        self.assertEqual(len(self.asked()), 1, "it is known")

    def test_boot_counts_when_the_queue_is_full(self) -> None:
        run(lambda batch: commands.queue_command(batch, station_id=self.station.pk, action="ClearCache", payload={}))
        with (
            mock.patch.object(commands, "MAX_QUEUED", 1),
            self.assertLogs("stations.services.equipment.provisioning", "WARNING"),
        ):
            self.assertEqual(self.boot()["status"], "Accepted")
        self.assertEqual(self.station.booted_at, NOON)


@override_settings(OPEN=True)
class OnTheWire(SocketCase):
    def test_station_that_waits_for_its_registration_is_accepted_in_the_end(self) -> None:
        station = StationFactory.create(identity="CP1", registration=Registration.PENDING, heartbeat_interval=7)
        with self.server.station(configured=False) as client:
            answer = client.boot()[2]
            self.assertEqual((answer["status"], answer["interval"]), ("Pending", 7))
            Station.objects.update(registration=Registration.ACCEPTED)
            self.assertEqual(client.boot()[2]["status"], "Accepted")
            call = client.hear_call()
            self.assertEqual(call[2:], ["GetConfiguration", {}])
            client.say(
                [3, call[1], {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "7"}]}]
            )
            eventually(lambda: Command.objects.get().state == Command.State.ANSWERED)
        station.refresh_from_db()
        self.assertIsNotNone(station.booted_at)
