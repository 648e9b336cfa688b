"""Charging profiles that limit what the emulator gives."""

from __future__ import annotations

from smartserver.core import clock
from stations.models import ChargingProfile
from stations.ocpp.frames import Payload
from stations.services.smart_charging.charging import send_profile
from stations.services.smart_charging.schedules import compare_schedule
from tests.certification.profiles import limits, profile
from tests.certification.station.support import ChargePoint, StationCase
from tests.certification.support import CARD
from tests.waiting import eventually

SCHEDULE = {"connectorId": 1, "duration": 300, "chargingRateUnit": "W"}


class SmartCharging(StationCase):
    def send(self, content: Payload, result: str = "Accepted") -> None:
        self.assert_answered(self.order(send_profile, evse=1, profile=content), result)

    def power(self, point: ChargePoint) -> float:
        """W that flow on the first connector."""

        def measured(outlet: object, now: float) -> float:
            return point.model.outlets[0].reading(now).power_w

        return point.at(measured)

    def assert_limited(self, point: ChargePoint, limit: float) -> None:
        """As much flows as is allowed (a meter reads a little less), and no more."""
        eventually(lambda: 0.9 * limit < self.power(point) <= limit)

    def schedule(self) -> list[float]:
        """The limits in the station's composite schedule, which is what the server expects."""
        reply = self.ask("GetCompositeSchedule", SCHEDULE)
        self.assertEqual(compare_schedule(self.station.pk, SCHEDULE, reply, clock.now()).differences, ())
        return limits(reply["chargingSchedule"])

    def test_tc_056_default_profile(self) -> None:
        with self.booted() as point:
            self.send(profile())
            self.assertEqual(self.schedule(), [2000.0])
            self.charge(point)
            self.assert_limited(point, 2000.0)

    def test_tc_057_transaction_profile(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.assertGreater(self.power(point), 2500.0)
            self.send(profile(purpose="TxProfile"))
            self.assert_limited(point, 2000.0)
            self.assertEqual(self.schedule(), [2000.0])
            point.present(CARD)
            self.assert_story("StopTransaction Local", "1 Finishing")
            point.unplug()
            self.assert_story("1 Available")
            self.charge(point)
            self.assertGreater(self.power(point), 2500.0, "the profile ended with its transaction")

    def test_tc_058_1_no_transaction(self) -> None:
        """The server would not send this; another one might."""
        with self.booted() as point:
            request = {"connectorId": 1, "csChargingProfiles": profile(purpose="TxProfile")}
            self.assertEqual(point.receive("SetChargingProfile", request), {"status": "Rejected"})

    def test_tc_058_2_wrong_transaction(self) -> None:
        with self.booted() as point:
            running = self.charge(point)
            content = profile(purpose="TxProfile") | {"transactionId": running.pk + 1}
            request = {"connectorId": 1, "csChargingProfiles": content}
            self.assertEqual(point.receive("SetChargingProfile", request), {"status": "Rejected"})
            self.assertGreater(self.power(point), 2500.0)

    def test_tc_059_remote_start_with_profile(self) -> None:
        with self.booted() as point:
            point.plug_in()
            content = profile(purpose="TxProfile")
            request = {"idTag": CARD, "connectorId": 1, "chargingProfile": content}
            self.ask("RemoteStartTransaction", request)
            self.assert_story("1 Preparing", "StartTransaction", "1 Charging")
            self.assert_limited(point, 2000.0)
            kept = ChargingProfile.objects.get(station=self.station)
            self.assertEqual(kept.transaction, self.transaction())

    def test_tc_060_remote_start_with_wrong_profile(self) -> None:
        with self.booted() as point:
            point.plug_in()
            request = {"idTag": CARD, "connectorId": 1, "chargingProfile": profile()}
            self.assertEqual(point.receive("RemoteStartTransaction", request), {"status": "Rejected"})
            self.assert_story("1 Preparing")

    def test_tc_066_composite_schedule(self) -> None:
        with self.booted() as point:
            self.send(profile(1))
            self.charge(point)
            self.send(profile(2, "TxProfile", periods=((0, 1800.0), (100, 1500.0))))
            self.assertEqual(self.schedule(), [1800.0, 1500.0])

    def test_tc_067_clear(self) -> None:
        with self.booted() as point:
            self.send(profile(1))
            self.send(profile(2, level=1, periods=((0, 1500.0),)))
            self.charge(point)
            self.assert_limited(point, 1500.0)
            self.ask("ClearChargingProfile", {"id": 2})
            self.assert_limited(point, 2000.0)
            self.ask("ClearChargingProfile", {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile"})
            eventually(lambda: self.power(point) > 2500.0)
            self.ask("ClearChargingProfile", {"id": 2}, "Unknown")
            self.assertFalse(ChargingProfile.objects.exists())

    def test_tc_072_on_top_of_each_other(self) -> None:
        with self.booted():
            low = ((0, 1200.0), (100, 1600.0), (200, 1800.0))
            self.send(profile(1, periods=low, duration=400))
            self.send(profile(2, level=1, periods=((0, 1400.0), (50, 1000.0)), duration=150))
            self.assertEqual(self.schedule()[:4], [1400.0, 1000.0, 1600.0, 1800.0])

    def test_tc_082_default_profile_during_a_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.assertGreater(self.power(point), 2500.0)
            self.send(profile())
            self.assert_limited(point, 2000.0)
