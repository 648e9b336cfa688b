"""Vehicles of ISO 15118 negotiate with the server (block K, use cases K15 to K20)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from smartserver.core import clock
from smartserver.core.clock import isoformat
from smartserver.core.errors import InvalidPayload
from stations.models import ChargingNeeds, ChargingProfile, Command, EVSchedule
from stations.ocpp.frames import Payload
from tests.certification2.central.support import ACCEPTED, REJECTED, ScriptedStation2, now
from tests.certification2.central.test_smart_charging import ProfileCase, profile

AC: Payload = {"energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400}
TUPLES = 3


def in_hours(hours: float) -> str:
    return isoformat(clock.now() + timedelta(hours=hours))


class NegotiationCase(ProfileCase):
    def say_needs(self, client: ScriptedStation2, needs: Payload, result: str = "Accepted") -> None:
        answer = client.call("NotifyEVChargingNeeds", evseId=1, maxScheduleTuples=TUPLES, chargingNeeds=needs)
        self.assertEqual(answer, {"status": result})

    def planned(self, client: ScriptedStation2, reference: str, kind: str = "Absolute") -> Payload:
        """The plan that comes, which the station takes; its only schedule."""
        request = client.expect("SetChargingProfile")
        client.reply(ACCEPTED)
        self.assert_answered(self.newest("SetChargingProfile"), "Accepted")
        plan = request["chargingProfile"]
        self.assertEqual((request["evseId"], plan["chargingProfilePurpose"]), (1, "TxProfile"))
        self.assertEqual((plan["transactionId"], plan["chargingProfileKind"]), (reference, kind))
        schedule: Payload
        (schedule,) = plan["chargingSchedule"]
        self.assertLessEqual(len(schedule["chargingSchedulePeriod"]), TUPLES)
        self.assertEqual(ChargingProfile.objects.get(number=plan["id"]).transaction, self.transaction())
        return schedule

    def negotiate(self, client: ScriptedStation2, reference: str, needs: Payload, **more: Any) -> Payload:
        self.say_needs(client, needs)
        return self.planned(client, reference, **more)

    def choose(self, client: ScriptedStation2, schedule: Payload, answer: Payload = ACCEPTED) -> None:
        told = client.call("NotifyEVChargingSchedule", evseId=1, timeBase=now(), chargingSchedule=schedule)
        self.assertEqual(told, answer)

    def power(self, schedule: Payload, name: str = "limit") -> float:
        (period,) = schedule["chargingSchedulePeriod"]
        return float(period[name])

    def limited(self, client: ScriptedStation2, watts: float) -> None:
        """Somebody else limits the station."""
        schedule = profile(limit=watts)["chargingSchedule"]
        limit = {"chargingLimitSource": "EMS", "isGridCritical": False}
        self.assertEqual(client.call("NotifyChargingLimit", chargingLimit=limit, chargingSchedule=schedule), {})


class Part2(NegotiationCase):
    """ISO 15118-2."""

    def needs(self, hours: float = 2.0) -> Payload:
        return {
            "requestedEnergyTransfer": "AC_three_phase",
            "departureTime": in_hours(hours),
            "acChargingParameters": AC,
        }

    def test_tc_k_55_plan_exceeds_the_limits(self) -> None:
        """It is refused, and negotiated anew."""
        with self.charging() as (client, reference):
            plan = self.negotiate(client, reference, self.needs())
            self.assertAlmostEqual(self.power(plan), 10_000, delta=20)
            greedy = plan | {"chargingSchedulePeriod": [{"startPeriod": 0, "limit": 22_000.0}]}
            self.choose(client, greedy, REJECTED)
            self.assertFalse(EVSchedule.objects.exists())
            again = self.planned(client, reference)
            self.choose(client, again)
            self.assertEqual(EVSchedule.objects.get().schedule, again)

    def test_tc_k_57_the_vehicle_wants_another(self) -> None:
        with self.charging() as (client, reference):
            self.choose(client, self.negotiate(client, reference, self.needs()))
            plan = self.negotiate(client, reference, self.needs(4.0))
            self.assertAlmostEqual(self.power(plan), 5000, delta=20)
            self.choose(client, plan)

    def test_tc_k_58_the_server_wants_another(self) -> None:
        """A limit leaves less than was planned, and after it there is more again."""
        with self.charging() as (client, reference):
            self.choose(client, self.negotiate(client, reference, self.needs()))
            self.limited(client, 6000.0)
            plan = self.planned(client, reference)
            self.assertEqual(self.power(plan), 6000.0)
            self.choose(client, plan)
            self.assertEqual(client.call("ClearedChargingLimit", chargingLimitSource="EMS"), {})
            self.assertAlmostEqual(self.power(self.planned(client, reference)), 10_000, delta=30)

    def test_tc_k_59_and_the_vehicle_says_its_needs_again(self) -> None:
        """The same ones, and gets a plan for them all the same."""
        needs = self.needs()
        with self.charging() as (client, reference):
            self.negotiate(client, reference, needs)
            self.limited(client, 6000.0)
            self.planned(client, reference)
            plan = self.negotiate(client, reference, needs)
            self.assertEqual(self.power(plan), 6000.0)
            self.choose(client, plan)


class Part20(NegotiationCase):
    """ISO 15118-20."""

    version = "2.1"

    def needs(
        self, mode: str = "ScheduledControl", transfer: str = "AC_three_phase", hours: float | None = 2.0, **v2x: float
    ) -> Payload:
        found: Payload = {
            "requestedEnergyTransfer": transfer,
            "availableEnergyTransfer": ["AC_single_phase", "AC_three_phase", "AC_BPT"],
            "controlMode": mode,
            "v2xChargingParameters": {"maxChargePower": 11_000.0} | v2x,
        }
        return found if hours is None else found | {"departureTime": in_hours(hours)}

    def led(self, **more: Any) -> Payload:
        return self.needs("DynamicControl", **{"evTargetEnergyRequest": 8000.0} | more)

    def test_tc_k_109_ids_for_others(self) -> None:
        """None of them is used."""
        with self.booted() as client:
            variable = {"component": {"name": "SmartChargingCtrlr"}, "variable": {"name": "MaxExternalConstraintsId"}}
            result = variable | {"attributeStatus": "Accepted", "attributeValue": "100"}
            request = {"getVariableData": [variable]}
            self.ask(client, "GetVariables", request, {"getVariableResult": [result]}, "")
            for number in (1, 100):
                with self.assertRaises(InvalidPayload):
                    self.command("SetChargingProfile", {"evseId": 1, "chargingProfile": profile(number)})
            self.put(client, profile(101))
            self.assertEqual(self.kept(), {101})

    def test_tc_k_113_the_server_wants_another(self) -> None:
        with self.charging() as (client, reference):
            needs = self.needs(evTargetEnergyRequest=16_000.0)
            self.choose(client, self.negotiate(client, reference, needs))
            self.limited(client, 6000.0)
            plan = self.planned(client, reference)
            self.assertEqual(self.power(plan), 6000.0)
            told = client.call(
                "NotifyEVChargingSchedule",
                evseId=1,
                timeBase=now(),
                chargingSchedule=plan,
                selectedChargingScheduleId=plan["id"],
            )
            self.assertEqual((told, EVSchedule.objects.get().chosen), (ACCEPTED, plan["id"]))

    def test_tc_k_114_the_vehicle_wants_another(self) -> None:
        with self.charging() as (client, reference):
            self.choose(client, self.negotiate(client, reference, self.needs(evTargetEnergyRequest=16_000.0)))
            plan = self.negotiate(client, reference, self.needs(evTargetEnergyRequest=6000.0))
            self.assertAlmostEqual(self.power(plan), 3000, delta=20)
            self.choose(client, plan)

    def test_tc_k_115_the_server_leads(self) -> None:
        """One value that holds until there is another: what flows, where the vehicle can feed back."""
        with self.charging() as (client, reference):
            needs = self.led(transfer="AC_BPT", maxDischargePower=5000.0)
            plan = self.negotiate(client, reference, needs, kind="Dynamic")
            self.assertNotIn("startSchedule", plan)
            (period,) = plan["chargingSchedulePeriod"]
            self.assertEqual(period["operationMode"], "CentralSetpoint")
            self.assertAlmostEqual(period["setpoint"], 4000, delta=20)
            self.choose(client, plan)
            number = ChargingProfile.objects.get().number
            update = {"chargingProfileId": number, "scheduleUpdate": {"setpoint": -2000.0}}
            self.ask(client, "UpdateDynamicSchedule", update, ACCEPTED)

    def test_tc_k_117_what_it_leads_by_changes(self) -> None:
        """The departure, then the energy: each has a profile of its own."""
        with self.charging() as (client, reference):
            for expected, energy, hours in ((4000, 8000.0, 2.0), (2000, 8000.0, 4.0), (3000, 12_000.0, 4.0)):
                needs = self.led(transfer="AC_BPT", hours=hours, evTargetEnergyRequest=energy)
                plan = self.negotiate(client, reference, needs, kind="Dynamic")
                self.assertAlmostEqual(self.power(plan, "setpoint"), expected, delta=20)
                self.choose(client, plan)
            self.assertEqual(ChargingProfile.objects.count(), 1, "each replaces the last one")

    def test_tc_k_126_the_server_sets_nothing(self) -> None:
        """There is nothing to lead by: the limits of the station hold."""
        with self.charging() as (client, _):
            needs = self.needs("DynamicControl", hours=None, maxDischargePower=0.0)
            self.say_needs(client, needs, "NoChargingProfile")
            self.assertEqual(ChargingNeeds.objects.get().result, "NoChargingProfile")
            self.assertFalse(Command.objects.filter(action="SetChargingProfile").exists())
