"""Power in both directions at the emulator: who allows it, and plans and setpoints of the server (Q01 to Q04)."""

from __future__ import annotations

from typing import Any

from stations.emulator.point.variables import Path
from stations.emulator.point.vehicle import Rating, Vehicle
from stations.models import ChargingNeeds, ChargingTerms, EVSchedule, IdToken
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.test_smart_charging import ProfileCase, profile
from tests.waiting import eventually

BOTH_WAYS, ONE_WAY = "AC_BPT", "AC_three_phase"
FEED_W = 5_000.0


def scheduled(*periods: Payload, number: int = 5, purpose: str = "TxDefaultProfile", **more: Any) -> Payload:
    """A profile whose periods are these, from a minute ago; all without a start begin at 0."""
    given = profile(number, purpose, **more)
    given["chargingSchedule"][0]["chargingSchedulePeriod"] = [{"startPeriod": 0} | each for each in periods]
    return given


def dynamic(period: Payload, *, number: int = 7, seconds: int = 0, **more: Any) -> Payload:
    """One whose values are told anew while it holds, with one period. `seconds`: after which they are too old."""
    schedule: Payload = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0} | period]}
    if seconds:
        schedule["duration"] = seconds
    return profile(number, chargingProfileKind="Dynamic", chargingSchedule=[schedule], **more)


class BidirectionalCase(ProfileCase):
    version = "2.1"

    def allow(self, *modes: str) -> None:
        """In which ways energy may be transferred in the sessions of `CARD`."""
        IdToken.objects.filter(pk=self.card.pk).update(energy_transfer=list(modes))

    def arrive(self, point: ChargePoint) -> None:
        """A vehicle of ISO 15118-20 comes that can feed back."""
        point.model.outlet(1).rating = Rating(22_000.0, 3)
        point.at(lambda outlet, now: outlet.plug_in(now, Vehicle.talking(stays=None, feed_w=FEED_W)))

    def begin(self, point: ChargePoint, *modes: str) -> str:
        """It charges, in a way of these; its transaction, whose needs were answered."""
        self.allow(*(modes or (BOTH_WAYS, ONE_WAY)))
        self.arrive(point)
        point.present(CARD)
        eventually(lambda: len(point.answers("NotifyEVChargingNeeds")) == 1)
        self.settle()
        return self.transaction().reference

    def settle(self) -> None:
        """What the server asked by itself is answered."""
        eventually(lambda: not self.station.commands.filter(settled_at=None).exists())

    def forget_plan(self) -> None:
        """What the server planned for the vehicle's needs would go before a default."""
        self.clear(chargingProfileId=self.newest("SetChargingProfile").payload["chargingProfile"]["id"])

    def needs(self) -> list[Payload]:
        return [each["chargingNeeds"] for each in self.requests("NotifyEVChargingNeeds")]

    def watts(self, point: ChargePoint) -> float:
        """What flows, below 0 back into the grid."""

        def measured(outlet: Any, now: float) -> float:
            reading = outlet.reading(now)
            return float(reading.power_w - reading.fed_w)

        return point.at(measured)

    def flows(self, point: ChargePoint, watts: float) -> None:
        eventually(lambda: abs(self.watts(point) - watts) <= 0.011 * abs(watts))

    def event(self, mode: str, trigger: str = "OperationModeChanged") -> Payload:
        """The event that told of this mode last."""

        def told() -> list[Payload]:
            events = [each for each in self.requests("TransactionEvent") if each["triggerReason"] == trigger]
            return [each for each in events if each["transactionInfo"].get("operationMode") == mode]

        eventually(lambda: bool(told()))
        return told()[-1]

    def refused(self, point: ChargePoint, given: Payload, reason: str, evse: int = 1) -> None:
        """The server would not send this; another one might."""
        answer = point.receive("SetChargingProfile", {"evseId": evse, "chargingProfile": given})
        self.assertEqual(answer, {"status": "Rejected", "statusInfo": {"reasonCode": reason}})

    def v2x(self, point: ChargePoint, variable: str, value: str, instance: str = "") -> None:
        """As a technician on site leaves it, at the first EVSE."""
        path = Path("V2XChargingCtrlr", variable, 1, variable_instance=instance)
        point.do(lambda model, now: model.variables.put(path, value, now))


class Authorization(BidirectionalCase):
    def test_tc_q_100_readings_of_both_directions(self) -> None:
        """What is measured besides, in each operation mode and at each moment of a transaction."""
        setpoint = {"operationMode": "CentralSetpoint", "setpoint": -2000.0}
        with self.booted() as point:
            self.put_variable(point, "TxCtrlr", "TxStartPoint", "PowerPathClosed")
            for moment, names in (
                ("TxStarted", "Energy.Active.Export.Register,Power.Active.Setpoint"),
                ("TxUpdated", "Power.Active.Export,Frequency"),
                ("TxEnded", "Energy.Active.Export.Register"),
            ):
                self.set_variable("V2XChargingCtrlr", f"{moment}Measurands", names, evse=1, instance="CentralSetpoint")
            self.put(scheduled(setpoint))
            self.begin(point)
            self.forget_plan()
            self.flows(point, -2000.0)
            self.ask("TriggerMessage", {"requestedMessage": "TransactionEvent", "evse": {"id": 1}})
            eventually(lambda: self.requests("TransactionEvent")[-1]["triggerReason"] == "Trigger")
            point.present(CARD)
            self.assert_ended("Local")
        events = [each for each in self.requests("TransactionEvent") if "meterValue" in each]
        kinds = [each["eventType"] for each in events]
        self.assertEqual(kinds, ["Started", "Updated", "Ended"])
        started, updated, ended = (
            {each["measurand"] for each in event["meterValue"][0]["sampledValue"]} for event in events
        )
        self.assertLessEqual({"Energy.Active.Export.Register", "Power.Active.Setpoint"}, started)
        self.assertLessEqual({"Power.Active.Export", "Frequency"}, updated)
        self.assertLessEqual({"Energy.Active.Export.Register"}, ended)
        self.assertNotIn("Frequency", started | ended)
        self.assertEqual(self.of(events[1], "Power.Active.Export"), 2000.0)
        self.assertEqual(self.of(events[1], "Power.Active.Import"), 0.0)

    def of(self, event: Payload, measurand: str) -> float:
        (value,) = event["meterValue"]
        (found,) = [each["value"] for each in value["sampledValue"] if each["measurand"] == measurand]
        return float(found)

    def test_tc_q_101_needs(self) -> None:
        """What it wants is told, in both directions; the server takes its time, and then there is a plan."""
        with self.booted() as point:
            reference = self.begin(point, ONE_WAY)
            self.put(profile(6, "TxProfile", transactionId=reference, stackLevel=1))
            self.ask("NotifyAllowedEnergyTransfer", {"transactionId": reference, "allowedEnergyTransfer": [BOTH_WAYS]})
            eventually(lambda: len(point.answers("NotifyEVChargingNeeds")) == 2)
            self.assertEqual(point.answers("NotifyEVChargingNeeds")[-1][2], {"status": "Processing"})
            wanted = self.needs()[-1]
            self.assertEqual(wanted["requestedEnergyTransfer"], BOTH_WAYS)
            self.assertEqual(wanted["availableEnergyTransfer"], [BOTH_WAYS, ONE_WAY])
            self.assertEqual(wanted["controlMode"], "ScheduledControl")
            limits = wanted["v2xChargingParameters"]
            self.assertEqual((limits["maxChargePower"], limits["maxDischargePower"]), (11_000.0, FEED_W))
            self.assertLess(limits["evMinV2XEnergyRequest"], 0.0, "it may be discharged")
            self.assertGreater(limits["evTargetEnergyRequest"], 0.0)
            plan = scheduled({"operationMode": "CentralSetpoint", "setpoint": -1000.0}, number=6, purpose="TxProfile")
            self.put(plan | {"transactionId": reference, "stackLevel": 1})
            self.flows(point, -1000.0)

    def test_tc_q_102_nothing_is_allowed(self) -> None:
        """Without a word of the server the vehicle charges only, whatever is asked of it."""
        with self.booted() as point:
            self.allow()
            self.arrive(point)
            point.present(CARD)
            eventually(lambda: len(point.answers("NotifyEVChargingNeeds")) == 1)
            self.settle()
            self.assertNotIn("allowedEnergyTransfer", point.answers("Authorize")[0][2])
            (asked,) = self.requests("Authorize")
            named = [{"additionalIdToken": "WMIV1234567890ABCDEX", "type": "EVCCID"}]
            self.assertEqual(asked["idToken"]["additionalInfo"], named, "the vehicle is known, too")
            (wanted,) = self.needs()
            self.assertEqual(wanted["requestedEnergyTransfer"], ONE_WAY)
            self.assertEqual(wanted["availableEnergyTransfer"], [BOTH_WAYS, ONE_WAY])
            self.assertNotIn("v2xChargingParameters", wanted)
            setpoint = {"operationMode": "CentralSetpoint", "setpoint": -2000.0}
            of_it = {"chargingProfilePurpose": "TxProfile", "transactionId": self.transaction().reference}
            self.put(dynamic(setpoint, stackLevel=1) | of_it)
            self.event("CentralSetpoint")
            self.assertEqual(self.watts(point), 0.0)

    def test_tc_q_103_needs_are_rejected(self) -> None:
        """What the token was allowed is taken back before it charges; the vehicle cannot do otherwise."""
        with self.booted() as point:
            self.put_variable(point, "ISO15118Ctrlr", "ServiceRenegotiationSupport", "false")
            self.withdrawn(point)
            self.assert_ended("ReqEnergyTransferRejected")
        event = self.requests("TransactionEvent")[-1]
        self.assertEqual((event["eventType"], event["triggerReason"]), ("Ended", "AbnormalCondition"))
        self.assertEqual([each["requestedEnergyTransfer"] for each in self.needs()], [BOTH_WAYS])

    def withdrawn(self, point: ChargePoint) -> None:
        self.allow(BOTH_WAYS, ONE_WAY)
        point.present(CARD)
        eventually(lambda: len(point.answers("Authorize")) == 1)
        self.assertEqual(point.answers("Authorize")[0][2]["allowedEnergyTransfer"], [BOTH_WAYS, ONE_WAY])
        self.allow(ONE_WAY)
        self.arrive(point)
        eventually(lambda: bool(point.answers("NotifyEVChargingNeeds")))
        self.assertEqual(point.answers("NotifyEVChargingNeeds")[0][2], {"status": "Rejected"})

    def test_tc_q_130_needs_are_negotiated_again(self) -> None:
        with self.booted() as point:
            self.withdrawn(point)
            eventually(lambda: len(point.answers("NotifyEVChargingNeeds")) == 2)
            self.assertEqual(point.answers("NotifyEVChargingNeeds")[1][2], {"status": "Accepted"})
            self.assertEqual([each["requestedEnergyTransfer"] for each in self.needs()], [BOTH_WAYS, ONE_WAY])
            self.assertEqual(ChargingNeeds.objects.get().energy_transfer, ONE_WAY)
            self.assertTrue(self.transaction().active)
            self.assertTrue(point.charging)

    def test_tc_q_104_by_a_plan(self) -> None:
        """Scheduled control: the vehicle takes over the plan for its needs, with both directions in it."""
        with self.booted() as point:
            reference = self.begin(point)
            self.assertEqual(self.needs()[0]["controlMode"], "ScheduledControl")
            self.assertEqual(point.answers("NotifyEVChargingNeeds")[0][2], {"status": "Accepted"})
            planned = self.newest("SetChargingProfile").payload["chargingProfile"]
            self.assertEqual((planned["chargingProfilePurpose"], planned["transactionId"]), ("TxProfile", reference))
            eventually(lambda: len(self.requests("NotifyEVChargingSchedule")) == 1)
            there_and_back = (
                {"operationMode": "CentralSetpoint", "setpoint": -3000.0},
                {"operationMode": "CentralSetpoint", "setpoint": 4000.0, "startPeriod": 3600},
            )
            given = scheduled(*there_and_back, number=planned["id"], purpose="TxProfile", transactionId=reference)
            self.put(given)
            self.flows(point, -3000.0)
            eventually(lambda: len(self.requests("NotifyEVChargingSchedule")) == 2)
            chosen = self.requests("NotifyEVChargingSchedule")[-1]
            self.assertEqual(chosen["selectedChargingScheduleId"], 1)
            periods = chosen["chargingSchedule"]["chargingSchedulePeriod"]
            self.assertEqual([each["setpoint"] for each in periods], [-3000.0, 4000.0])
            eventually(lambda: EVSchedule.objects.get().schedule["chargingSchedulePeriod"] == periods)

    def test_tc_q_107_only_charging_at_first(self) -> None:
        with self.booted() as point:
            reference = self.begin(point, ONE_WAY)
            self.assertEqual(self.needs()[0]["requestedEnergyTransfer"], ONE_WAY)
            self.refused(
                point,
                scheduled({"operationMode": "ChargingOnly", "limit": 6000.0, "dischargeLimit": -1000.0}, stackLevel=1),
                "InvalidSchedule",
            )
            only = {"operationMode": "ChargingOnly", "limit": 6000.0}
            number = self.newest("SetChargingProfile").payload["chargingProfile"]["id"]
            self.put(scheduled(only, number=number, purpose="TxProfile", transactionId=reference))
            self.flows(point, 6000.0)
            self.ask("NotifyAllowedEnergyTransfer", {"transactionId": reference, "allowedEnergyTransfer": [BOTH_WAYS]})
            self.assertEqual(ChargingTerms.objects.get().allowed_energy_transfer, [BOTH_WAYS])
            eventually(lambda: len(point.answers("NotifyEVChargingNeeds")) == 2)
            self.assertEqual(self.needs()[1]["requestedEnergyTransfer"], BOTH_WAYS)
            self.settle()
            back = {"operationMode": "CentralSetpoint", "setpoint": -1500.0}
            self.put(scheduled(back, number=number, purpose="TxProfile", transactionId=reference))
            self.flows(point, -1500.0)
            self.assertEqual(self.event("CentralSetpoint")["transactionInfo"]["chargingState"], "Charging")


class Setpoints(BidirectionalCase):
    PERIOD: Payload = {"operationMode": "CentralSetpoint", "setpoint": -2000.0}

    def test_tc_q_109_pushed(self) -> None:
        with self.booted() as point:
            self.put(dynamic(self.PERIOD))
            self.begin(point, BOTH_WAYS)
            self.forget_plan()
            self.flows(point, -2000.0)
            self.push(3000.0)
            self.flows(point, 3000.0)
            self.push(-4000.0)
            self.flows(point, -4000.0)
            self.clear(chargingProfileId=7)
            self.event("ChargingOnly")

    def push(self, setpoint: float) -> None:
        self.ask("UpdateDynamicSchedule", {"chargingProfileId": 7, "scheduleUpdate": {"setpoint": setpoint}})

    def test_tc_q_110_pulled(self) -> None:
        with self.booted() as point:
            self.put(dynamic(self.PERIOD, dynUpdateInterval=5))
            self.begin(point, BOTH_WAYS)
            self.forget_plan()
            eventually(lambda: len(point.answers("PullDynamicScheduleUpdate")) >= 1)
            answer = point.answers("PullDynamicScheduleUpdate")[0]
            self.assertEqual(answer[2], {"status": "Accepted", "scheduleUpdate": {"setpoint": -2000.0}})
            self.flows(point, -2000.0)

    def test_tc_q_128_ends_while_offline(self) -> None:
        """A profile that may not be used offline is invalid for good once the station was."""
        with self.booted() as point:
            self.put(scheduled({"limit": 4000.0}, number=4))
            self.put(scheduled(self.PERIOD, stackLevel=1, maxOfflineDuration=0, invalidAfterOfflineDuration=True))
            self.begin(point, BOTH_WAYS)
            self.forget_plan()
            self.flows(point, -2000.0)
            point.go_offline()
            self.flows(point, 4000.0)
            point.come_back()
            eventually(lambda: self.event("ChargingOnly").get("offline", False))
            self.flows(point, 4000.0)
            answer = point.receive("ClearChargingProfile", {"chargingProfileId": 5})
            self.assertEqual(answer, {"status": "Unknown"})
