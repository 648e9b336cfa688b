"""What profiles of 2.1 can say besides limits, and that they outlast a boot (block K)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.emulator.point.vehicle import Rating, Vehicle
from stations.models import Command, Report
from stations.ocpp.frames import Payload
from stations.services.smart_charging.schedules import compare_schedule
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import RESTARTED
from tests.certification2.station.test_profile_rules import scheduled
from tests.certification2.station.test_smart_charging import ProfileCase, profile
from tests.waiting import eventually

CHANGED = "OperationModeChanged"

RATING = Rating(22_000.0, 3)


def ago(**span: float) -> str:
    return isoformat(clock.now() - timedelta(**span))


class FeatureCase(ProfileCase):
    version = "2.1"

    def unlimited(self, point: ChargePoint) -> None:
        eventually(lambda: point.at(lambda outlet, now: outlet.limit) is None)

    def stop(self, point: ChargePoint) -> None:
        """The session ends, and the vehicle is gone."""
        point.present(CARD)
        eventually(lambda: not self.transaction().active)
        point.at(lambda outlet, now: outlet.unplug(now))

    def listed(self) -> list[Payload]:
        """The profiles that the station reports."""
        number = 100 + Report.objects.count()
        self.ask("GetChargingProfiles", {"requestId": number, "chargingProfile": {}})
        eventually(lambda: Report.objects.filter(request=number, state="complete").exists())
        parts = [each for each in self.requests("ReportChargingProfiles") if each["requestId"] == number]
        return [each for part in parts for each in part["chargingProfile"]]


class Offline(FeatureCase):
    def test_tc_k_100_ends_after_the_connection(self) -> None:
        """Until the server is back; a profile that says so, for good."""
        with self.booted() as point:
            self.put(profile(5))
            self.put(profile(6, limit=6000.0, stackLevel=1, maxOfflineDuration=600))
            self.put(profile(7, limit=7000.0, stackLevel=2, maxOfflineDuration=0))
            self.charge(point)
            self.limited(point, 7000.0)
            point.go_offline()
            self.limited(point, 6000.0)
            point.come_back()
            self.limited(point, 7000.0)
            self.put(profile(7, limit=8000.0, stackLevel=2, maxOfflineDuration=0, invalidAfterOfflineDuration=True))
            self.limited(point, 8000.0)
            point.go_offline()
            self.limited(point, 6000.0)
            point.come_back()
            eventually(lambda: point.client.online)
            self.assertEqual(self.composite(), [6000.0])
            self.assertEqual({each["id"] for each in self.listed()}, {5, 6})


class Modes(FeatureCase):
    def test_tc_k_101_another_mode(self) -> None:
        """From only charging to what the server says, and back."""
        with self.booted() as point:
            point.model.outlet(1).rating = RATING
            tx: Payload = {"transactionId": self.charge(point).reference}
            self.put(profile(5, "TxProfile", **tx))
            self.limited(point, 4000.0)
            asked = {"operationMode": "CentralSetpoint", "setpoint": 2000.0, "limit": None}
            self.put(scheduled(5, "TxProfile", period=asked) | tx)
            self.changed("CentralSetpoint")
            eventually(lambda: point.at(lambda outlet, now: outlet.offered) == 2000.0)
            eventually(lambda: abs(point.at(lambda outlet, now: outlet.reading(now).power_w) - 2000.0) < 50)
            self.put(scheduled(5, "TxProfile", period={"operationMode": "ChargingOnly"}) | tx)
            self.changed("ChargingOnly")
            eventually(lambda: point.at(lambda outlet, now: outlet.offered) == 4000.0)

    def changed(self, mode: str) -> None:
        """The session is in this mode now, as the newest event of a change says."""

        def told() -> list[str]:
            events = [each for each in self.requests("TransactionEvent") if each["triggerReason"] == CHANGED]
            return [each["transactionInfo"]["operationMode"] for each in events]

        eventually(lambda: told()[-1:] == [mode])

    def test_tc_k_102_at_a_state_of_charge(self) -> None:
        with self.booted() as point:
            vehicle = Vehicle.usual()
            vehicle.soc = 0.5
            point.at(lambda outlet, now: outlet.plug_in(now, vehicle))
            point.present(CARD)
            eventually(lambda: point.running)
            self.put(scheduled(limitAtSoC={"soc": 80, "limit": 2500.0}))
            self.limited(point, 4000.0)
            vehicle.soc = 0.81
            self.limited(point, 2500.0)
            self.assertEqual(self.composite(), [2500.0])


class LocalTimes(FeatureCase):
    """A schedule begins when the clock on the station's wall says so."""

    def wall(self, zone: tzinfo, **span: float) -> str:
        """What the clock shows there, sent as if it were UTC."""
        shown: datetime = (clock.now() + timedelta(**span)).astimezone(zone)
        return shown.strftime("%Y-%m-%dT%H:%M:%SZ")

    def holds(self, zone: tzinfo, variable: str, value: str) -> None:
        eventually(lambda: Report.objects.filter(state="complete").exists())  # the server knows all variables
        self.set_variable("ClockCtrlr", variable, value)
        self.put(scheduled(startSchedule=self.wall(zone, minutes=-1), useLocalTime=True))
        self.assertEqual(self.composite(), [4000.0])
        newest = Command.objects.filter(action="GetCompositeSchedule").latest("pk")
        assert newest.reply is not None
        assert newest.settled_at is not None
        found = compare_schedule(self.station.pk, newest.payload, newest.reply, newest.settled_at)
        self.assertEqual(([each.limit for each in found.expected.periods], found.differences), ([4000.0], ()))
        self.put(scheduled(startSchedule=self.wall(zone, minutes=5), useLocalTime=True))
        self.assertNotEqual(self.composite(), [4000.0])
        # Where it is not in local time, its offset counts, as ever.
        self.put(scheduled(startSchedule=self.wall(zone, minutes=-1), useLocalTime=False))
        self.assertNotEqual(self.composite(), [4000.0])

    def test_tc_k_103_by_an_offset(self) -> None:
        with self.booted():
            self.holds(timezone(timedelta(hours=5, minutes=30)), "TimeOffset", "+05:30")

    def test_tc_k_136_by_a_time_zone(self) -> None:
        with self.booted():
            self.holds(ZoneInfo("Asia/Tokyo"), "TimeZone", "Asia/Tokyo")


class Delays(FeatureCase):
    def test_tc_k_106_random_delay(self) -> None:
        """It holds later than it says, and no later than that."""
        with self.booted() as point:
            self.put(scheduled(startSchedule=ago(seconds=1), randomizedDelay=36_000))
            self.charge(point)
            self.unlimited(point)
            self.put(scheduled(startSchedule=ago(hours=11), randomizedDelay=36_000))
            self.limited(point, 4000.0)

    def test_tc_k_108_another_for_each_transaction(self) -> None:
        """When half of the longest delay is over, it is over for some transactions only."""
        with self.booted() as point:
            self.put(scheduled(startSchedule=ago(hours=5), randomizedDelay=36_000))
            found = set()
            for _ in range(8):
                point.plug_in()
                point.present(CARD)
                eventually(lambda: point.running)
                found.add(point.at(lambda outlet, now: outlet.limit))
                self.stop(point)
            self.assertEqual(found, {None, 4000.0})

    def test_tc_k_112_composite_schedule(self) -> None:
        """It is without the delay, whoever charges meanwhile."""
        with self.booted() as point:
            self.put(scheduled(startSchedule=ago(seconds=1), randomizedDelay=36_000))
            self.assertEqual(self.composite(), [4000.0])
            self.charge(point)
            self.unlimited(point)
            self.assertEqual(self.composite(), [4000.0])


class OverABoot(FeatureCase):
    def outlasts(self, given: Payload, evse: int) -> None:
        with self.booted():
            self.put(given, evse)
            self.ask("Reset", {"type": "Immediate"})
            self.assert_story(*RESTARTED)
            self.assertEqual(self.listed(), [given])

    def test_tc_k_105_of_the_station(self) -> None:
        self.outlasts(profile(5, "ChargingStationMaxProfile"), 0)

    def test_tc_k_129_of_priority_charging(self) -> None:
        self.outlasts(profile(5, "PriorityCharging"), 1)
