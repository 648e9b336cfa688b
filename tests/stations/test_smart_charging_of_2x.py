"""Profiles, limits, needs and terms of 2.x: what is refused before it is sent, and what is kept in every other case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

from smartserver.core.errors import Conflict
from stations import settlement
from stations.models import (
    ChargingLimit,
    ChargingNeeds,
    ChargingProfile,
    ChargingTerms,
    Command,
    EVSchedule,
    Transaction,
    Variable,
)
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.ocpp.times import written
from stations.services.smart_charging import reported
from stations.services.smart_charging.charging import send_profile
from stations.services.smart_charging.limits import MAX_LIMITS
from stations.services.smart_charging.needs import MAX_NEEDS
from stations.services.smart_charging.schedules import compare_schedule, expected_schedule
from tests.stations.asked import AskedCase
from tests.stations.support import NOON, call
from tests.units import run

MAX: Payload = {"chargingProfilePurpose": "ChargingStationMaxProfile"}
TX: Payload = {"chargingProfilePurpose": "TxProfile", "transactionId": "T1"}
LIMIT: Any = [{"startPeriod": 0, "limit": 16.0}]


def later(**span: float) -> str:
    return written(NOON + timedelta(**span))


def schedule(*, steps: Any = LIMIT, **more: Any) -> Payload:
    found = {"id": 1, "startSchedule": later(), "chargingRateUnit": "A", "chargingSchedulePeriod": steps} | more
    return {name: value for name, value in found.items() if value is not None}


def profile(*, steps: Any = LIMIT, rates: Payload | None = None, **more: Any) -> Payload:
    return {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule(steps=steps, **(rates or {}))],
    } | more


def dynamic(**more: Any) -> Payload:
    return profile(chargingProfileKind="Dynamic", rates={"startSchedule": None}, **more)


class ChargingCase(AskedCase):
    version = "2.1"

    def begin(self, reference: str = "T1", evse: int = 1) -> Transaction:
        found = self.charge(evse)
        found.reference = reference
        found.save()
        return found

    def give(self, found: Payload, evse: int = 1, status: str = "Accepted") -> Command:
        return self.settle("SetChargingProfile", {"evseId": evse, "chargingProfile": found}, status)

    def tell(self, action: str, payload: Payload, **span: float) -> Payload:
        unit = call(self.station, action, payload, version=self.version, at=NOON + timedelta(**span))
        found: Payload = run(unit)[0]
        return found

    def known(self) -> set[int]:
        return set(ChargingProfile.objects.values_list("number", flat=True))

    def expected(self, evse: int = 1, unit: str = "A") -> list[tuple[int, float | None]]:
        found = expected_schedule(self.station.pk, evse, NOON, 3600, unit)
        return [(period.start_seconds, period.limit) for period in found.periods]


class RefusedBeforeTheyAreSent(ChargingCase):
    def wrong(self, path: str, found: Payload, evse: int = 1) -> str:
        reasons = self.problems_of("SetChargingProfile", {"evseId": evse, "chargingProfile": found})
        self.assertEqual([each.removeprefix("chargingProfile/") for each in reasons], [path])
        return next(iter(reasons.values()))

    def test_purposes_at_the_wrong_place(self) -> None:
        self.begin()
        self.wrong("chargingProfilePurpose", profile(**MAX))
        self.wrong("chargingProfilePurpose", profile(**TX), evse=0)
        self.wrong("chargingProfilePurpose", profile(chargingProfilePurpose="ChargingStationExternalConstraints"))

    def test_transactions_that_are_not_there(self) -> None:
        self.wrong("transactionId", profile(transactionId="T1"))
        self.wrong("transactionId", profile(chargingProfilePurpose="TxProfile"))
        self.wrong("transactionId", profile(**TX))
        self.begin(evse=2)
        self.wrong("transactionId", profile(**TX))
        Transaction.objects.update(evse=None)
        self.wrong("transactionId", profile(**TX))

    def test_beginnings(self) -> None:
        self.wrong("chargingSchedule/0/startSchedule", profile(rates={"startSchedule": None}))
        self.wrong("chargingSchedule/0/startSchedule", profile(chargingProfileKind="Relative"))
        self.wrong("recurrencyKind", profile(chargingProfileKind="Recurring"))

    def test_schedules_and_periods(self) -> None:
        self.wrong("chargingSchedule", profile(chargingSchedule=[schedule(), schedule(id=2)]))
        path = "chargingSchedule/0/chargingSchedulePeriod/0"
        self.wrong(f"{path}/startPeriod", profile(steps=[{"startPeriod": 5, "limit": 1.0}]))
        self.wrong(f"{path}/phaseToUse", profile(steps=[{"startPeriod": 0, "limit": 1.0, "phaseToUse": 2}]))
        self.wrong(f"{path}/limit", profile(steps=[{"startPeriod": 0, "limit": -1.0}]))
        self.wrong("id", profile(id=2**40))

    def test_modes_without_what_they_need(self) -> None:
        path = "chargingSchedule/0/chargingSchedulePeriod/0"
        for mode, needed in (("", "limit"), ("CentralSetpoint", "setpoint"), ("LocalFrequency", "v2xFreqWattCurve")):
            period = {"startPeriod": 0} | ({"operationMode": mode} if mode else {})
            more = {"v2xBaseline": 0.0} if mode == "LocalFrequency" else {}
            self.assertIn(needed, self.wrong(path, profile(steps=[period | more], rates={"chargingRateUnit": "W"})))
        self.ask(
            "SetChargingProfile",
            {"evseId": 1, "chargingProfile": profile(steps=[{"startPeriod": 0, "operationMode": "Idle"}])},
        )

    def test_setpoints_outside_their_limits(self) -> None:
        path = "chargingSchedule/0/chargingSchedulePeriod/0/setpoint"
        for setpoint in (17.0, -9.0):
            period = {"startPeriod": 0, "limit": 16.0, "dischargeLimit": -8.0, "setpoint": setpoint}
            self.wrong(path, profile(steps=[period | {"operationMode": "CentralSetpoint"}]))

    def test_dynamic_ones_have_one_period(self) -> None:
        two = [*LIMIT, {"startPeriod": 60, "limit": 6.0}]
        self.wrong("chargingSchedule", dynamic(steps=two))
        self.wrong("dynUpdateInterval", dynamic(dynUpdateInterval=-1))
        self.wrong("dynUpdateInterval", profile(dynUpdateInterval=60))

    def test_two_that_would_hold_at_once(self) -> None:
        self.give(profile(validTo=later(hours=1)))
        self.wrong("stackLevel", profile(id=2))
        self.give(profile(id=2, validFrom=later(hours=1)))
        self.give(profile(id=1, stackLevel=1))
        self.assertEqual(self.known(), {1, 2})

    def test_more_than_the_station_takes(self) -> None:
        for name, instance, value, limits in (
            ("ProfileStackLevel", "", "1", {}),
            ("RateUnit", "", "W", {}),
            ("PeriodsPerSchedule", "", "1", {}),
            ("Entries", "ChargingProfiles", "1", {"maxLimit": 1}),
            ("Enabled", "", "true", {}),
        ):
            Variable.objects.create(
                station=self.station,
                component="SmartChargingCtrlr",
                variable=name,
                variable_instance=instance,
                attribute="Actual",
                value=value,
                characteristics=limits,
                reported_at=NOON,
            )
        self.wrong("stackLevel", profile(stackLevel=2, rates={"chargingRateUnit": "W"}))
        self.wrong("chargingSchedule/0/chargingRateUnit", profile())
        two = [*LIMIT, {"startPeriod": 60, "limit": 6.0}]
        in_watts = {"chargingRateUnit": "W"}
        self.wrong("chargingSchedule/0/chargingSchedulePeriod", profile(steps=two, rates=in_watts))
        self.give(profile(rates=in_watts))
        self.wrong("id", profile(id=2, stackLevel=1, rates=in_watts))

    def test_evses_below_nought(self) -> None:
        self.version = "2.0.1"
        self.station.ocpp_version = "2.0.1"
        self.station.save()
        self.assertIn("evseId", self.problems_of("SetChargingProfile", {"evseId": -1, "chargingProfile": profile()}))


class Sending(ChargingCase):
    def send(self, found: Payload, **more: Any) -> Payload:
        command = self.do(lambda batch: send_profile(batch, station_id=self.station.pk, evse=1, profile=found, **more))
        sent: Payload = command.payload["chargingProfile"]
        return sent

    def test_a_transaction_is_named_by_its_text(self) -> None:
        transaction = self.begin()
        tx = profile(chargingProfilePurpose="TxProfile")
        self.assertEqual(self.send(tx)["transactionId"], "T1")
        self.assertEqual(self.send(tx, transaction_id=transaction.pk)["transactionId"], "T1")

    def test_a_charger_without_ocpp_has_no_profiles(self) -> None:
        self.station.ocpp_version = "NOC"
        self.station.save()
        self.refused(Conflict, lambda batch: send_profile(batch, station_id=self.station.pk, evse=1, profile=profile()))


class Kept(ChargingCase):
    def test_only_the_same_id_replaces(self) -> None:
        self.give(profile(validTo=later(hours=1)))
        self.give(profile(id=2, validFrom=later(hours=1)))
        self.give(profile(id=2, stackLevel=3))
        self.assertEqual(self.known(), {1, 2})
        self.assertEqual(ChargingProfile.objects.get(number=2).stack_level, 3)

    def test_a_profile_whose_transaction_ended_meanwhile_is_not_kept(self) -> None:
        self.begin()
        self.ask("SetChargingProfile", {"evseId": 1, "chargingProfile": profile(**TX)})
        sent = self.take()
        Transaction.objects.update(active=False)
        self.do(lambda batch: settlement.take_answer(batch, sent=sent, reply={"status": "Accepted"}))
        self.assertEqual(self.known(), set())

    def test_what_others_limit_is_not_cleared_by_the_server(self) -> None:
        self.give(profile())
        external = profile(id=-1, chargingProfilePurpose="ChargingStationExternalConstraints")
        self.tell("ReportChargingProfiles", self.part(external))
        self.settle("ClearChargingProfile", {}, "Accepted")
        self.assertEqual(self.known(), {-1})

    def part(self, *found: Payload, request: int = 1, source: str = "SO", **more: Any) -> Payload:
        return {
            "requestId": request,
            "evseId": 1,
            "chargingLimitSource": source,
            "chargingProfile": list(found),
        } | more

    def test_a_report_replaces_what_was_asked_for(self) -> None:
        for criterion, gone in (
            ({"chargingProfileId": [1]}, {1}),
            ({"stackLevel": 1}, {2}),
            ({"chargingProfilePurpose": "TxDefaultProfile"}, {1, 2}),
            ({"chargingLimitSource": ["CSO"]}, {1, 2}),
            ({"chargingLimitSource": ["SO"]}, set()),
        ):
            ChargingProfile.objects.all().delete()
            self.give(profile())
            self.give(profile(id=2, stackLevel=1))
            request = {"requestId": 5, "evseId": 1, "chargingProfile": criterion}
            self.settle("GetChargingProfiles", request, "NoProfiles")
            self.assertEqual({1, 2} - self.known(), gone, criterion)

    def test_parts_that_are_faster_than_the_answer(self) -> None:
        self.give(profile())
        self.give(profile(id=2, stackLevel=1))
        self.ask("GetChargingProfiles", {"requestId": 6, "chargingProfile": {}})
        self.take()
        self.tell("ReportChargingProfiles", self.part(profile(), request=6, source="CSO"))
        self.assertEqual(self.known(), {1})

    def test_a_report_for_which_nobody_asked_adds(self) -> None:
        self.give(profile())
        self.tell("ReportChargingProfiles", self.part(profile(id=9, stackLevel=4), request=99))
        self.assertEqual(self.known(), {1, 9})
        self.assertEqual(ChargingProfile.objects.get(number=9).source, "station")

    def test_a_flood_of_profiles_is_bounded(self) -> None:
        with mock.patch.object(reported, "MAX_PROFILES", 2):
            self.give(profile())
            many = [profile(id=id, stackLevel=id) for id in (1, 2, 3)]
            self.tell("ReportChargingProfiles", self.part(*many, request=98))
        self.assertEqual(self.known(), {1, 2})

    def test_numbers_that_no_column_holds_are_refused(self) -> None:
        wrongs: list[Payload] = [{"id": 2**40}, {"stackLevel": 2**40}]
        for wrong in wrongs:
            with self.assertRaises(CallError):
                self.tell("ReportChargingProfiles", self.part(profile(**wrong)))
        with self.assertRaises(CallError):
            self.tell("PullDynamicScheduleUpdate", {"chargingProfileId": 2**70})

    def test_the_choice_of_the_vehicle_counts(self) -> None:
        self.begin()
        self.give(
            profile(chargingSchedule=[schedule(), schedule(id=2, steps=[{"startPeriod": 0, "limit": 9.0}])], **TX)
        )
        self.assertEqual(self.expected(), [(0, 16.0)])
        low = schedule(steps=[{"startPeriod": 0, "limit": 9.0}])
        told = {"evseId": 1, "timeBase": later(), "chargingSchedule": low, "selectedChargingScheduleId": 2}
        self.assertEqual(self.tell("NotifyEVChargingSchedule", told), {"status": "Accepted"})
        self.assertEqual(self.expected(), [(0, 9.0)])

    def test_a_schedule_without_a_time_is_not_used(self) -> None:
        self.begin()
        told = {"evseId": 1, "timeBase": "0001-01-01T00:00:00+01:00", "chargingSchedule": schedule()}
        self.assertEqual(self.tell("NotifyEVChargingSchedule", told), {"status": "Rejected"})
        self.assertFalse(EVSchedule.objects.exists())

    def test_a_comparison_knows_both_forms(self) -> None:
        self.give(profile())
        request = {"evseId": 1, "duration": 60}
        answer = {"evseId": 1, "duration": 60, "scheduleStart": later(), "chargingRateUnit": "A"}
        found = compare_schedule(
            self.station.pk,
            request,
            {"status": "Accepted", "schedule": answer | {"chargingSchedulePeriod": LIMIT}},
            NOON,
        )
        self.assertEqual(found.differences, ())
        assert found.reported is not None
        self.assertEqual((found.reported.start, found.reported.evse), (NOON, 1))
        self.assertIsNone(compare_schedule(self.station.pk, request, {"status": "Rejected"}, NOON).reported)


class RemoteStarts(ChargingCase):
    def order(self, **changes: Any) -> Payload:
        wanted = profile(chargingProfilePurpose="TxProfile", **changes)
        return {
            "idToken": {"idToken": "CARD", "type": "Central"},
            "remoteStartId": 9,
            "evseId": 1,
            "chargingProfile": wanted,
        }

    def start(self, reference: str, **info: Any) -> Transaction:
        event = {
            "eventType": "Started",
            "timestamp": later(),
            "triggerReason": "RemoteStart",
            "seqNo": 0,
            "transactionInfo": {"transactionId": reference, **info},
            "evse": {"id": 1},
        }
        self.tell("TransactionEvent", event)
        return Transaction.objects.get(reference=reference)

    def test_a_profile_is_of_the_transaction_that_names_its_start(self) -> None:
        self.settle("RequestStartTransaction", self.order())
        self.assertEqual(self.known(), set())
        transaction = self.start("T1", remoteStartId=9)
        row = ChargingProfile.objects.get()
        self.assertEqual((row.transaction, row.profile["transactionId"]), (transaction, "T1"))
        self.assertEqual(self.expected(), [(0, 16.0)])
        ChargingProfile.objects.all().delete()  # it was cleared, and the next event does not bring it back
        self.start("T1", remoteStartId=9)
        self.assertEqual(self.known(), set())

    def test_or_of_the_one_that_the_answer_names(self) -> None:
        self.start("T2")
        self.settle("RequestStartTransaction", self.order(), {"status": "Accepted", "transactionId": "T2"})
        self.assertEqual(ChargingProfile.objects.get().profile["transactionId"], "T2")

    def test_only_a_profile_of_the_transaction_goes_along(self) -> None:
        for wrong, path in (
            ({"transactionId": "T1"}, "transactionId"),
            ({"stackLevel": 2**40}, "stackLevel"),
        ):
            self.assertIn(f"chargingProfile/{path}", self.problems_of("RequestStartTransaction", self.order(**wrong)))
        order = self.order() | {"chargingProfile": profile()}
        self.assertIn("chargingProfile/chargingProfilePurpose", self.problems_of("RequestStartTransaction", order))
        self.ask("RequestStartTransaction", {"idToken": order["idToken"], "remoteStartId": 9})


class Limits(ChargingCase):
    def limit(self, watts: float, *, source: str = "SO", local: bool = False, **more: Any) -> None:
        steps = [{"startPeriod": 0, "limit": watts}]
        told = {"chargingLimitSource": source, "isLocalGeneration": local}
        self.tell(
            "NotifyChargingLimit",
            {"chargingLimit": told, "chargingSchedule": [schedule(steps=steps, chargingRateUnit="W")]} | more,
        )

    def test_the_newest_of_a_source_counts(self) -> None:
        self.limit(6900.0)
        self.limit(3450.0)
        self.assertEqual(self.expected(), [(0, 5.0)])
        self.assertEqual(ChargingLimit.objects.count(), 1)

    def test_generation_adds(self) -> None:
        self.give(profile())
        self.limit(6900.0, local=True)
        self.assertEqual(self.expected(), [(0, 26.0)])

    def test_a_limit_without_numbers_or_with_a_strange_time_limits_nothing(self) -> None:
        self.tell("NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "EMS"}})
        self.limit(1.0, chargingSchedule=[schedule(startSchedule="2016-12-31T23:59:60Z")])
        self.assertEqual(self.expected(), [(0, None)])
        self.assertEqual(ChargingLimit.objects.count(), 2)

    def test_a_cleared_limit_takes_its_profile_along(self) -> None:
        external = profile(id=-1, chargingProfilePurpose="ChargingStationExternalConstraints")
        part = {"requestId": 1, "evseId": 0, "chargingLimitSource": "SO", "chargingProfile": [external]}
        self.tell("ReportChargingProfiles", part)
        self.assertEqual(self.expected(), [(0, 16.0)])
        self.tell("ClearedChargingLimit", {"chargingLimitSource": "SO"})
        self.assertEqual(self.expected(), [(0, None)])

    def test_a_flood_of_sources_is_bounded(self) -> None:
        ChargingLimit.objects.bulk_create(
            ChargingLimit(station=self.station, evse=0, source=f"s{each}", received_at=NOON)
            for each in range(MAX_LIMITS)
        )
        self.tell("NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "new"}}, hours=1)
        self.assertEqual(ChargingLimit.objects.count(), MAX_LIMITS)
        self.assertTrue(ChargingLimit.objects.filter(source="new").exists())


class Needs(ChargingCase):
    AC: Payload = {"energyAmount": 22080, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400}

    def needs(self, hours: float | None = 4, *, result: str = "Accepted", **more: Any) -> ChargingNeeds:
        needs: Payload = {"requestedEnergyTransfer": "AC_three_phase", "acChargingParameters": self.AC} | more
        if hours is not None:
            needs["departureTime"] = later(hours=hours)
        answer = self.tell("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs, "maxScheduleTuples": 3})
        self.assertEqual(answer, {"status": result})
        found = ChargingNeeds.objects.get()
        self.assertEqual(found.result, result)
        return found

    def plans(self) -> list[Payload]:
        found = Command.objects.filter(action="SetChargingProfile").order_by("pk")
        return [each.payload["chargingProfile"] for each in found]

    def periods(self) -> list[tuple[int, float]]:
        (plan,) = self.plans()[-1]["chargingSchedule"]
        return [(each["startPeriod"], each["limit"]) for each in plan["chargingSchedulePeriod"]]

    def test_are_met_by_the_departure(self) -> None:
        self.begin()
        command = self.needs().command
        self.assertEqual(self.periods(), [(0, 5520.0)])
        self.answer("Accepted")
        self.assertEqual(ChargingProfile.objects.get().number, self.plans()[0]["id"])
        assert command is not None
        command.refresh_from_db()
        self.assertEqual(command.result, "Accepted")

    def test_keep_to_the_limits_that_are_known(self) -> None:
        self.begin()
        steps = [{"startPeriod": 0, "limit": 6.0}, {"startPeriod": 7200, "limit": 16.0}]
        self.give(profile(steps=steps))
        self.needs()
        # 2 h with 6 A (4,140 W), so 2 h with 6,900 W.
        self.assertEqual(self.periods(), [(0, 4140.0), (7200, 6900.0)])

    def test_are_told_in_amperes_where_the_station_takes_nothing_else(self) -> None:
        Variable.objects.create(
            station=self.station, component="SmartChargingCtrlr", variable="RateUnit", attribute="Actual", value="A",
            reported_at=NOON,
        )  # fmt: skip
        self.begin()
        self.needs()
        self.assertEqual(self.periods(), [(0, 8.0)])

    def test_told_again_have_one_plan_unless_it_was_lost(self) -> None:
        self.begin()
        self.needs()
        self.needs()
        self.assertEqual(len(self.plans()), 1)
        self.say_nothing()
        self.needs()
        self.assertEqual(len(self.plans()), 2)

    def test_that_change_have_a_new_plan_of_the_same_number(self) -> None:
        self.begin()
        self.needs()
        self.answer("Accepted")
        self.needs(hours=8)
        self.answer("Accepted")
        self.assertEqual(self.periods(), [(0, 4140.0)])
        self.assertEqual(ChargingProfile.objects.count(), 1)

    def test_without_a_departure_get_what_there_is(self) -> None:
        self.begin()
        found = self.needs(None)
        self.assertIsNone(found.departure_at)
        self.assertEqual(self.periods(), [(0, 22080.0)])

    def test_are_left_to_who_has_set_a_profile_by_hand(self) -> None:
        self.begin()
        self.give(profile(**TX))
        self.assertIn("somebody else", self.needs(result="Processing").remark)
        self.assertEqual(len(self.plans()), 1)

    def test_that_say_too_little_are_left_to_people(self) -> None:
        self.begin()
        answer = self.tell("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "WPT"}})
        self.assertEqual(answer, {"status": "Processing"})
        self.assertEqual(self.plans(), [])

    def test_that_cannot_be_met_are_refused(self) -> None:
        self.needs(result="Rejected")
        self.begin()
        self.assertIn("over", self.needs(-1, result="Rejected").remark)
        self.give(profile(**MAX, steps=[{"startPeriod": 0, "limit": 0.0}]), evse=0)
        self.assertIn("Nothing", self.needs(result="Rejected").remark)

    def test_that_cannot_be_met_do_not_end_a_session_of_iso_15118_20(self) -> None:
        self.begin()
        found = self.needs(-1, result="NoChargingProfile", controlMode="ScheduledControl")
        self.assertIn("over", found.remark)

    def test_at_places_that_there_are_not_are_not_kept_without_end(self) -> None:
        ChargingNeeds.objects.bulk_create(
            ChargingNeeds(station=self.station, evse=evse, needs={}, result="Rejected", received_at=NOON)
            for evse in range(100, 100 + MAX_NEEDS)
        )
        needs = {"requestedEnergyTransfer": "DC"}
        answer = self.tell("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})
        self.assertEqual((answer, ChargingNeeds.objects.count()), ({"status": "Rejected"}, MAX_NEEDS))

    def test_in_a_way_that_is_not_allowed_are_refused(self) -> None:
        ChargingTerms.objects.create(transaction=self.begin(), allowed_energy_transfer=["DC"])
        self.assertIn("not allowed", self.needs(result="Rejected").remark)

    def test_of_a_station_without_room_are_refused(self) -> None:
        Variable.objects.create(
            station=self.station,
            component="SmartChargingCtrlr",
            variable="Entries",
            variable_instance="ChargingProfiles",
            attribute="Actual",
            value="0",
            characteristics={"maxLimit": 0},
            reported_at=NOON,
        )
        self.begin()
        self.assertIn("0 profiles", self.needs(result="Rejected").remark)
        self.assertEqual(self.plans(), [])


class Terms(ChargingCase):
    def test_end_with_their_session(self) -> None:
        self.begin()
        self.settle("UsePriorityCharging", {"transactionId": "T1", "activate": True}, "Accepted")
        self.settle("UsePriorityCharging", {"transactionId": "T1", "activate": False}, "Rejected")
        self.assertTrue(ChargingTerms.objects.get().priority)
        Transaction.objects.update(active=False)
        self.settle("UsePriorityCharging", {"transactionId": "T1", "activate": False}, "Accepted")
        self.assertTrue(ChargingTerms.objects.get().priority, "nothing is kept of a session that is over")


class Dynamic(ChargingCase):
    def pull(self, number: int = 1) -> Payload:
        return self.tell("PullDynamicScheduleUpdate", {"chargingProfileId": number}, minutes=1)

    def push(self, limit: float, status: str) -> None:
        self.settle("UpdateDynamicSchedule", {"chargingProfileId": 1, "scheduleUpdate": {"limit": limit}}, status)

    def test_a_refused_update_changes_nothing(self) -> None:
        self.give(dynamic())
        self.push(9.0, "Rejected")
        self.assertEqual(self.pull()["scheduleUpdate"], {"limit": 16.0})
        self.push(9.0, "Accepted")
        self.assertEqual(self.pull()["scheduleUpdate"], {"limit": 9.0})
        self.assertEqual(self.expected(), [(0, 9.0)])

    def test_an_update_that_nobody_answered_is_still_wanted(self) -> None:
        self.give(dynamic())
        self.ask("UpdateDynamicSchedule", {"chargingProfileId": 1, "scheduleUpdate": {"setpoint": -3.0}})
        self.say_nothing()
        self.assertEqual(self.pull()["scheduleUpdate"], {"limit": 16.0, "setpoint": -3.0})

    def test_only_dynamic_profiles_are_pulled(self) -> None:
        self.give(profile())
        self.assertEqual(self.pull(), {"status": "Rejected"})
        self.push(9.0, "Accepted")  # the station says so, but there is no such profile
        self.assertEqual(self.expected(), [(0, 16.0)])
