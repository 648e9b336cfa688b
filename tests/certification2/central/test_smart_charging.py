"""Smart charging, as the server sees it (blocks K and Q)."""

from __future__ import annotations

from typing import Any

from smartserver.core.errors import BadInput
from stations.models import ChargingLimit, ChargingProfile, ChargingTerms, Command, EVSchedule, Report
from stations.ocpp.frames import Payload
from tests.certification2.central.support import ACCEPTED, REJECTED, CentralCase2, ScriptedStation2, now
from tests.certification2.support import token


def profile(number: int = 5, purpose: str = "TxDefaultProfile", *, limit: float = 4000.0, **more: Any) -> Payload:
    schedule = {
        "id": 1,
        "startSchedule": now(),
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


class ProfileCase(CentralCase2):
    def put(self, client: ScriptedStation2, given: Payload, evse: int = 1, reply: Payload = ACCEPTED) -> None:
        self.ask(client, "SetChargingProfile", {"evseId": evse, "chargingProfile": given}, reply)

    def kept(self) -> set[int]:
        return set(ChargingProfile.objects.filter(station=self.station).values_list("number", flat=True))


class Profiles(ProfileCase):
    def is_set(self, given: Payload, evse: int = 1) -> None:
        with self.booted() as client:
            self.put(client, given, evse)
            row = ChargingProfile.objects.get()
            self.assertEqual((row.number, row.profile), (given["id"], given))

    def test_tc_k_01_default_of_an_evse(self) -> None:
        self.is_set(profile())

    def test_tc_k_02_of_a_transaction_that_does_not_run(self) -> None:
        """What can never be right is refused before it is queued."""
        given = profile(5, "TxProfile", transactionId="another")
        with self.booted(), self.assertRaises(BadInput):
            self.command("SetChargingProfile", {"evseId": 1, "chargingProfile": given})
        self.assertFalse(Command.objects.filter(action="SetChargingProfile").exists())

    def test_tc_k_03_of_the_station(self) -> None:
        self.is_set(profile(5, "ChargingStationMaxProfile"), 0)

    def test_tc_k_10_default_of_all(self) -> None:
        self.is_set(profile(), 0)

    def test_tc_k_19_recurring(self) -> None:
        self.is_set(profile(chargingProfileKind="Recurring", recurrencyKind="Daily"))

    def test_tc_k_15_not_supported(self) -> None:
        with self.booted() as client:
            self.put(client, profile(), reply=REJECTED)
            self.assertEqual(self.kept(), set())

    def test_tc_k_04_replaced(self) -> None:
        with self.booted() as client:
            for limit in (4000.0, 6000.0):
                self.put(client, profile(limit=limit))
            (period,) = ChargingProfile.objects.get().profile["chargingSchedule"][0]["chargingSchedulePeriod"]
            self.assertEqual(period["limit"], 6000.0)

    def test_tc_k_70_several(self) -> None:
        with self.booted() as client:
            self.put(client, profile(5))
            self.put(client, profile(6, stackLevel=1))
            self.put(client, profile(7, "ChargingStationMaxProfile"), 0)
            self.assertEqual(self.kept(), {5, 6, 7})

    def test_tc_k_60_of_a_transaction(self) -> None:
        with self.charging() as (client, reference):
            self.put(client, profile(5, "TxProfile", transactionId=reference))
            self.assertEqual(ChargingProfile.objects.get().transaction, self.transaction())

    def cleared(self, request: Payload, reply: Payload, left: set[int]) -> None:
        with self.booted() as client:
            self.put(client, profile(5))
            self.put(client, profile(6, stackLevel=1))
            self.ask(client, "ClearChargingProfile", request, reply)
            self.assertEqual(self.kept(), left)

    def test_tc_k_05_cleared_by_number(self) -> None:
        self.cleared({"chargingProfileId": 5}, ACCEPTED, {6})

    def test_tc_k_06_cleared_by_level_and_purpose(self) -> None:
        criteria = {"stackLevel": 1, "chargingProfilePurpose": "TxDefaultProfile"}
        self.cleared({"chargingProfileCriteria": criteria}, ACCEPTED, {5})

    def test_tc_k_08_nothing_to_clear(self) -> None:
        self.cleared({"chargingProfileId": 9}, {"status": "Unknown"}, {5, 6})

    def reported(self, criteria: Payload, evse: int | None, *, told: int = 1) -> None:
        """What the station has is known afterwards."""
        request: Payload = {"requestId": 31, "chargingProfile": criteria}
        if evse is not None:
            request["evseId"] = evse
        with self.booted() as client:
            self.ask(client, "GetChargingProfiles", request, ACCEPTED)
            part = {"requestId": 31, "evseId": told, "chargingLimitSource": "CSO", "tbc": False}
            self.assertEqual(client.call("ReportChargingProfiles", **part, chargingProfile=[profile(7)]), {})
            self.assertEqual(Report.objects.get(request=31).state, "complete")
            self.assertEqual(self.kept(), {7})

    def test_tc_k_29_listed_of_the_station(self) -> None:
        self.reported({}, 0, told=0)

    def test_tc_k_30_listed_of_an_evse(self) -> None:
        self.reported({}, 1)

    def test_tc_k_31_listed_all(self) -> None:
        self.reported({}, None)

    def test_tc_k_32_listed_by_number(self) -> None:
        self.reported({"chargingProfileId": [7]}, None)

    def test_tc_k_33_listed_by_level(self) -> None:
        self.reported({"stackLevel": 0}, 1)

    def test_tc_k_34_listed_by_source(self) -> None:
        self.reported({"chargingLimitSource": ["CSO"]}, 1)

    def test_tc_k_35_listed_by_purpose(self) -> None:
        self.reported({"chargingProfilePurpose": "TxDefaultProfile"}, 1)

    def test_tc_k_36_listed_by_purpose_and_level(self) -> None:
        self.reported({"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}, 1)

    def test_tc_k_37_remote_start(self) -> None:
        with self.booted() as client:
            given = profile(5, "TxProfile")
            request = {"idToken": token(), "evseId": 1, "remoteStartId": 7, "chargingProfile": given}
            self.ask(client, "RequestStartTransaction", request, ACCEPTED)
            client.event("Started", "RemoteStart", "Charging", idToken=token(), info={"remoteStartId": 7})
            self.assertEqual(self.transaction().remote_start_number, 7)

    def composite(self, evse: int) -> None:
        request = {"evseId": evse, "duration": 600, "chargingRateUnit": "W"}
        schedule = {
            "evseId": evse,
            "duration": 600,
            "scheduleStart": now(),
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 4000.0}],
        }
        with self.booted() as client:
            self.ask(client, "GetCompositeSchedule", request, {"status": "Accepted", "schedule": schedule})

    def test_tc_k_43_composite_of_an_evse(self) -> None:
        self.composite(1)

    def test_tc_k_44_composite_of_the_station(self) -> None:
        self.composite(0)


class LimitsOfOthers(ProfileCase):
    def limit(self, client: ScriptedStation2) -> None:
        limit = {"chargingLimitSource": "EMS", "isGridCritical": False}
        schedule = profile()["chargingSchedule"]
        answer = client.call("NotifyChargingLimit", evseId=1, chargingLimit=limit, chargingSchedule=schedule)
        self.assertEqual(answer, {})
        self.assertIsNone(ChargingLimit.objects.get().cleared_at)

    def release(self, client: ScriptedStation2) -> None:
        self.assertEqual(client.call("ClearedChargingLimit", chargingLimitSource="EMS", evseId=1), {})
        self.assertIsNotNone(ChargingLimit.objects.get().cleared_at)

    def test_tc_k_48_not_on_a_transaction(self) -> None:
        with self.booted() as client:
            self.limit(client)

    def test_tc_k_50_released(self) -> None:
        with self.booted() as client:
            self.limit(client)
            self.release(client)

    def test_tc_k_51_released_with_a_transaction(self) -> None:
        with self.charging() as (client, _):
            self.limit(client)
            client.event("Updated", "ChargingRateChanged", "Charging")
            self.release(client)

    def test_tc_k_52_among_the_profiles(self) -> None:
        with self.booted() as client:
            self.limit(client)
            self.ask(client, "GetChargingProfiles", {"requestId": 31, "chargingProfile": {}}, ACCEPTED)
            external = profile(-1, "ChargingStationExternalConstraints")
            part = {"requestId": 31, "evseId": 1, "chargingLimitSource": "EMS", "tbc": False}
            client.call("ReportChargingProfiles", **part, chargingProfile=[external])
            self.assertEqual(ChargingProfile.objects.get().limit_source, "EMS")


class Vehicles(ProfileCase):
    NEEDS: Payload = {
        "requestedEnergyTransfer": "AC_three_phase",
        "acChargingParameters": {"energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400},
    }

    def plan(self, client: ScriptedStation2) -> Payload:
        """What the server plans for what a vehicle needs."""
        answer = client.call("NotifyEVChargingNeeds", evseId=1, maxScheduleTuples=4, chargingNeeds=self.NEEDS)
        self.assertEqual(answer, ACCEPTED)
        planned: Payload = client.expect("SetChargingProfile")["chargingProfile"]
        client.reply(ACCEPTED)
        self.assert_answered(self.newest("SetChargingProfile"), "Accepted")
        return planned

    def test_tc_k_53_gets_a_plan(self) -> None:
        with self.charging() as (client, reference):
            planned = self.plan(client)
            self.assertEqual((planned["chargingProfilePurpose"], planned["transactionId"]), ("TxProfile", reference))
            schedule = planned["chargingSchedule"][0]
            answer = client.call("NotifyEVChargingSchedule", evseId=1, timeBase=now(), chargingSchedule=schedule)
            self.assertEqual(answer, ACCEPTED)
            self.assertEqual(EVSchedule.objects.get().transaction, self.transaction())


class Only21(ProfileCase):
    version = "2.1"

    def dynamic(self) -> Payload:
        schedule = {
            "id": 1,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11_000.0}],
        }
        return profile(7, chargingProfileKind="Dynamic", dynUpdateInterval=60, chargingSchedule=[schedule])

    def test_tc_k_121_dynamic_pulled(self) -> None:
        with self.booted() as client:
            self.put(client, self.dynamic())
            answer = client.call("PullDynamicScheduleUpdate", chargingProfileId=7)
            self.assertEqual(answer, {"status": "Accepted", "scheduleUpdate": {"limit": 11_000.0}})

    def taken(self, given: Payload) -> None:
        with self.booted() as client:
            self.put(client, given)
            self.assertEqual(ChargingProfile.objects.get().profile, given)

    def scheduled(self, period: Payload, **schedule: Any) -> Payload:
        """A profile with one period, and more of its schedule."""
        given = profile()
        given["chargingSchedule"][0] |= {"chargingSchedulePeriod": [{"startPeriod": 0} | period]} | schedule
        return given

    def test_tc_k_100_ends_after_the_connection(self) -> None:
        self.taken(profile(maxOfflineDuration=600))

    def test_tc_k_101_another_mode(self) -> None:
        self.taken(self.scheduled({"operationMode": "CentralSetpoint", "setpoint": 3000.0}))

    def test_tc_k_102_at_a_state_of_charge(self) -> None:
        self.taken(self.scheduled({"limit": 9000.0}, limitAtSoC={"soc": 80, "limit": 3000.0}))

    def test_tc_k_106_random_delay(self) -> None:
        self.taken(self.scheduled({"limit": 9000.0}, randomizedDelay=60))

    def test_tc_q_108_plan_of_the_server(self) -> None:
        self.taken(self.scheduled({"operationMode": "CentralSetpoint", "setpoint": -3000.0}))

    def updated(self, client: ScriptedStation2) -> None:
        self.put(client, self.dynamic())
        update = {"chargingProfileId": 7, "scheduleUpdate": {"setpoint": -2000.0}}
        self.ask(client, "UpdateDynamicSchedule", update, ACCEPTED)

    def test_tc_q_109_setpoint_pushed(self) -> None:
        with self.booted() as client:
            self.updated(client)
            (period,) = ChargingProfile.objects.get().profile["chargingSchedule"][0]["chargingSchedulePeriod"]
            self.assertEqual(period["setpoint"], -2000.0)

    def test_tc_q_110_setpoint_pulled(self) -> None:
        with self.booted() as client:
            self.updated(client)
            answer = client.call("PullDynamicScheduleUpdate", chargingProfileId=7)
            self.assertEqual(answer["scheduleUpdate"]["setpoint"], -2000.0)

    def test_tc_k_118_priority_by_the_server(self) -> None:
        with self.charging() as (client, reference):
            self.put(client, profile(6, "PriorityCharging"))
            self.ask(client, "UsePriorityCharging", {"transactionId": reference, "activate": True}, ACCEPTED)
            self.assertTrue(ChargingTerms.objects.get().priority)

    def test_tc_k_104_priority(self) -> None:
        with self.charging() as (client, _):
            self.put(client, profile(6, "PriorityCharging"))
            self.assertEqual(self.kept(), {6})

    def test_tc_q_120_signals_of_the_grid(self) -> None:
        self.asked("AFRRSignal", {"timestamp": now(), "signal": -40}, "Accepted")
