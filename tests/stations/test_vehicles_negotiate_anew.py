"""Vehicles, limits and the server itself may want another plan than the one that there is (2.x K15 to K20)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from stations.models import ChargingLimit, ChargingNeeds, ChargingProfile, Command, EVSchedule, Transaction, Variable
from stations.ocpp.frames import Payload
from stations.services.smart_charging.ev_schedules import MOST_ROUNDS
from stations.services.smart_charging.schedules import expected_schedule
from tests.stations.support import NOON
from tests.stations.test_smart_charging_of_2x import MAX, TX, ChargingCase, later, profile, schedule

AC: Payload = {"energyAmount": 22080, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400}


class NegotiationCase(ChargingCase):
    def needs(self, result: str = "Accepted", *, hours: float | None = 4, **more: Any) -> ChargingNeeds:
        needs: Payload = {"requestedEnergyTransfer": "AC_three_phase"} | more
        if "v2xChargingParameters" not in needs:
            needs.setdefault("acChargingParameters", AC)
        if hours is not None:
            needs["departureTime"] = later(hours=hours)
        answer = self.tell("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs, "maxScheduleTuples": 3})
        self.assertEqual(answer, {"status": result})
        return ChargingNeeds.objects.get()

    def plans(self) -> list[Payload]:
        found = Command.objects.filter(action="SetChargingProfile").order_by("pk")
        return [each.payload["chargingProfile"] for each in found]

    def periods(self) -> list[tuple[int, float]]:
        (plan,) = self.plans()[-1]["chargingSchedule"]
        return [(each["startPeriod"], each["limit"]) for each in plan["chargingSchedulePeriod"]]

    def limit(self, watts: float, source: str = "SO", **more: Any) -> None:
        steps = [{"startPeriod": 0, "limit": watts}]
        told = {"chargingLimitSource": source} | more
        given = {"chargingLimit": told, "chargingSchedule": [schedule(steps=steps, chargingRateUnit="W")]}
        self.tell("NotifyChargingLimit", given)

    def choose(self, watts: float, result: str) -> None:
        chosen = schedule(steps=[{"startPeriod": 0, "limit": watts}], chargingRateUnit="W")
        told = {"evseId": 1, "timeBase": later(), "chargingSchedule": chosen}
        self.assertEqual(self.tell("NotifyEVChargingSchedule", told), {"status": result})


class Limits(NegotiationCase):
    def test_a_lower_one_has_another_plan(self) -> None:
        self.begin()
        self.needs()
        self.answer("Accepted")
        self.limit(4000.0)
        self.assertEqual(self.periods(), [(0, 4000.0)])
        self.answer("Accepted")
        self.assertEqual(ChargingNeeds.objects.get().command, Command.objects.latest("pk"))
        self.tell("ClearedChargingLimit", {"chargingLimitSource": "SO"})
        self.assertEqual(self.periods(), [(0, 5520.0)])

    def test_one_that_changes_nothing_has_none(self) -> None:
        self.begin()
        self.needs()
        self.answer("Accepted")
        self.limit(9000.0)
        self.assertEqual(len(self.plans()), 1)

    def test_what_was_charged_meanwhile_is_not_wanted_again(self) -> None:
        transaction = self.begin()
        self.needs()
        self.answer("Accepted")
        Transaction.objects.filter(pk=transaction.pk).update(energy_wh=11_040.0)
        self.limit(4000.0)
        self.assertEqual(self.periods(), [(0, 4000.0)])
        self.tell("ClearedChargingLimit", {"chargingLimitSource": "SO"})
        self.assertEqual(self.periods(), [(0, 4140.0)], "the least that it can charge with")

    def test_a_plan_that_cannot_be_bettered_stays(self) -> None:
        self.begin()
        self.needs()
        self.answer("Accepted")
        self.limit(0.0)
        self.assertEqual(len(self.plans()), 1)

    def test_a_plan_that_was_cleared_does_not_come_again(self) -> None:
        """Until the vehicle wants something else."""
        self.begin()
        self.needs()
        self.answer("Accepted")
        self.settle("ClearChargingProfile", {"chargingProfileId": 2_000_000_001}, "Accepted")
        self.limit(4000.0)
        self.assertEqual(len(self.plans()), 1)
        self.needs(hours=5)
        self.assertEqual(len(self.plans()), 2)

    def test_one_for_which_the_station_has_no_room_is_not_sent(self) -> None:
        self.begin()
        self.needs()
        self.answer("Accepted")
        Variable.objects.create(
            station=self.station, component="SmartChargingCtrlr", variable="MaxExternalConstraintsId",
            attribute="Actual", value=str(2**31 - 1), reported_at=NOON,
        )  # fmt: skip
        self.limit(4000.0)
        self.assertEqual(len(self.plans()), 1)


class Schedules(NegotiationCase):
    def test_one_that_exceeds_the_plan_is_refused_and_the_plan_comes_again(self) -> None:
        self.begin()
        self.needs()
        self.answer("Accepted")
        self.choose(9000.0, "Rejected")
        self.assertFalse(EVSchedule.objects.exists())
        self.assertEqual([each["id"] for each in self.plans()], [2_000_000_001] * 2)
        self.answer("Accepted")
        self.choose(5520.0, "Accepted")
        self.assertEqual(len(self.plans()), 2)

    def test_a_profile_that_somebody_has_set_comes_again_as_it_is(self) -> None:
        self.begin()
        self.give(profile(**TX, rates={"chargingRateUnit": "W"}, steps=[{"startPeriod": 0, "limit": 4000.0}]))
        self.choose(9000.0, "Rejected")
        self.assertEqual(self.plans()[-1], self.plans()[0])
        self.assertEqual(len(self.plans()), 2)

    def test_a_vehicle_that_keeps_to_nothing_is_not_asked_without_end(self) -> None:
        self.begin()
        self.needs()
        for _ in range(MOST_ROUNDS + 2):
            if Command.objects.filter(settled_at=None).exists():
                self.answer("Accepted")
            self.choose(9000.0, "Rejected")
        self.assertEqual(len(self.plans()), MOST_ROUNDS)

    def test_without_a_profile_any_is_taken(self) -> None:
        self.begin()
        self.choose(9000.0, "Accepted")

    def test_a_profile_that_nobody_can_read_limits_nothing(self) -> None:
        transaction = self.begin()
        strange = profile(**TX, rates={"startSchedule": "2016-12-31T23:59:60Z"})
        ChargingProfile.objects.create(
            station=self.station, evse=1, number=7, stack_level=0, purpose="TxProfile", kind="Absolute",
            transaction=transaction, profile=strange, source="station", confirmed_at=NOON,
        )  # fmt: skip
        self.choose(9000.0, "Accepted")


class Part20(NegotiationCase):
    """ISO 15118-20, which only stations of 2.1 tell of."""

    POWERS: Payload = {"maxChargePower": 8000.0, "evTargetEnergyRequest": 16_000.0}

    def led(self, result: str = "Accepted", *, hours: float | None = 4, **more: Any) -> ChargingNeeds:
        given = {"controlMode": "DynamicControl", "v2xChargingParameters": self.POWERS} | more
        return self.needs(result, hours=hours, **given)

    def test_a_vehicle_that_is_led_gets_one_value(self) -> None:
        self.begin()
        self.led()
        (plan,) = self.plans()
        (only,) = plan["chargingSchedule"]
        self.assertEqual((plan["chargingProfileKind"], "startSchedule" in only), ("Dynamic", False))
        self.assertEqual(only["chargingSchedulePeriod"], [{"startPeriod": 0, "limit": 4000.0}])

    def test_one_that_feeds_gets_a_setpoint(self) -> None:
        self.begin()
        self.led(requestedEnergyTransfer="AC_BPT")
        (period,) = self.plans()[0]["chargingSchedule"][0]["chargingSchedulePeriod"]
        self.assertEqual(period, {"startPeriod": 0, "setpoint": 4000.0, "operationMode": "CentralSetpoint"})

    def test_nothing_to_lead_by_is_no_profile(self) -> None:
        self.begin()
        found = self.led("NoChargingProfile", hours=None)
        self.assertEqual((found.result, found.command, self.plans()), ("NoChargingProfile", None, []))

    def test_what_cannot_be_met_does_not_end_its_session(self) -> None:
        self.begin()
        self.give(profile(**MAX, steps=[{"startPeriod": 0, "limit": 0.0}]), evse=0)
        self.led("NoChargingProfile")
        self.led("NoChargingProfile", hours=-1)

    def test_what_is_not_allowed_does(self) -> None:
        self.led("Rejected")


class KnownTwice(NegotiationCase):
    """A limit of others is told of, and is among the profiles that are reported."""

    def reported(self, watts: float, *, request: int = 1, purpose: str = "ChargingStationExternalConstraints") -> None:
        steps = [{"startPeriod": 0, "limit": watts}]
        given = profile(id=-1, chargingProfilePurpose=purpose, steps=steps, rates={"chargingRateUnit": "W"})
        part = {"requestId": request, "evseId": 0, "chargingLimitSource": "SO", "chargingProfile": [given]}
        self.tell("ReportChargingProfiles", part)

    def watts(self) -> list[float | None]:
        found = expected_schedule(self.station.pk, 1, NOON + timedelta(hours=2), 60, "W")
        return [each.limit for each in found.periods]

    def test_the_newer_of_both_counts(self) -> None:
        self.reported(3000.0)
        ChargingLimit.objects.create(
            station=self.station, evse=0, source="SO", received_at=NOON + timedelta(hours=1),
            schedules=[schedule(chargingRateUnit="W", steps=[{"startPeriod": 0, "limit": 5000.0}])],
        )  # fmt: skip
        self.assertEqual(self.watts(), [5000.0])
        ChargingProfile.objects.all().delete()
        ChargingLimit.objects.update(received_at=NOON - timedelta(hours=1))
        self.reported(3000.0, request=2)
        self.assertEqual(self.watts(), [3000.0])

    def test_generation_is_not_added_twice(self) -> None:
        self.give(profile(rates={"chargingRateUnit": "W"}, steps=[{"startPeriod": 0, "limit": 4000.0}]))
        self.limit(2000.0, isLocalGeneration=True)
        self.reported(2000.0, purpose="LocalGeneration")
        self.assertEqual(self.watts(), [6000.0])
        self.tell("ClearedChargingLimit", {"chargingLimitSource": "SO"})
        self.assertEqual(self.watts(), [4000.0])

    def test_the_lowest_of_several_sources_counts(self) -> None:
        self.limit(3000.0, "SO")
        self.limit(5000.0, "EMS")
        self.assertEqual(self.watts(), [3000.0])


class RemoteStarts(ChargingCase):
    def test_a_profile_waits_until_it_is_known_where_the_session_runs(self) -> None:
        order = {
            "idToken": {"idToken": "CARD", "type": "Central"},
            "remoteStartId": 9,
            "chargingProfile": profile(chargingProfilePurpose="TxProfile"),
        }
        self.settle("RequestStartTransaction", order)
        for number, (kind, more) in enumerate(
            [("Started", {}), ("Updated", {"evse": {"id": 1}}), ("Updated", {"evse": {"id": 1}})]
        ):
            event = {
                "eventType": kind, "timestamp": later(), "triggerReason": "RemoteStart", "seqNo": number,
                "transactionInfo": {"transactionId": "T1", "remoteStartId": 9},
            }  # fmt: skip
            self.tell("TransactionEvent", event | more)
            self.assertEqual(ChargingProfile.objects.count(), min(number, 1))
        self.assertEqual(ChargingProfile.objects.get().evse, 1)


class LocalTimes(ChargingCase):
    def test_are_those_of_the_station(self) -> None:
        """NOON is 12:00 UTC: 14:00 where the station is, an hour after the schedule's beginning."""
        self.give(profile(rates={"startSchedule": later(hours=1), "useLocalTime": True, "duration": 7200}))
        self.assertEqual(self.limits(), [(0, None), (3600, 16.0)], "where it says nothing, UTC")
        Variable.objects.create(
            station=self.station, component="ClockCtrlr", variable="TimeOffset", attribute="Actual", value="+02:00",
            reported_at=NOON,
        )  # fmt: skip
        self.assertEqual(self.limits(), [(0, 16.0), (3600, None)])
        Variable.objects.create(
            station=self.station, component="ClockCtrlr", variable="TimeZone", attribute="Actual",
            value="America/New_York", reported_at=NOON,
        )  # fmt: skip
        self.assertEqual(self.limits(), [(0, None)])

    def limits(self) -> list[tuple[int, float | None]]:
        found = expected_schedule(self.station.pk, 1, NOON, 7200, "A")
        return [(each.start_seconds, each.limit) for each in found.periods]


class Ids(ChargingCase):
    def test_those_that_the_station_keeps_for_others_are_not_used(self) -> None:
        row = Variable.objects.create(
            station=self.station, component="SmartChargingCtrlr", variable="MaxExternalConstraintsId",
            attribute="Actual", value="100", reported_at=NOON,
        )  # fmt: skip
        request = {"evseId": 1, "chargingProfile": profile(id=100)}
        self.assertIn("chargingProfile/id", self.problems_of("SetChargingProfile", request))
        self.ask("SetChargingProfile", {"evseId": 1, "chargingProfile": profile(id=101)})
        row.value = "many"
        row.save()
        self.ask("SetChargingProfile", {"evseId": 1, "chargingProfile": profile(id=100)})

    def test_modes_and_delays_go_with_purposes(self) -> None:
        delayed = profile(**MAX, rates={"randomizedDelay": 60})
        self.assertIn(
            "chargingProfile/chargingSchedule/0/randomizedDelay",
            self.problems_of("SetChargingProfile", {"evseId": 0, "chargingProfile": delayed}),
        )
        fast = profile(
            chargingProfilePurpose="PriorityCharging",
            steps=[{"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": 10.0}],
        )
        self.assertIn(
            "chargingProfile/chargingSchedule/0/chargingSchedulePeriod/0/operationMode",
            self.problems_of("SetChargingProfile", {"evseId": 0, "chargingProfile": fast}),
        )
