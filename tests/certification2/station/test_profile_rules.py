"""Charging profiles that a station refuses, and why (block K)."""

from __future__ import annotations

from typing import Any

from stations.emulator.point.variables import Path
from stations.models import ChargingProfile
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification2.station.test_smart_charging import ProfileCase, profile
from tests.certification2.support import token

CONTROLLER = "SmartChargingCtrlr"


def scheduled(
    number: int = 5, purpose: str = "TxDefaultProfile", *, period: Payload | None = None, **schedule: Any
) -> Payload:
    """A profile with more in its schedule, or in its only period; None: without that."""
    found = profile(number, purpose)
    (given,) = found["chargingSchedule"]
    given |= schedule
    found["chargingSchedule"] = [{name: value for name, value in given.items() if value is not None}]
    changed = given["chargingSchedulePeriod"][0] | (period or {})
    given["chargingSchedulePeriod"][0] = {name: value for name, value in changed.items() if value is not None}
    return found


class RuleCase(ProfileCase):
    def refused(self, given: Payload, reason: str, evse: int = 1) -> None:
        """The server sends it, the station refuses it, and nobody has it."""
        reply = self.ask("SetChargingProfile", {"evseId": evse, "chargingProfile": given}, "Rejected")
        self.assertEqual(reply["statusInfo"]["reasonCode"], reason)
        self.assertFalse(ChargingProfile.objects.exists())

    def refuses(self, point: ChargePoint, given: Payload, reason: str, evse: int = 1) -> None:
        """The same where our server would not send it; another one might."""
        answer = point.receive("SetChargingProfile", {"evseId": evse, "chargingProfile": given})
        self.assertEqual((answer["status"], answer["statusInfo"]["reasonCode"]), ("Rejected", reason))
        self.assertEqual(len(point.model.profiles), 0)

    def cannot(self, point: ChargePoint, feature: str) -> None:
        """As the station was built."""
        path = Path(CONTROLLER, f"Supports{feature}")
        point.do(lambda model, now: model.variables.put(path, "false", now))


class Units(RuleCase):
    def amperes_only(self, point: ChargePoint) -> None:
        point.set(ChargingScheduleAllowedChargingRateUnit="Current")

    def test_tc_k_12_unknown_unit(self) -> None:
        with self.booted() as point:
            self.amperes_only(point)
            self.refused(scheduled(chargingRateUnit="W"), "UnsupportedRateUnit")
            (told,) = self.get_variables({"component": {"name": CONTROLLER}, "variable": {"name": "RateUnit"}})
            self.assertEqual(told["attributeValue"], "A")

    def test_tc_k_42_composite_schedule_in_an_unknown_unit(self) -> None:
        with self.booted() as point:
            self.amperes_only(point)
            request = {"evseId": 1, "duration": 60, "chargingRateUnit": "W"}
            reply = self.ask("GetCompositeSchedule", request, "Rejected")
            self.assertEqual(reply, {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedRateUnit"}})
            reply = self.ask("GetCompositeSchedule", {"evseId": 1, "duration": 60})
            self.assertEqual(reply["schedule"]["chargingRateUnit"], "A", "its own, where none is named")


class WithoutSmartCharging(RuleCase):
    def test_tc_k_15_not_supported(self) -> None:
        request: Payload = {"evseId": 1, "chargingProfile": profile()}
        with self.booted() as point:
            self.set_variable(CONTROLLER, "Enabled", "false")
            done = self.settled(self.command("SetChargingProfile", request))
            self.assertEqual((done.state, done.result), ("failed", "NotSupported"))
            self.assertEqual((len(point.model.profiles), self.kept()), (0, set()))
            for action, payload in (
                ("GetChargingProfiles", {"requestId": 1, "chargingProfile": {}}),
                ("GetCompositeSchedule", {"evseId": 1, "duration": 60}),
                ("ClearChargingProfile", {}),
            ):
                with self.assertRaises(CallError) as caught:
                    point.receive(action, payload)
                self.assertEqual(caught.exception.code, "NotSupported")
            self.set_variable(CONTROLLER, "Enabled", "true")
            self.put(profile())

    def test_tc_k_38_profile_of_a_remote_start_is_left_aside(self) -> None:
        with self.booted() as point:
            self.put_variable(point, CONTROLLER, "Available", "false")
            point.plug_in()
            request = {"idToken": token(), "evseId": 1, "chargingProfile": profile(5, "TxProfile")}
            self.ask("RequestStartTransaction", request)
            self.assert_story(
                "1 Occupied", "Started CablePluggedIn", "Updated RemoteStart", "Updated ChargingStateChanged"
            )
            self.assertTrue(point.charging)
            self.assertEqual((len(point.model.profiles), point.at(lambda outlet, now: outlet.limit)), (0, None))


class Features(RuleCase):
    version = "2.1"

    def test_tc_k_107_delays_that_make_no_sense(self) -> None:
        with self.booted() as point:
            for purpose, evse in (("ChargingStationMaxProfile", 0), ("PriorityCharging", 1), ("LocalGeneration", 1)):
                self.refuses(point, scheduled(5, purpose, randomizedDelay=60), "InvalidSchedule", evse)
            self.put(scheduled(randomizedDelay=60))
            self.put(scheduled(6, "ChargingStationMaxProfile", randomizedDelay=0), 0)

    def test_tc_k_109_ids_for_others(self) -> None:
        with self.booted() as point:
            self.put_variable(point, CONTROLLER, "MaxExternalConstraintsId", "100")
            point.do(lambda model, now: model.charging.announce(3000.0, now, source="EMS"))
            self.put(profile(101))
            self.ask("GetChargingProfiles", {"requestId": 31, "chargingProfile": {}})
            self.assert_story("NotifyChargingLimit", "ReportChargingProfiles", "ReportChargingProfiles")
            found = {each["chargingLimitSource"]: each["chargingProfile"] for each in self.reports()}
            self.assertLessEqual(found["EMS"][0]["id"], 100)
            self.assertEqual(found["CSO"][0]["id"], 101)

    def reports(self) -> list[Payload]:
        return self.requests("ReportChargingProfiles")

    def test_tc_k_110_ids_of_others_are_refused(self) -> None:
        with self.booted() as point:
            self.put_variable(point, CONTROLLER, "MaxExternalConstraintsId", "100")
            for number in (100, 1):
                self.refused(profile(number), "InvalidProfileId")
            self.put(profile(101))

    def test_tc_k_130_no_priority(self) -> None:
        with self.booted() as point:
            self.put_variable(point, CONTROLLER, "SupportedAdditionalPurposes", "LocalGeneration")
            self.refused(profile(5, "PriorityCharging"), "UnsupportedPurpose")

    def test_tc_k_131_no_generation(self) -> None:
        with self.booted() as point:
            self.put_variable(point, CONTROLLER, "SupportedAdditionalPurposes", "")
            self.refused(profile(5, "LocalGeneration"), "UnsupportedPurpose")

    def without(self, feature: str, **what: Any) -> None:
        """A station without a feature refuses profiles that need it; one that has it does not."""
        with self.booted() as point:
            reference = self.charge(point).reference
            given = scheduled(5, "TxProfile", **what) | {"transactionId": reference}
            self.cannot(point, feature)
            self.refused(given, "InvalidSchedule")
            path = Path(CONTROLLER, f"Supports{feature}")
            point.do(lambda model, now: model.variables.put(path, "true", now))
            self.put(given)

    def test_tc_k_132_no_local_time(self) -> None:
        self.without("UseLocalTime", useLocalTime=True)

    def test_tc_k_133_no_delays(self) -> None:
        self.without("RandomizedDelay", randomizedDelay=10)

    def test_tc_k_134_no_limit_at_a_state_of_charge(self) -> None:
        self.without("LimitAtSoC", limitAtSoC={"soc": 80, "limit": 1000.0})

    def test_tc_k_135_no_sleep(self) -> None:
        self.without("EvseSleep", period={"operationMode": "Idle", "evseSleep": True, "limit": None})
