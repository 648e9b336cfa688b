"""Charging profiles, checked, sent and kept by the server."""

from __future__ import annotations

from datetime import timedelta

from smartserver.core import clock
from smartserver.core.clock import isoformat
from smartserver.core.errors import InvalidPayload
from stations.models import ChargingProfile, Command
from stations.ocpp.frames import Payload
from stations.services.smart_charging.charging import send_profile
from stations.services.smart_charging.schedules import compare_schedule, expected_schedule
from tests.certification.central.support import ACCEPTED, CentralCase, ScriptedStation
from tests.certification.profiles import profile
from tests.certification.support import CARD


class SmartCharging(CentralCase):
    def send(self, client: ScriptedStation, content: Payload, answer: str = "Accepted") -> Payload:
        """What was sent for connector 1."""
        command = self.order(send_profile, evse=1, profile=content)
        sent = client.expect("SetChargingProfile")
        client.reply({"status": answer})
        self.assert_answered(command, answer)
        self.assertEqual(sent["connectorId"], 1)
        return dict(sent["csChargingProfiles"])

    @property
    def kept(self) -> ChargingProfile:
        return ChargingProfile.objects.get(station=self.station)

    def test_tc_056_default_profile(self) -> None:
        with self.booted() as client:
            content = profile()
            self.assertEqual(self.send(client, content), content)
            self.assertEqual((self.kept.number, self.kept.evse, self.kept.profile), (1, 1, content))

    def test_tc_057_transaction_profile(self) -> None:
        with self.booted() as client:
            number = client.charge()
            sent = self.send(client, profile(purpose="TxProfile"))
            self.assertEqual(sent["transactionId"], number)
            self.assertEqual(self.kept.transaction, self.transaction())
            client.stop(number)
            self.assertFalse(ChargingProfile.objects.exists(), "it ends with its transaction")

    def assert_not_sent(self, *, action: str, payload: Payload, path: str) -> None:
        """What can never be right is not sent at all, and the operator is told why."""
        with self.assertRaises(InvalidPayload) as caught:
            self.command(action, payload)
        self.assertIn(path, [problem["path"] for problem in caught.exception.details["problems"]])
        self.assertFalse(Command.objects.filter(action=action).exists())

    def test_tc_058_1_no_transaction(self) -> None:
        with self.booted():
            request = {"connectorId": 1, "csChargingProfiles": profile(purpose="TxProfile")}
            self.assert_not_sent(
                action="SetChargingProfile", payload=request, path="csChargingProfiles/chargingProfilePurpose"
            )

    def test_tc_058_2_wrong_transaction(self) -> None:
        with self.booted() as client:
            number = client.charge()
            content = profile(purpose="TxProfile") | {"transactionId": number + 1}
            request = {"connectorId": 1, "csChargingProfiles": content}
            self.assert_not_sent(action="SetChargingProfile", payload=request, path="csChargingProfiles/transactionId")

    def test_tc_059_remote_start_with_profile(self) -> None:
        with self.booted() as client:
            content = profile(purpose="TxProfile")
            request = {"idTag": CARD, "connectorId": 1, "chargingProfile": content}
            self.ask(client, "RemoteStartTransaction", request, ACCEPTED)
            self.assertFalse(ChargingProfile.objects.exists(), "nothing has begun")
            client.charge()
            self.assertEqual((self.kept.transaction, self.kept.number), (self.transaction(), 1))

    def test_tc_060_remote_start_with_wrong_profile(self) -> None:
        with self.booted():
            request = {"idTag": CARD, "connectorId": 1, "chargingProfile": profile()}
            path = "chargingProfile/chargingProfilePurpose"
            self.assert_not_sent(action="RemoteStartTransaction", payload=request, path=path)

    def test_tc_066_composite_schedule(self) -> None:
        with self.booted() as client:
            self.send(client, profile(periods=((0, 2000.0), (100, 1500.0))))
            begin = self.kept.profile["chargingSchedule"]["startSchedule"]
            request = {"connectorId": 1, "duration": 300, "chargingRateUnit": "W"}
            for second_limit, difference in ((1500.0, 0), (9000.0, 1)):
                periods = [{"startPeriod": 0, "limit": 2000.0}, {"startPeriod": 100, "limit": second_limit}]
                schedule = {"chargingRateUnit": "W", "chargingSchedulePeriod": periods, "startSchedule": begin}
                reply = {"status": "Accepted", "connectorId": 1, "scheduleStart": begin, "chargingSchedule": schedule}
                self.ask(client, "GetCompositeSchedule", request, reply)
                found = compare_schedule(self.station.pk, request, reply, clock.now())
                self.assertEqual(len(found.differences), difference)

    def test_tc_067_clear(self) -> None:
        with self.booted() as client:
            self.send(client, profile(1))
            self.send(client, profile(2, level=1))
            self.ask(client, "ClearChargingProfile", {"id": 1}, ACCEPTED)
            self.assertEqual(self.kept.number, 2)
            criteria = {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1}
            self.ask(client, "ClearChargingProfile", criteria, ACCEPTED)
            self.assertFalse(ChargingProfile.objects.exists())
            self.ask(client, "ClearChargingProfile", {"id": 1}, {"status": "Unknown"})

    def test_tc_072_on_top_of_each_other(self) -> None:
        with self.booted() as client:
            moment = clock.now() + timedelta(minutes=1)
            start = isoformat(moment)
            low = ((0, 6000.0), (100, 8000.0), (200, 10000.0))
            self.send(client, profile(1, periods=low, duration=400, start=start))
            self.send(client, profile(2, level=1, periods=((0, 7000.0), (50, 5000.0)), duration=150, start=start))
            found = expected_schedule(self.station.pk, 1, moment, 300, "W")
            periods = [(period.start_seconds, period.limit) for period in found.periods]
            self.assertEqual(periods, [(0, 7000.0), (50, 5000.0), (150, 8000.0), (200, 10000.0)])

    def test_tc_082_default_profile_during_a_transaction(self) -> None:
        with self.booted() as client:
            number = client.charge()
            self.send(client, profile())
            client.stop(number)
            self.assertEqual(self.kept.number, 1, "it does not end with the transaction")
