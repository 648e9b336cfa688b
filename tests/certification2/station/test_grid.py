"""Limits of the grid at the emulator's inverter (block R of 2.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.models import DERAlarm, DERControl
from stations.ocpp import schemas
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint
from tests.certification2.station.support import RESTARTED, StationCase2
from tests.certification2.support import named
from tests.waiting import eventually


class Controls(StationCase2):
    version = "2.1"
    quiet = StationCase2.quiet | {"NotifyDERStartStop"}

    def control(self, name: str, priority: int = 5, *, begins: float | None = None, **more: Any) -> Payload:
        """A curve. `begins`: so many seconds from now, for an hour; None: a default."""
        curve: Payload = {
            "priority": priority,
            "yUnit": "PctMaxVar",
            "curveData": [{"x": 92.0, "y": 30.0}, {"x": 108.0, "y": -30.0}],
        }
        if begins is not None:
            curve |= {"startTime": isoformat(clock.now() + timedelta(seconds=begins)), "duration": 3600.0}
        return {
            "isDefault": begins is None,
            "controlId": name,
            "controlType": "VoltVar",
            "curve": curve,
        } | more

    def put(self, control: Payload, result: str = "Accepted") -> list[str]:
        """Which controls are superseded by that."""
        found: list[str] = self.ask("SetDERControl", control, result).get("supersededIds", [])
        return found

    def states(self) -> dict[str, str]:
        return dict(DERControl.objects.filter(station=self.station).values_list("control_id", "state"))

    def test_tc_r_100_outlasts_a_boot(self) -> None:
        with self.booted():
            self.put(self.control("default"))
            self.ask("Reset", {"type": "Immediate"})
            self.assert_story(*RESTARTED)
            self.ask("GetDERControl", {"requestId": 7, "controlType": "VoltVar"})
            eventually(lambda: len(self.requests("ReportDERControl")) == 1)
            self.assertEqual(self.requests("ReportDERControl")[0]["curve"][0]["id"], "default")

    def test_tc_r_101_in_the_device_model(self) -> None:
        with self.booted():
            (told,) = self.get_variables(named("DCDERCtrlr", "ModesSupported", evse=1))
            self.assertIn("VoltVar", told["attributeValue"].split(","))

    def test_tc_r_102_cleared_by_type(self) -> None:
        with self.booted():
            self.put(self.control("default"))
            self.ask("ClearDERControl", {"isDefault": True, "controlType": "VoltVar"})
            self.assertEqual(self.states(), {"default": "cleared"})
            self.ask("ClearDERControl", {"isDefault": True, "controlType": "VoltVar"}, "NotFound")

    def test_tc_r_103_that_make_no_sense(self) -> None:
        """The server sends none of these; another one might. What is not supported, and what is not there."""
        gradient = {"priority": 1, "gradient": 10.0, "softGradient": 10.0}
        scheduled = self.control("default", begins=60)["curve"]
        with self.booted() as point:
            for wrong, status in (
                ({"controlType": "HVMayTrip"}, "NotSupported"),
                ({"controlType": "FixedVar"}, "Rejected"),
                ({"gradient": gradient}, "Rejected"),
                ({"curve": scheduled}, "Rejected"),
                ({"isDefault": False}, "Rejected"),
                ({"isDefault": False, "controlType": "Gradients", "gradient": gradient}, "Rejected"),
                ({"controlType": "VoltWatt"}, "Rejected"),
            ):
                self.assertEqual(self.said(point, "SetDERControl", self.control("default") | wrong), status, wrong)
            self.put(self.control("default"))
            for criteria, status in (
                ({"controlType": "HVMayTrip"}, "NotSupported"),
                ({"controlType": "FreqWatt"}, "NotFound"),
                ({"controlId": "another"}, "NotFound"),
                ({"controlId": "default", "isDefault": False}, "NotFound"),
            ):
                self.assertEqual(self.said(point, "GetDERControl", {"requestId": 3} | criteria), status, criteria)
                self.assertEqual(self.said(point, "ClearDERControl", {"isDefault": True} | criteria), status, criteria)
            self.assertEqual([each.control_id for each in point.model.der], ["default"])
            self.assertEqual(self.requests("ReportDERControl"), [])

    def said(self, point: ChargePoint, action: str, payload: Payload) -> str:
        """The status that the station answers."""
        self.assertEqual(schemas.request_problems("2.1", action, payload), [])
        return str(point.receive(action, payload)["status"])

    def test_tc_r_104_supersedes_one_to_come(self) -> None:
        with self.booted():
            self.assertEqual(self.put(self.control("first", 5, begins=600)), [])
            self.assertEqual(self.put(self.control("second", 1, begins=900)), ["first"])

    def test_tc_r_105_supersedes_one_in_force(self) -> None:
        with self.booted():
            self.put(self.control("default", 5))
            self.assertEqual(self.put(self.control("better", 1)), ["default"])
            self.assertEqual(self.states(), {"default": "superseded", "better": "accepted"})

    def test_tc_r_106_is_superseded_itself(self) -> None:
        with self.booted():
            self.put(self.control("default", 1))
            self.assertEqual(self.put(self.control("worse", 5)), ["worse"])
            self.assertEqual(self.states(), {"default": "accepted", "worse": "superseded"})

    def test_tc_r_108_alarm(self) -> None:
        with self.booted() as point:
            point.do(lambda model, now: model.der.alarm("HVMustTrip", now, fault="OverVoltage"))
            eventually(lambda: DERAlarm.objects.exists())
            alarm = DERAlarm.objects.get()
            self.assertEqual((alarm.control_type, alarm.fault, alarm.ended), ("HVMustTrip", "OverVoltage", False))
