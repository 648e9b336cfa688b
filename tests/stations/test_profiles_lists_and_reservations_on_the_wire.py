"""Smart charging, configuration, local lists and reservations over a real socket: what is asked, answered and kept."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

from django.test import override_settings

from smartserver.core import change, clock
from stations.models import ChargingProfile, Command, ConfigurationKey, LocalList, Reservation, Station
from stations.ocpp.charging import Profile, composite
from stations.ocpp.frames import Payload
from stations.ocpp.times import written
from stations.services.authorization import local_lists, reservations
from stations.services.commands import queue_command
from stations.services.equipment import configuration
from stations.services.smart_charging import charging, schedules
from tests.stations.factories import TokenFactory
from tests.stations.support import Client, SocketCase
from tests.stations.test_profiles_are_checked_before_they_are_sent import MAX, profile
from tests.waiting import eventually


@override_settings(OPEN=True)
class OverASocket(SocketCase):
    def setUp(self) -> None:
        self.connection = ExitStack()
        self.far_end = self.connection.enter_context(self.server.station(configured=False))
        self.far_end.boot()
        self.station = Station.objects.get(identity="CP1")
        self.answer("GetConfiguration", {"configurationKey": [self.key("NumberOfConnectors", "2", readonly=True)]})

    def tearDown(self) -> None:
        self.connection.close()
        super().tearDown()

    def key(self, key: str, value: str, *, readonly: bool = False) -> Payload:
        return {"key": key, "value": value, "readonly": readonly}

    def answer(self, action: str, reply: Payload) -> Payload:
        """The station hears this call, answers it, and what it says is stored; the call's payload."""
        client: Client = self.far_end
        frame = client.hear_call()
        while frame[2] == "TriggerMessage":
            client.say([3, frame[1], {"status": "NotImplemented"}])
            frame = client.hear_call()
        self.assertEqual(frame[2], action)
        client.say([3, frame[1], reply])
        eventually(lambda: not Command.objects.filter(state="sent", message_id=frame[1]).exists())
        row = Command.objects.get(message_id=frame[1])
        self.assertEqual((row.state, row.error), ("answered", ""))
        payload: Payload = frame[3]
        return payload

    def use(self, use_case: Any, **options: Any) -> Any:
        return change.store(partial(use_case, station_id=self.station.pk, **options))

    def test_the_configuration_is_read_after_the_first_boot_and_changed(self) -> None:
        row = ConfigurationKey.objects.get()
        self.assertEqual((row.key, row.value, row.readonly), ("NumberOfConnectors", "2", True))
        self.use(configuration.change_configuration, key="HeartbeatInterval", value="60")
        self.answer("ChangeConfiguration", {"status": "RebootRequired"})
        row = ConfigurationKey.objects.get(key="HeartbeatInterval")
        self.assertEqual((row.wanted, row.answer), ("60", "RebootRequired"))

    def test_profiles_are_set_compared_and_cleared(self) -> None:
        self.use(charging.send_profile, evse=0, profile=profile(**MAX))
        heard = self.answer("SetChargingProfile", {"status": "Accepted"})
        self.assertEqual(ChargingProfile.objects.get().profile, heard["csChargingProfiles"])

        request = {"connectorId": 1, "duration": 600, "chargingRateUnit": "A"}
        command = self.use(queue_command, action="GetCompositeSchedule", payload=request)
        # The station computes it from the profile that it got.
        now = clock.now()
        mine = Profile.read(heard["csChargingProfiles"], connector=0, received_at=now - timedelta(seconds=1))
        periods = composite([mine], start=now, duration=600, unit="A", connector=1, ceiling=32.0)
        schedule = {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": each.start_seconds, "limit": each.limit} for each in periods],
        }
        reply = {"status": "Accepted", "connectorId": 1, "scheduleStart": written(now), "chargingSchedule": schedule}
        self.answer("GetCompositeSchedule", reply)
        command.refresh_from_db()
        found = schedules.compare_schedule(self.station.pk, command.payload, command.reply, command.settled_at)
        self.assertEqual(found.differences, ())
        assert found.reported is not None
        self.assertEqual(found.reported.periods, found.expected.periods)

        self.use(queue_command, action="ClearChargingProfile", payload={"id": 1})
        self.answer("ClearChargingProfile", {"status": "Accepted"})
        self.assertFalse(ChargingProfile.objects.exists())

    def test_a_local_list_is_sent_and_its_version_asked_for(self) -> None:
        TokenFactory.create(value="CARD")
        self.use(local_lists.send_local_list)
        heard = self.answer("SendLocalList", {"status": "Accepted"})
        self.assertEqual(heard["localAuthorizationList"], [{"idTag": "CARD", "idTagInfo": {"status": "Accepted"}}])
        self.use(queue_command, action="GetLocalListVersion", payload={})
        self.answer("GetLocalListVersion", {"listVersion": heard["listVersion"]})
        row = LocalList.objects.get()
        self.assertEqual((row.version, row.reported_version, row.differs), (1, 1, False))

    def test_a_reservation_is_made_and_given_up(self) -> None:
        TokenFactory.create(value="CARD")
        expires = clock.now() + timedelta(hours=1)
        row = self.use(reservations.reserve, evse=2, id_token="CARD", expires_at=expires)
        self.assertEqual(self.answer("ReserveNow", {"status": "Accepted"})["reservationId"], row.pk)
        self.assertEqual(Reservation.objects.get().state, "active")
        change.store(partial(reservations.cancel, reservation_id=row.pk))
        self.answer("CancelReservation", {"status": "Accepted"})
        self.assertEqual(Reservation.objects.get().state, "cancelled")
