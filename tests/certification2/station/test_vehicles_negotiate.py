"""Vehicles of ISO 15118 tell what they need, and negotiate anew (block K, use cases K15 to K20)."""

from __future__ import annotations

from typing import Any

from stations.emulator.point.vehicle import Rating, Vehicle
from stations.models import ChargingNeeds, Command, EVSchedule
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.test_smart_charging import ProfileCase, profile
from tests.waiting import eventually

RATING = Rating(22_000.0, 3)
HOUR = 3600.0


class VehicleCase(ProfileCase):
    def arrive(self, point: ChargePoint, **vehicle: Any) -> None:
        """A vehicle comes that says what it needs: 23.1 kWh."""
        point.model.outlet(1).rating = RATING
        point.at(lambda outlet, now: outlet.plug_in(now, Vehicle.talking(**{"stays": 4 * HOUR} | vehicle)))
        point.present(CARD)
        eventually(lambda: point.at(lambda outlet, now: outlet.running))

    def want(self, point: ChargePoint, **what: float) -> None:
        """It wants something else now."""
        point.do(lambda model, now: model.charging.want(model.outlet(1), now, **what))

    def plans(self) -> list[Payload]:
        done = Command.objects.filter(action="SetChargingProfile", result="Accepted").order_by("pk")
        return [each.payload["chargingProfile"] for each in done]

    def limit(self, point: ChargePoint) -> float:
        return point.at(lambda outlet, now: outlet.limit) or 0.0

    def negotiated(self, point: ChargePoint, rounds: int, expected: float) -> Payload:
        """So often it said its needs, got a plan, and chose a schedule; the power that it may take. The last plan."""
        eventually(lambda: len(self.requests("NotifyEVChargingSchedule")) == rounds)
        eventually(lambda: abs(self.limit(point) - expected) < 0.03 * expected)
        self.assertEqual((len(self.requests("NotifyEVChargingNeeds")), len(self.plans())), (rounds, rounds))
        plan, reference = self.plans()[-1], self.transaction().reference
        self.assertEqual((plan["chargingProfilePurpose"], plan["transactionId"]), ("TxProfile", reference))
        eventually(lambda: EVSchedule.objects.get().transaction == self.transaction())
        statuses = [answer["status"] for _, _, answer in point.answers("NotifyEVChargingSchedule")]
        self.assertEqual(statuses, ["Accepted"] * rounds)
        return plan


class Part2(VehicleCase):
    """ISO 15118-2."""

    def test_tc_k_54_no_plan(self) -> None:
        """It leaves at once: the limits of the station hold, and nobody waits for a plan."""
        with self.booted() as point:
            self.put(profile())
            self.arrive(point, stays=0.0)
            eventually(lambda: len(point.answers("NotifyEVChargingNeeds")) == 1)
            self.assertEqual(point.answers("NotifyEVChargingNeeds")[0][2], {"status": "Rejected"})
            self.limited(point, 4000.0)
            eventually(lambda: point.charging)
            self.assertEqual((len(self.plans()), self.requests("NotifyEVChargingSchedule")), (1, []))

    def test_tc_k_56_offline(self) -> None:
        """It charges by the default; what it needs is told when the server is back."""
        with self.booted() as point:
            self.put(profile())
            point.go_offline()
            self.arrive(point)
            self.limited(point, 4000.0)
            self.assertEqual(self.requests("NotifyEVChargingNeeds"), [])
            self.want(point, target=0.7)  # nobody listens, and only the newest needs are told later
            point.come_back()
            eventually(lambda: len(self.plans()) == 2)
            eventually(lambda: len(self.requests("NotifyEVChargingSchedule")) == 1)
            (told,) = self.requests("NotifyEVChargingNeeds")
            energy = told["chargingNeeds"]["acChargingParameters"]["energyAmount"]
            self.assertAlmostEqual(energy, 15_400, delta=50)
            self.assertEqual(ChargingNeeds.objects.get().result, "Accepted")

    def test_tc_k_57_another_plan_for_the_vehicle(self) -> None:
        with self.booted() as point:
            self.arrive(point)
            self.negotiated(point, 1, 5775.0)
            self.want(point, target=0.9)
            self.negotiated(point, 2, 7700.0)

    def test_tc_k_58_another_plan_of_the_server(self) -> None:
        with self.booted() as point:
            self.arrive(point)
            self.negotiated(point, 1, 5775.0)
            reference = self.transaction().reference
            self.put(profile(9, "TxProfile", limit=3000.0, stackLevel=1, transactionId=reference))
            self.limited(point, 3000.0)
            eventually(lambda: len(self.requests("NotifyEVChargingSchedule")) == 2)
            (period,) = self.requests("NotifyEVChargingSchedule")[-1]["chargingSchedule"]["chargingSchedulePeriod"]
            self.assertEqual(period["limit"], 3000.0)
            eventually(lambda: point.answers("NotifyEVChargingSchedule")[-1][2] == {"status": "Accepted"})
            self.assertEqual(len(self.requests("NotifyEVChargingNeeds")), 1)


class Part20(VehicleCase):
    """ISO 15118-20, which only 2.1 knows."""

    version = "2.1"

    def arrive(self, point: ChargePoint, **vehicle: Any) -> None:
        super().arrive(point, **{"part_20": True} | vehicle)

    def needs(self) -> Payload:
        """The newest that were told."""
        found: Payload = self.requests("NotifyEVChargingNeeds")[-1]["chargingNeeds"]
        self.assertNotIn("acChargingParameters", found)
        return found

    def test_tc_k_113_another_plan_of_the_server(self) -> None:
        with self.booted() as point:
            self.arrive(point)
            self.negotiated(point, 1, 5775.0)
            self.assertEqual(self.needs()["controlMode"], "ScheduledControl")
            reference = self.transaction().reference
            self.put(profile(9, "TxProfile", limit=3000.0, stackLevel=1, transactionId=reference))
            self.limited(point, 3000.0)
            eventually(lambda: len(self.requests("NotifyEVChargingSchedule")) == 2)
            told = self.requests("NotifyEVChargingSchedule")[-1]
            self.assertEqual(told["selectedChargingScheduleId"], told["chargingSchedule"]["id"])

    def test_tc_k_114_another_plan_for_the_vehicle(self) -> None:
        with self.booted() as point:
            self.arrive(point)
            self.negotiated(point, 1, 5775.0)
            self.want(point, stays=6 * HOUR)
            self.negotiated(point, 2, 4140.0)  # the least that it can charge with
            self.assertEqual(self.needs()["v2xChargingParameters"]["minChargePower"], 4140.0)

    def test_tc_k_115_the_server_leads(self) -> None:
        """One value, which is another as soon as the server says so."""
        with self.booted() as point:
            self.arrive(point, led=True)
            plan = self.negotiated(point, 1, 5775.0)
            self.assertEqual((self.needs()["controlMode"], plan["chargingProfileKind"]), ("DynamicControl", "Dynamic"))
            told = self.requests("NotifyEVChargingSchedule")[-1]
            self.assertEqual(told["chargingSchedule"], plan["chargingSchedule"][0], "the server's own")
            update = {"chargingProfileId": plan["id"], "scheduleUpdate": {"limit": 5000.0}}
            self.ask("UpdateDynamicSchedule", update)
            self.limited(point, 5000.0)
            self.assertEqual(len(self.requests("NotifyEVChargingSchedule")), 1, "nothing was negotiated")

    def test_tc_k_116_the_plan_follows_the_needs(self) -> None:
        with self.booted() as point:
            self.arrive(point, led=True)
            self.negotiated(point, 1, 5775.0)
            self.want(point, target=0.9)
            self.negotiated(point, 2, 7700.0)
            self.want(point, stays=5 * HOUR)
            self.negotiated(point, 3, 6160.0)
