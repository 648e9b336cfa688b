"""Smart charging and V2X of 2.x: profiles, limits of others, needs of vehicles, dynamic schedules, priority."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from stations.models import (
    ChargingLimit,
    ChargingNeeds,
    ChargingProfile,
    ChargingTerms,
    Command,
    EVSchedule,
    Report,
    Transaction,
)
from stations.ocpp.frames import Payload
from tests.actions.registry import received, sent, speaking
from tests.actions.support import ACCEPTED, ActionCase

COMMANDS = "`/api/v1/commands`, tab “Commands”"
PROFILES = "`/api/v1/stations/{identity}/charging-profiles`"
TALK = "`/api/v1/stations/{identity}/smart-charging`, page of the station"


def at(minutes: float = 0) -> str:
    return (datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def profile(number: int = 5, *, limit: float = 16.0, unit: str = "A", **changes: Any) -> Payload:
    return {
        "id": number,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [
            {
                "id": 1,
                "startSchedule": at(-1),
                "chargingRateUnit": unit,
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            }
        ],
    } | changes


def dynamic(number: int = 7, **values: float) -> Payload:
    schedule = {
        "id": 1,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000.0, **values}],
    }
    return profile(number, chargingProfileKind="Dynamic", dynUpdateInterval=60, chargingSchedule=[schedule])


class ChargingCase(ActionCase):
    def start(self, reference: str = "T1", *, sequence: int = 0) -> Transaction:
        payload = {
            "eventType": "Started",
            "timestamp": at(),
            "triggerReason": "Authorized",
            "seqNo": sequence,
            "transactionInfo": {"transactionId": reference, "chargingState": "Charging"},
            "evse": {"id": 1, "connectorId": 1},
            "idToken": {"idToken": "CARD1", "type": "ISO14443"},
        }
        self.tell("TransactionEvent", payload)
        return Transaction.objects.get(reference=reference)

    def set(self, given: Payload, word: str = "Accepted", evse: int = 1) -> None:
        command = self.do("stations/CP1/charging-profiles", {"evse": evse, "profile": given})
        self.answer("SetChargingProfile", {"status": word}, command["id"], {"evseId": evse, "chargingProfile": given})

    def profiles(self) -> dict[int, Any]:
        return {each["number"]: each for each in self.see("stations/CP1/charging-profiles")}

    def seen(self, what: str) -> Any:
        """The only thing of its kind that the station's page shows."""
        (row,) = self.see("stations/CP1/smart-charging")[what]
        return row

    def expected(self, evse: int = 1, unit: str = "W") -> list[tuple[int, float | None]]:
        found = self.see("stations/CP1/composite-schedule", evse=evse, duration=600, unit=unit)
        return [(each["start_seconds"], each["limit"]) for each in found["periods"]]


@speaking("2.0.1", "2.1")
class Profiles(ChargingCase):
    @sent("SetChargingProfile", stored="`ChargingProfile`", seen=PROFILES)
    def test_set_charging_profile(self) -> None:
        self.set(profile(4), "Rejected")
        self.assertEqual(self.profiles(), {})
        transaction = self.start()
        given = profile(chargingProfilePurpose="TxProfile", transactionId="T1")
        self.set(given)
        row = ChargingProfile.objects.get()
        self.assertEqual((row.profile, row.transaction), (given, transaction))
        seen = self.profiles()[5]
        self.assertEqual((seen["evse"], seen["purpose"], seen["transaction"]), (1, "TxProfile", transaction.pk))

    @sent("ClearChargingProfile", stored="`ChargingProfile` is removed", seen=PROFILES)
    def test_clear_charging_profile(self) -> None:
        self.set(profile(5))
        self.set(profile(6, stackLevel=1))
        for body, payload, word, left in (
            ({"number": 9}, {"chargingProfileId": 9}, "Unknown", {5, 6}),
            (
                {"evse": 1, "stack_level": 1},
                {"chargingProfileCriteria": {"evseId": 1, "stackLevel": 1}},
                "Accepted",
                {5},
            ),
            ({}, {}, "Accepted", set()),
        ):
            command = self.do("stations/CP1/charging-profiles/clear", body)
            self.answer("ClearChargingProfile", {"status": word}, command["id"], payload)
            self.assertEqual(set(self.profiles()), left)

    @sent("GetChargingProfiles", stored="`Report`, `ChargingProfile`", seen=f"{PROFILES}, `/api/v1/reports`")
    def test_get_charging_profiles(self) -> None:
        self.set(profile(5))
        request = {"requestId": 31, "chargingProfile": {}}
        self.ask("GetChargingProfiles", request, ACCEPTED)
        self.assertEqual(set(self.profiles()), {5}, "the report has not come yet")
        self.ask("GetChargingProfiles", request | {"requestId": 32}, {"status": "NoProfiles"})
        self.assertEqual(Report.objects.get(request=32).state, "empty")
        self.assertEqual(self.profiles(), {})

    @received("ReportChargingProfiles", stored="`Report`, `ChargingProfile`", seen=f"{PROFILES}, `/api/v1/reports`")
    def test_report_charging_profiles(self) -> None:
        self.set(profile(5))
        self.set(profile(6, stackLevel=1))
        self.ask("GetChargingProfiles", {"requestId": 40, "chargingProfile": {}}, ACCEPTED)
        external = profile(-1, limit=3000.0, unit="W", chargingProfilePurpose="ChargingStationExternalConstraints")
        for evse, source, found, more in ((1, "CSO", profile(5), True), (0, "SO", external, False)):
            part = {"requestId": 40, "evseId": evse, "chargingLimitSource": source, "chargingProfile": [found]}
            self.assertEqual(self.tell("ReportChargingProfiles", part | {"tbc": more}), {})
        self.assertEqual(Report.objects.get().state, "complete")
        seen = self.profiles()
        self.assertEqual(set(seen), {5, -1}, "6 is not there any more")
        self.assertEqual([(seen[key]["source"], seen[key]["limit_source"]) for key in (5, -1)], [
            ("server", "CSO"),
            ("station", "SO"),
        ])  # fmt: skip
        self.assertEqual(self.expected(), [(0, 3000.0)])

    @sent("GetCompositeSchedule", stored="`Command`", seen="`/api/v1/commands/{id}/schedule`, page of the station")
    def test_get_composite_schedule(self) -> None:
        self.set(profile())
        command = self.do("stations/CP1/composite-schedule", {"evse": 1, "duration": 600, "unit": "A", "wait": 0})
        number = command["command"]["id"]
        schedule = {
            "evseId": 1,
            "duration": 600,
            "scheduleStart": at(),
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 13.0}],
        }
        asked = {"evseId": 1, "duration": 600, "chargingRateUnit": "A"}
        self.answer("GetCompositeSchedule", {"status": "Accepted", "schedule": schedule}, number, asked)
        (difference,) = self.see(f"commands/{number}/schedule")["comparison"]["differences"]
        self.assertEqual((difference["expected"], difference["reported"]), (16.0, 13.0))


@speaking("2.0.1", "2.1")
class LimitsOfOthers(ChargingCase):
    def limit(self, **more: Any) -> None:
        schedule = profile(limit=4000.0, unit="W")["chargingSchedule"]
        limit = {"chargingLimitSource": "SO", "isGridCritical": True}
        self.assertEqual(
            self.tell("NotifyChargingLimit", {"chargingLimit": limit, "chargingSchedule": schedule} | more), {}
        )

    @received("NotifyChargingLimit", stored="`ChargingLimit`", seen=f"{TALK}, `…/composite-schedule`")
    def test_notify_charging_limit(self) -> None:
        self.limit(evseId=1)
        self.limit(evseId=1)
        self.assertEqual(ChargingLimit.objects.get().source, "SO")
        seen = self.seen("limits")
        self.assertEqual((seen["evse"], seen["is_grid_critical"], seen["cleared_at"]), (1, True, None))
        self.assertEqual(self.expected(), [(0, 4000.0)])
        self.assertEqual(self.expected(2), [(0, None)])

    @received("ClearedChargingLimit", stored="`ChargingLimit`", seen=f"{TALK}, `…/composite-schedule`")
    def test_cleared_charging_limit(self) -> None:
        self.limit()
        self.assertEqual(self.tell("ClearedChargingLimit", {"chargingLimitSource": "EMS"}), {})
        self.assertEqual(self.expected(), [(0, 4000.0)])
        self.assertEqual(self.tell("ClearedChargingLimit", {"chargingLimitSource": "SO"}), {})
        self.assertIsNotNone(ChargingLimit.objects.get().cleared_at)
        self.assertIsNotNone(self.seen("limits")["cleared_at"])
        self.assertEqual(self.expected(), [(0, None)])


@speaking("2.0.1", "2.1")
class Vehicles(ChargingCase):
    def needs(self, **more: Any) -> Payload:
        ac = {"energyAmount": 20000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400}
        needs = {"requestedEnergyTransfer": "AC_three_phase", "acChargingParameters": ac} | more
        return {"evseId": 1, "maxScheduleTuples": 4, "chargingNeeds": needs}

    @received("NotifyEVChargingNeeds", stored="`ChargingNeeds`, `ChargingProfile` of the plan", seen=TALK)
    def test_notify_ev_charging_needs(self) -> None:
        wanted = self.needs(departureTime=at(4 * 60))
        self.assertEqual(self.tell("NotifyEVChargingNeeds", wanted), {"status": "Rejected"})
        self.assertEqual(self.seen("needs")["remark"], "No session runs there.")

        transaction = self.start()
        self.assertEqual(self.tell("NotifyEVChargingNeeds", wanted), ACCEPTED)
        frame = self.hear("SetChargingProfile")
        planned = frame[3]["chargingProfile"]
        self.assertEqual((planned["chargingProfilePurpose"], planned["transactionId"]), ("TxProfile", "T1"))
        (period,) = planned["chargingSchedule"][0]["chargingSchedulePeriod"]
        # 20 kWh in about four hours.
        self.assertAlmostEqual(period["limit"], 5000, delta=50)
        row = ChargingNeeds.objects.get()
        self.assertEqual((row.transaction, row.result, row.needs), (transaction, "Accepted", wanted["chargingNeeds"]))
        self.assertEqual(self.tell("NotifyEVChargingNeeds", wanted), ACCEPTED)
        self.assertEqual(Command.objects.filter(action="SetChargingProfile").count(), 1, "one plan is enough")
        self.say(frame, ACCEPTED)
        self.settled_last("SetChargingProfile")
        seen = self.seen("needs")
        self.assertEqual((seen["result"], seen["transaction"]), ("Accepted", transaction.pk))
        self.assertEqual(self.profiles()[planned["id"]]["transaction"], transaction.pk)

        # The plan was answered: now the vehicle negotiates anew (K16.FR.12, K17.FR.03).
        self.assertEqual(self.tell("NotifyEVChargingNeeds", wanted), ACCEPTED)
        self.say(self.hear("SetChargingProfile"), ACCEPTED)
        self.settled_last("SetChargingProfile")
        self.assertEqual(len(self.profiles()), 1, "it replaces the last one")

    @received("NotifyEVChargingSchedule", stored="`EVSchedule`", seen=TALK)
    def test_notify_ev_charging_schedule(self) -> None:
        schedule = profile(limit=9000.0, unit="W")["chargingSchedule"][0]
        told = {"evseId": 1, "timeBase": at(), "chargingSchedule": schedule}
        self.assertEqual(self.tell("NotifyEVChargingSchedule", told), {"status": "Rejected"})
        self.assertEqual(self.see("stations/CP1/smart-charging")["ev_schedules"], [])
        transaction = self.start()
        self.assertEqual(self.tell("NotifyEVChargingSchedule", told), ACCEPTED)
        self.assertEqual(EVSchedule.objects.get().transaction, transaction)
        self.assertEqual(self.seen("ev_schedules")["schedule"], schedule)


@speaking("2.1")
class Dynamic(ChargingCase):
    @sent("UpdateDynamicSchedule", stored="`ChargingProfile`", seen=f"{PROFILES}, `…/composite-schedule`")
    def test_update_dynamic_schedule(self) -> None:
        self.set(dynamic())
        self.assertEqual(self.expected(), [(0, 11000.0)])
        for word, limit in (("Rejected", 11000.0), ("Accepted", 7000.0)):
            update = {"chargingProfileId": 7, "scheduleUpdate": {"limit": 7000.0}}
            self.ask("UpdateDynamicSchedule", update, {"status": word})
            self.assertEqual(self.expected(), [(0, limit)])
        (period,) = self.profiles()[7]["profile"]["chargingSchedule"][0]["chargingSchedulePeriod"]
        self.assertEqual(period["limit"], 7000.0)

    @received("PullDynamicScheduleUpdate", stored="`ChargingProfile`", seen=PROFILES)
    def test_pull_dynamic_schedule_update(self) -> None:
        self.set(dynamic())
        self.assertEqual(self.tell("PullDynamicScheduleUpdate", {"chargingProfileId": 8}), {"status": "Rejected"})
        answer = self.tell("PullDynamicScheduleUpdate", {"chargingProfileId": 7})
        self.assertEqual(answer, {"status": "Accepted", "scheduleUpdate": {"limit": 11000.0}})

        # What is on its way goes before what the station has.
        update = {"chargingProfileId": 7, "scheduleUpdate": {"limit": 3000.0, "setpoint": -2000.0}}
        command = self.do("stations/CP1/commands", {"action": "UpdateDynamicSchedule", "payload": update})
        frame = self.hear("UpdateDynamicSchedule", update)
        answer = self.tell("PullDynamicScheduleUpdate", {"chargingProfileId": 7})
        self.assertEqual(answer["scheduleUpdate"], {"limit": 3000.0, "setpoint": -2000.0})
        (period,) = self.profiles()[7]["profile"]["chargingSchedule"][0]["chargingSchedulePeriod"]
        self.assertEqual((period["limit"], period["setpoint"]), (3000.0, -2000.0))
        self.say(frame, ACCEPTED)
        self.settled(command["id"])


@speaking("2.1")
class Terms(ChargingCase):
    @sent("UsePriorityCharging", stored="`ChargingTerms`", seen=TALK)
    def test_use_priority_charging(self) -> None:
        self.start()
        self.set(profile(limit=16.0))
        self.set(profile(6, limit=32.0, chargingProfilePurpose="PriorityCharging"))
        asked = {"transactionId": "T1", "activate": True}
        self.ask("UsePriorityCharging", asked, {"status": "NoProfile"})
        self.assertEqual(self.see("stations/CP1/smart-charging")["terms"], [])
        self.assertEqual(self.expected(unit="A"), [(0, 16.0)])
        self.ask("UsePriorityCharging", asked, ACCEPTED)
        self.assertTrue(ChargingTerms.objects.get().priority)
        self.assertEqual((self.seen("terms")["priority"], self.seen("terms")["priority_by"]), (True, "server"))
        self.assertEqual(self.expected(unit="A"), [(0, 32.0)])

    @received("NotifyPriorityCharging", stored="`ChargingTerms`", seen=TALK)
    def test_notify_priority_charging(self) -> None:
        self.start()
        for active in (True, False):
            self.assertEqual(self.tell("NotifyPriorityCharging", {"transactionId": "T1", "activated": active}), {})
            self.assertEqual((self.seen("terms")["priority"], self.seen("terms")["priority_by"]), (active, "station"))
        self.assertEqual(self.tell("NotifyPriorityCharging", {"transactionId": "T2", "activated": True}), {})
        self.assertEqual(ChargingTerms.objects.count(), 1)

    @sent("NotifyAllowedEnergyTransfer", stored="`ChargingTerms`", seen=TALK)
    def test_notify_allowed_energy_transfer(self) -> None:
        self.start()
        allowed = {"transactionId": "T1", "allowedEnergyTransfer": ["AC_three_phase", "AC_BPT"]}
        self.ask("NotifyAllowedEnergyTransfer", allowed, {"status": "Rejected"})
        self.assertFalse(ChargingTerms.objects.exists())
        self.ask("NotifyAllowedEnergyTransfer", allowed, ACCEPTED)
        self.assertEqual(self.seen("terms")["allowed_energy_transfer"], ["AC_three_phase", "AC_BPT"])
        # A vehicle that wants something else gets no plan.
        needs = {"requestedEnergyTransfer": "DC", "dcChargingParameters": {"evMaxCurrent": 100, "evMaxVoltage": 400}}
        answer = self.tell("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})
        self.assertEqual(answer, {"status": "Rejected"})

    @sent("AFRRSignal", stored="`Command`", seen=COMMANDS)
    def test_afrr_signal(self) -> None:
        for word in ("Rejected", "Accepted"):
            seen = self.ask("AFRRSignal", {"timestamp": at(), "signal": -40}, {"status": word})
            self.assertEqual((seen["result"], seen["payload"]["signal"]), (word, -40))
