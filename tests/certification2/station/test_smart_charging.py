"""Smart charging of the emulator (block K)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.emulator.point.vehicle import Rating, Vehicle
from stations.models import ChargingProfile, Report
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import RESTARTED, StationCase2
from tests.certification2.support import token
from tests.waiting import eventually

RATING = Rating(22_000.0, 3)


def profile(number: int = 5, purpose: str = "TxDefaultProfile", *, limit: float = 4000.0, **more: Any) -> Payload:
    schedule = {
        "id": 1,
        "startSchedule": isoformat(clock.now() - timedelta(minutes=1)),
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }
    return {
        "id": number,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
    } | more


class ProfileCase(StationCase2):
    def put(self, given: Payload, evse: int = 1, result: str = "Accepted") -> None:
        self.ask("SetChargingProfile", {"evseId": evse, "chargingProfile": given}, result)

    def clear(self, result: str = "Accepted", **what: Any) -> None:
        self.ask("ClearChargingProfile", what, result)

    def composite(self, evse: int = 1, result: str = "Accepted") -> list[float]:
        """The limits of a minute, W."""
        request = {"evseId": evse, "duration": 60, "chargingRateUnit": "W"}
        reply = self.ask("GetCompositeSchedule", request, result)
        return [each["limit"] for each in reply.get("schedule", {}).get("chargingSchedulePeriod", [])]

    def limited(self, point: ChargePoint, limit: float) -> None:
        """What the first connector lets a vehicle take."""
        eventually(lambda: point.at(lambda outlet, now: outlet.limit) == limit)

    def kept(self) -> set[int]:
        return set(ChargingProfile.objects.filter(station=self.station).values_list("number", flat=True))


class Profiles(ProfileCase):
    def test_tc_k_01_default_of_an_evse(self) -> None:
        with self.booted() as point:
            self.put(profile())
            self.charge(point)
            self.limited(point, 4000.0)
            self.assertEqual(self.kept(), {5})

    def test_tc_k_02_of_a_transaction_that_does_not_run(self) -> None:
        """The server would not send this; another one might."""
        with self.booted() as point:
            given = profile(5, "TxProfile", transactionId="another")
            answer = point.receive("SetChargingProfile", {"evseId": 1, "chargingProfile": given})
            self.assertEqual(answer["status"], "Rejected")

    def test_tc_k_03_of_the_station(self) -> None:
        with self.booted():
            self.put(profile(5, "ChargingStationMaxProfile"), 0)
            self.assertEqual(self.composite(0), [4000.0])

    def test_tc_k_04_replaced(self) -> None:
        with self.booted():
            self.put(profile())
            self.put(profile(limit=5000.0))
            self.assertEqual((self.composite(), self.kept()), ([5000.0], {5}))

    def test_tc_k_05_cleared_by_number(self) -> None:
        with self.booted() as point:
            self.put(profile())
            self.clear(chargingProfileId=5)
            self.assertEqual((len(point.model.profiles), self.kept()), (0, set()))

    def test_tc_k_06_cleared_by_level_and_purpose(self) -> None:
        with self.booted():
            self.put(profile(5))
            self.put(profile(6, stackLevel=1))
            criteria = {"stackLevel": 1, "chargingProfilePurpose": "TxDefaultProfile"}
            self.clear(chargingProfileCriteria=criteria)
            self.assertEqual(self.kept(), {5})

    def test_tc_k_07_cleared_where_there_is_none_of_the_kind(self) -> None:
        with self.booted():
            self.put(profile())
            self.clear("Unknown", chargingProfileCriteria={"stackLevel": 9})

    def test_tc_k_08_nothing_to_clear(self) -> None:
        with self.booted():
            self.clear("Unknown", chargingProfileId=5)

    def test_tc_k_09_default_cleared_during_a_transaction(self) -> None:
        with self.booted() as point:
            self.put(profile())
            self.charge(point)
            self.limited(point, 4000.0)
            self.clear(chargingProfileId=5)
            eventually(lambda: point.at(lambda outlet, now: outlet.limit) is None)

    def test_tc_k_10_default_of_all(self) -> None:
        with self.booted():
            self.put(profile(), 0)
            self.assertEqual([self.composite(evse) for evse in (1, 2)], [[4000.0]] * 2)

    def test_tc_k_11_of_a_transaction_for_all(self) -> None:
        with self.booted() as point:
            reference = self.charge(point).reference
            given = profile(5, "TxProfile", transactionId=reference)
            answer = point.receive("SetChargingProfile", {"evseId": 0, "chargingProfile": given})
            self.assertEqual(answer["status"], "Rejected")

    def test_tc_k_13_outlasts_a_boot(self) -> None:
        with self.booted():
            self.put(profile())
            self.ask("Reset", {"type": "Immediate"})
            self.assert_story(*RESTARTED)
            self.assertEqual(self.composite(), [4000.0])

    def test_tc_k_14_unknown_evse(self) -> None:
        with self.booted() as point:
            answer = point.receive("SetChargingProfile", {"evseId": 9, "chargingProfile": profile()})
            self.assertEqual(answer["status"], "Rejected")

    def test_tc_k_16_unknown_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            given = profile(5, "TxProfile", transactionId="another")
            answer = point.receive("SetChargingProfile", {"evseId": 1, "chargingProfile": given})
            self.assertEqual(answer["status"], "Rejected")

    def test_tc_k_19_recurring(self) -> None:
        with self.booted():
            self.put(profile(chargingProfileKind="Recurring", recurrencyKind="Daily"))
            self.assertEqual(self.composite(), [4000.0])

    def test_tc_k_21_valid_from(self) -> None:
        with self.booted():
            self.put(profile(validFrom=isoformat(clock.now() + timedelta(hours=1))))
            self.assertNotEqual(self.composite(), [4000.0])

    def test_tc_k_22_valid_until(self) -> None:
        with self.booted():
            self.put(profile(validTo=isoformat(clock.now() + timedelta(hours=1))))
            self.assertEqual(self.composite(), [4000.0])

    def test_tc_k_23_start_in_the_future(self) -> None:
        with self.booted():
            given = profile()
            given["chargingSchedule"][0]["startSchedule"] = isoformat(clock.now() + timedelta(hours=1))
            self.put(given)
            self.assertNotEqual(self.composite(), [4000.0])

    def test_tc_k_24_several_cleared(self) -> None:
        with self.booted():
            self.put(profile(5))
            self.put(profile(6), 2)
            criteria = {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}
            self.clear(chargingProfileCriteria=criteria)
            self.assertEqual(self.kept(), set())

    def test_tc_k_28_default_during_a_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.put(profile())
            self.limited(point, 4000.0)

    def test_tc_k_60_of_a_transaction(self) -> None:
        with self.booted() as point:
            reference = self.charge(point).reference
            self.put(profile(5, "TxProfile", transactionId=reference))
            self.limited(point, 4000.0)
            point.present(CARD)
            eventually(lambda: not self.transaction().active)
            self.assertEqual(len(point.model.profiles), 0, "it is gone with its transaction")


class Listed(ProfileCase):
    def listed(self, evse: int | None, expected: set[int], **criteria: Any) -> None:
        """Of three: one of the station, and two of the first EVSE."""
        request: Payload = {"requestId": 31, "chargingProfile": criteria}
        if evse is not None:
            request["evseId"] = evse
        with self.booted():
            self.put(profile(4, "ChargingStationMaxProfile"), 0)
            self.put(profile(5))
            self.put(profile(6, stackLevel=1))
            self.ask("GetChargingProfiles", request)
            eventually(lambda: Report.objects.filter(request=31, state="complete").exists())
            parts = self.requests("ReportChargingProfiles")
            self.assertEqual({each["id"] for part in parts for each in part["chargingProfile"]}, expected)
            self.assertEqual(self.kept(), {4, 5, 6})

    def test_tc_k_29_of_the_station(self) -> None:
        self.listed(0, {4})

    def test_tc_k_30_of_an_evse(self) -> None:
        self.listed(1, {5, 6})

    def test_tc_k_31_all(self) -> None:
        self.listed(None, {4, 5, 6})

    def test_tc_k_32_by_number(self) -> None:
        self.listed(None, {5}, chargingProfileId=[5])

    def test_tc_k_33_by_level(self) -> None:
        self.listed(1, {6}, stackLevel=1)

    def test_tc_k_34_by_source(self) -> None:
        self.listed(1, {5, 6}, chargingLimitSource=["CSO"])

    def test_tc_k_35_by_purpose(self) -> None:
        self.listed(1, {5, 6}, chargingProfilePurpose="TxDefaultProfile")

    def test_tc_k_36_by_purpose_and_level(self) -> None:
        self.listed(1, {6}, chargingProfilePurpose="TxDefaultProfile", stackLevel=1)


class Composite(ProfileCase):
    def test_tc_k_37_remote_start(self) -> None:
        with self.booted() as point:
            point.plug_in()
            request = {"idToken": token(), "evseId": 1, "chargingProfile": profile(5, "TxProfile")}
            self.ask("RequestStartTransaction", request)
            self.limited(point, 4000.0)

    def test_tc_k_39_without_profiles(self) -> None:
        with self.booted() as point:
            point.model.outlet(1).rating = RATING
            self.assertEqual(self.composite(), [22_000.0])

    def test_tc_k_40_stacked(self) -> None:
        with self.booted():
            self.put(profile(5))
            self.put(profile(6, limit=3000.0, stackLevel=1))
            self.assertEqual(self.composite(), [3000.0])

    def test_tc_k_41_several_purposes(self) -> None:
        with self.booted():
            self.put(profile(5))
            self.put(profile(6, "ChargingStationMaxProfile", limit=2000.0), 0)
            self.assertEqual(self.composite(), [2000.0])

    def test_tc_k_43_of_an_evse(self) -> None:
        with self.booted():
            self.put(profile())
            self.assertEqual(self.composite(), [4000.0])

    def test_tc_k_44_of_the_station(self) -> None:
        with self.booted():
            self.put(profile(5, "ChargingStationMaxProfile"), 0)
            self.assertEqual(self.composite(0), [4000.0])

    def test_tc_k_47_of_an_unknown_evse(self) -> None:
        with self.booted():
            self.composite(9, "Rejected")


class Others(ProfileCase):
    def test_tc_k_52_limit_of_others(self) -> None:
        with self.booted() as point:
            point.do(lambda model, now: model.charging.announce(3000.0, now))
            self.assert_story("NotifyChargingLimit")
            self.ask("GetChargingProfiles", {"requestId": 31, "chargingProfile": {}})
            eventually(lambda: Report.objects.filter(request=31, state="complete").exists())
            self.assertEqual(ChargingProfile.objects.get().limit_source, "SO")

    def test_tc_k_53_a_vehicle_gets_a_plan(self) -> None:
        with self.booted() as point:
            point.model.outlet(1).rating = RATING
            point.at(lambda outlet, now: outlet.plug_in(now, Vehicle.talking(stays=4 * 3600.0)))
            point.present(CARD)
            self.assert_answered(self.newest("SetChargingProfile"), "Accepted")
            eventually(lambda: len(self.requests("NotifyEVChargingSchedule")) == 1)
            self.assertIsNotNone(point.at(lambda outlet, now: outlet.limit))
