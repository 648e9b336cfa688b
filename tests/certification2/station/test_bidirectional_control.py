"""Who else than the server decides what flows at the emulator: others on site, the grid's frequency, the building's
load, and nobody (Q05 to Q10)."""

from __future__ import annotations

from typing import Any

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.emulator.point.variables import Path
from stations.models import ChargingLimit, ChargingProfile, Report
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification2.station.test_bidirectional import BOTH_WAYS, BidirectionalCase, dynamic, scheduled
from tests.certification2.support import named
from tests.waiting import eventually

SETPOINT: Payload = {"operationMode": "CentralSetpoint", "setpoint": -2000.0}


class ControlCase(BidirectionalCase):
    def follows(self, point: ChargePoint, *given: Payload) -> None:
        """A vehicle charges at the first EVSE, where these profiles are."""
        for each in given:
            self.put(each)
        self.begin(point, BOTH_WAYS)
        self.forget_plan()

    def said_of_limits(self) -> list[Payload]:
        return self.requests("NotifyChargingLimit")


class Others(ControlCase):
    """An energy management system on site speaks to the station."""

    def instruct(self, point: ChargePoint, seconds: int = 0, evse: int = 1, **values: float) -> None:
        told = len(self.said_of_limits())
        heard = point.do(lambda model, now: model.v2x.instruct(values, now, evse=evse, seconds=seconds))
        self.assertTrue(heard)
        eventually(lambda: len(self.said_of_limits()) > told)
        limit = self.said_of_limits()[-1]
        self.assertEqual((limit["evseId"], limit["chargingLimit"]["chargingLimitSource"]), (evse, "EMS"))
        (schedule,) = limit["chargingSchedule"]
        (period,) = schedule["chargingSchedulePeriod"]
        mode = "ExternalSetpoint" if "setpoint" in values else "ExternalLimits"
        self.assertEqual(period, {"startPeriod": 0, "operationMode": mode, **values})

    def test_tc_q_111_setpoint_of_others(self) -> None:
        """The server leaves the setpoint to them, within its own limits."""
        with self.booted() as point:
            self.follows(point, dynamic({"operationMode": "ExternalSetpoint", "dischargeLimit": -4000.0}))
            self.instruct(point, setpoint=-3000.0)
            self.flows(point, -3000.0)
            self.event("ExternalSetpoint")
            self.instruct(point, setpoint=-4500.0)
            self.flows(point, -4000.0)
            self.assertEqual(ChargingLimit.objects.get().source, "EMS")
            self.set_variable("SmartChargingCtrlr", "ExternalControlSignalsEnabled", "false")
            heard = point.do(lambda model, now: model.v2x.instruct({"setpoint": 0.0}, now, evse=1))
            self.assertFalse(heard)
            self.flows(point, -4000.0)

    def test_tc_q_112_limit_of_others(self) -> None:
        with self.booted() as point:
            self.follows(point, dynamic({"operationMode": "ExternalLimits"}))
            self.instruct(point, limit=3000.0, dischargeLimit=-1000.0)
            self.flows(point, 3000.0)
            self.event("ExternalLimits")
            self.instruct(point, limit=5000.0, dischargeLimit=-1000.0)
            self.flows(point, 5000.0)

    def test_tc_q_113_limit_of_others_for_a_time(self) -> None:
        """What is not renewed in time is no longer valid, and what is below it holds; then it is renewed."""
        with self.booted() as point:
            low = scheduled({"limit": 2000.0}, number=4)
            self.follows(point, low, dynamic({"operationMode": "ExternalLimits"}, seconds=1, stackLevel=1))
            self.instruct(point, limit=6000.0)
            self.event("ExternalLimits")
            self.flows(point, 2000.0)
            eventually(lambda: self.modes()[-1] == "ChargingOnly")
            self.instruct(point, limit=6000.0)
            self.flows(point, 6000.0)
            eventually(lambda: self.modes()[-1] == "ExternalLimits")

    def modes(self) -> list[str]:
        events = [each["transactionInfo"] for each in self.requests("TransactionEvent")]
        return [each["operationMode"] for each in events if "operationMode" in each]

    def test_tc_q_114_dynamic_limit_of_others(self) -> None:
        """Theirs is a profile of its own beside that of the server, and limits it."""
        with self.booted() as point:
            self.follows(point, scheduled(SETPOINT))
            self.flows(point, -2000.0)
            self.instruct(point, limit=7000.0, dischargeLimit=-1500.0)
            self.flows(point, -1500.0)
            self.instruct(point, limit=7000.0, dischargeLimit=-500.0)
            self.flows(point, -500.0)
            self.external("ExternalLimits")
            point.do(lambda model, now: model.charging.withdraw(now, evse=1, source="EMS"))
            self.flows(point, -2000.0)
            eventually(lambda: ChargingLimit.objects.get().cleared_at is not None)

    def external(self, mode: str) -> None:
        """It is among the profiles of the station, as theirs."""
        self.ask("GetChargingProfiles", {"requestId": 31, "chargingProfile": {"chargingLimitSource": ["EMS"]}})
        eventually(lambda: Report.objects.filter(request=31, state="complete").exists())
        found = ChargingProfile.objects.get(limit_source="EMS")
        self.assertEqual((found.purpose, found.kind), ("ChargingStationExternalConstraints", "Dynamic"))
        (period,) = found.profile["chargingSchedule"][0]["chargingSchedulePeriod"]
        self.assertEqual(period["operationMode"], mode)

    def test_tc_q_115_dynamic_setpoint_of_others(self) -> None:
        """Whose setpoint goes first is configured."""
        with self.booted() as point:
            self.follows(point, scheduled(SETPOINT))
            self.instruct(point, setpoint=-1000.0)
            self.flows(point, -2000.0)
            self.set_variable("SmartChargingCtrlr", "SetpointPriority", "ExternalSetpoint")
            self.instruct(point, setpoint=-1200.0)
            self.flows(point, -1200.0)
            self.external("ExternalSetpoint")

    def test_tc_q_116_planned_limit_of_others(self) -> None:
        with self.booted() as point:
            self.follows(point, scheduled(SETPOINT))
            periods = ({"dischargeLimit": -1000.0}, {"startPeriod": 3600, "dischargeLimit": -500.0})
            schedule: Payload = {
                "id": 1,
                "startSchedule": isoformat(clock.now()),
                "duration": 7200,
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [
                    {"startPeriod": 0, "operationMode": "ExternalLimits", "limit": 5000.0} | each for each in periods
                ],
            }
            point.do(lambda model, now: model.charging.plan_limit(schedule, now, evse=1, source="EMS"))
            self.flows(point, -1000.0)
            eventually(lambda: bool(self.said_of_limits()))
            self.assertEqual(self.said_of_limits()[0]["chargingSchedule"], [schedule])
            eventually(lambda: ChargingLimit.objects.get().schedules == [schedule])
            request = {"evseId": 1, "duration": 7200, "chargingRateUnit": "W"}
            found = self.ask("GetCompositeSchedule", request)["schedule"]["chargingSchedulePeriod"]
            self.assertEqual([each["setpoint"] for each in found][:2], [-1000.0, -500.0])


class Frequency(ControlCase):
    CURVE = ((49.5, -3000.0), (50.0, 0.0), (50.5, 3000.0))

    def local(self, **more: Any) -> Payload:
        """A period in which the station follows the grid's frequency."""
        return {
            "operationMode": "LocalFrequency",
            "v2xBaseline": 1000.0,
            "v2xFreqWattCurve": [{"frequency": hertz, "power": watts} for hertz, watts in self.CURVE],
        } | more

    def test_tc_q_117_setpoints_are_pushed(self) -> None:
        with self.booted() as point:
            self.follows(point, dynamic({"operationMode": "CentralFrequency", "setpoint": 1500.0}))
            self.flows(point, 1500.0)
            self.event("CentralFrequency")
            for setpoint in (-2500.0, 2500.0):
                update = {"chargingProfileId": 7, "scheduleUpdate": {"setpoint": setpoint}}
                self.ask("UpdateDynamicSchedule", update)
                self.flows(point, setpoint)

    def test_tc_q_118_for_a_time(self) -> None:
        """Without a new setpoint in time the profile ends, and the one below it holds."""
        with self.booted() as point:
            low = scheduled({"limit": 2000.0}, number=4)
            central = dynamic({"operationMode": "CentralFrequency", "setpoint": -2500.0}, seconds=2, stackLevel=1)
            self.follows(point, low, central)
            self.ask("UpdateDynamicSchedule", {"chargingProfileId": 7, "scheduleUpdate": {"setpoint": -2500.0}})
            self.flows(point, -2500.0)
            self.flows(point, 2000.0)
            self.event("ChargingOnly")
            self.ask("UpdateDynamicSchedule", {"chargingProfileId": 7, "scheduleUpdate": {"setpoint": -1500.0}})
            self.flows(point, -1500.0)

    def test_tc_q_119_profiles_that_make_no_sense(self) -> None:
        with self.booted() as point:
            for period, reason in (
                ({"v2xFreqWattCurve": [{"frequency": 50.0, "power": 0.0}]}, "NoFreqWattCurve"),
                ({"limit": 5000.0}, "InvalidSchedule"),
                ({"dischargeLimit": -5000.0}, "InvalidSchedule"),
                ({"setpoint": 100.0}, "InvalidSchedule"),
                ({"setpointReactive": 100.0}, "InvalidSchedule"),
                ({"v2xSignalWattCurve": [{"signal": 0, "power": 0.0}]}, "InvalidSchedule"),
            ):
                self.refused(point, scheduled(self.local(**period)), reason)
            for missing in ("v2xFreqWattCurve", "v2xBaseline"):
                period = {name: value for name, value in self.local().items() if name != missing}
                self.refused(point, scheduled(period), "NoFreqWattCurve")
            amperes = scheduled(self.local())
            amperes["chargingSchedule"][0]["chargingRateUnit"] = "A"
            self.refused(point, amperes, "UnsupportedRateUnit")
            self.refused(point, scheduled(self.local(), purpose="PriorityCharging"), "InvalidOperationMode")
            self.put(scheduled(self.local()))

    def test_tc_q_120_signals_of_the_grid(self) -> None:
        """A signal means something where a profile that holds has a curve for it."""
        signal = {"timestamp": isoformat(clock.now()), "signal": -50}
        with self.booted() as point:
            self.follows(point, scheduled(self.local()))
            self.flows(point, 1000.0)
            point.do(lambda model, now: model.v2x.sense(now, hertz=49.75))
            self.flows(point, -500.0)
            answer = self.ask("AFRRSignal", signal, "Rejected")
            self.assertEqual(answer["statusInfo"]["reasonCode"], "NoSignalWattCurve")
            self.flows(point, -500.0)
            curve = [{"signal": -100, "power": -2000.0}, {"signal": 100, "power": 2000.0}]
            self.put(scheduled(self.local(v2xSignalWattCurve=curve)))
            self.ask("AFRRSignal", signal)
            self.flows(point, -1500.0)
            self.event("LocalFrequency")


class Balancing(ControlCase):
    PERIOD: Payload = {"operationMode": "LocalLoadBalancing"}

    def thresholds(self, **values: str) -> None:
        data = [
            named("V2XChargingCtrlr", "LocalLoadBalancing", evse=1, instance=name) | {"attributeValue": value}
            for name, value in values.items()
        ]
        self.assertEqual({each["attributeStatus"] for each in self.set_variables(*data)}, {"Accepted"})

    def test_tc_q_122_thresholds_that_make_no_sense(self) -> None:
        with self.booted() as point:
            given = scheduled(self.PERIOD)
            self.refused(point, given, "MissingDevModelInfo")
            self.thresholds(UpperThreshold="5000", LowerThreshold="-1000", UpperOffset="0")
            self.refused(point, given, "MissingDevModelInfo")
            self.thresholds(LowerOffset="0", LowerThreshold="6000")
            self.refused(point, given, "MissingDevModelInfo")
            self.thresholds(LowerThreshold="-1000", UpperOffset="-500")
            self.follows(point, given)
            for load, watts in ((4000.0, 0.0), (7000.0, -2500.0), (-4000.0, 3000.0), (0.0, 0.0)):
                self.sense(point, load)
                self.flows(point, watts)
            self.event("LocalLoadBalancing")

    def sense(self, point: ChargePoint, load: float) -> None:
        """What the building takes without the vehicle."""
        point.do(lambda model, now: model.v2x.sense(now, load_w=load))

    def test_tc_q_123_not_supported(self) -> None:
        with self.booted() as point:
            self.thresholds(UpperThreshold="5000", LowerThreshold="-1000", UpperOffset="0", LowerOffset="0")
            self.v2x(point, "SupportedOperationModes", "ChargingOnly,CentralSetpoint")
            self.refused(point, scheduled(self.PERIOD), "InvalidOperationMode")
            self.put(scheduled(SETPOINT))


class Idle(ControlCase):
    IDLE: Payload = {"operationMode": "Idle"}

    def test_tc_q_125_asleep(self) -> None:
        with self.booted() as point:
            self.follows(point, scheduled(SETPOINT))
            self.flows(point, -2000.0)
            self.put(scheduled(self.IDLE | {"preconditioningRequest": True}))
            self.flows(point, 0.0)
            awake = self.event("Idle")
            self.assertEqual((awake["evseSleep"], awake["preconditioningStatus"]), (False, "Preconditioning"))
            self.assertEqual(awake["transactionInfo"]["chargingState"], "SuspendedEVSE")
            self.put(scheduled(self.IDLE | {"evseSleep": True}))
            eventually(lambda: self.requests("TransactionEvent")[-1].get("evseSleep", False))
            self.put(scheduled(SETPOINT))
            self.flows(point, -2000.0)
            eventually(lambda: self.requests("TransactionEvent")[-1].get("evseSleep") is False)

    def test_tc_q_126_sleep_is_not_supported(self) -> None:
        with self.booted() as point:
            path = Path("SmartChargingCtrlr", "SupportsEvseSleep")
            point.do(lambda model, now: model.variables.put(path, "false", now))
            self.follows(point, scheduled(SETPOINT))
            self.refused(point, scheduled(self.IDLE | {"evseSleep": True}, number=6, stackLevel=1), "InvalidSchedule")
            self.put(scheduled(self.IDLE))
            self.flows(point, 0.0)
            self.assertFalse(self.event("Idle")["evseSleep"])

    def test_tc_q_127_profiles_that_make_no_sense(self) -> None:
        with self.booted() as point:
            for name, value in (
                ("limit", 1000.0),
                ("dischargeLimit", -1000.0),
                ("setpoint", 0.0),
                ("setpointReactive", 100.0),
                ("limit_L2", 1000.0),
            ):
                self.refused(point, scheduled(self.IDLE | {name: value}), "InvalidSchedule")
            self.put(scheduled(self.IDLE))
