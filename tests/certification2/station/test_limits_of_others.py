"""Others than the server limit a station, and add to what it has (block K, use cases K11 to K13, K27, K29)."""

from __future__ import annotations

from typing import Any

from stations.models import ChargingLimit, ChargingProfile
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification2.station.test_profile_features import FeatureCase
from tests.certification2.station.test_smart_charging import profile
from tests.waiting import eventually

CHANGED = "Updated ChargingRateChanged"


class OtherCase(FeatureCase):
    def steer(self, point: ChargePoint, watts: float, evse: int = 0) -> Payload:
        """Somebody else says how much it is now; what the server hears of it."""
        point.do(lambda model, now: model.v2x.instruct({"limit": watts}, now, evse=evse))
        self.assert_story("NotifyChargingLimit", CHANGED)
        told = self.requests("NotifyChargingLimit")[-1]
        self.assertEqual(told["chargingLimit"]["chargingLimitSource"], "EMS")
        (period,) = told["chargingSchedule"][0]["chargingSchedulePeriod"]
        self.assertEqual(period["limit"], watts)
        return told

    def only(self, **expected: Any) -> Payload:
        """The only profile that the station reports."""
        (found,) = self.listed()
        self.assertEqual({name: found[name] for name in expected}, expected)
        self.assert_story("ReportChargingProfiles")
        return found


class Generation(OtherCase):
    def announce(self, point: ChargePoint, watts: float, limit: float, *, generation: bool = False) -> None:
        point.do(
            lambda model, now: model.charging.announce(watts, now, source="EMS", generation=generation),
        )
        self.assert_story("NotifyChargingLimit", CHANGED)
        told = self.requests("NotifyChargingLimit")[-1]["chargingLimit"]
        self.assertEqual(told.get("isLocalGeneration", False), generation)
        self.limited(point, limit)

    def test_tc_k_120_with_a_limit(self) -> None:
        with self.booted() as point:
            self.put(profile())
            self.charge(point)
            self.limited(point, 4000.0)
            self.announce(point, 2000.0, 6000.0, generation=True)
            self.assertEqual(self.composite(), [6000.0])
            self.announce(point, 3000.0, 3000.0)
            purposes = {each["chargingProfilePurpose"] for each in self.listed()}
            self.assertEqual(purposes, {"TxDefaultProfile", "LocalGeneration", "ChargingStationExternalConstraints"})
            self.assertEqual(ChargingProfile.objects.filter(limit_source="EMS").count(), 2)
            self.assertEqual(ChargingLimit.objects.filter(cleared_at=None).count(), 2)
            self.assert_story(*["ReportChargingProfiles"] * 2)
            point.do(lambda model, now: model.charging.withdraw(now, source="EMS"))
            self.assert_story("ClearedChargingLimit", CHANGED)
            self.limited(point, 4000.0)
            self.assertEqual((self.composite(), self.kept()), ([4000.0], {5}))


class Dynamic(OtherCase):
    def test_tc_k_124_without_a_dynamic_profile(self) -> None:
        """The limit is a dynamic profile of its own, which changes."""
        with self.booted() as point:
            self.charge(point)
            self.steer(point, 3000.0)
            self.limited(point, 3000.0)
            external = {"chargingProfilePurpose": "ChargingStationExternalConstraints"}
            before = self.only(chargingProfileKind="Dynamic", **external)
            self.steer(point, 5000.0)
            self.limited(point, 5000.0)
            self.assertEqual(self.composite(), [5000.0])
            after = self.only(id=before["id"], **external)
            self.assertGreater(after["dynUpdateTime"], before["dynUpdateTime"])

    def test_tc_k_125_with_a_dynamic_profile(self) -> None:
        """The values of the server's profile are the external ones."""
        schedule = {
            "id": 1,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "operationMode": "ExternalLimits"}],
        }
        given = profile(7, chargingProfileKind="Dynamic", chargingSchedule=[schedule])
        with self.booted() as point:
            self.put(given)
            self.charge(point)
            self.unlimited(point)
            self.steer(point, 3000.0, evse=1)
            self.limited(point, 3000.0)
            found = self.only(id=7, chargingProfilePurpose="TxDefaultProfile")
            self.assertEqual(found["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"], 3000.0)
            self.assertIn("dynUpdateTime", found)
            eventually(lambda: ChargingProfile.objects.get().profile == found)
