"""Control of distributed energy resources (2.1 block R), both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from stations.models import DERAlarm, DERControl
from stations.ocpp.frames import Payload
from tests.actions.registry import received, sent, speaking
from tests.actions.support import ACCEPTED, ActionCase

SEEN = "`/api/v1/der-controls`, the station's page “Grid control”"
ALARMS = "`/api/v1/der-alarms`, the station's page “Grid control”"

NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
"""Later than all tests take: what begins then has not begun by itself."""


def at(minutes: float) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def curve(priority: int = 5, **schedule: Any) -> Payload:
    return {
        "priority": priority,
        "yUnit": "PctMaxVar",
        "curveData": [{"x": 92.0, "y": 30.0}, {"x": 108.0, "y": -30.0}],
    } | schedule


def default(control: str = "default", priority: int = 5) -> Payload:
    return {"isDefault": True, "controlId": control, "controlType": "VoltVar", "curve": curve(priority)}


def scheduled(control: str = "noon", **schedule: Any) -> Payload:
    times = {"startTime": at(5), "duration": 600.0} | schedule
    return {"isDefault": False, "controlId": control, "controlType": "VoltVar", "curve": curve(3, **times)}


@speaking("2.1")
class DERControls(ActionCase):
    def see_states(self) -> dict[str, str]:
        return {each["control_id"]: each["state"] for each in self.see("der-controls", station="CP1")["results"]}

    def set(self, payload: Payload, *superseded: str) -> Any:
        reply: Payload = ACCEPTED | ({"supersededIds": list(superseded)} if superseded else {})
        return self.ask("SetDERControl", payload, reply)

    @sent("SetDERControl", stored="`DERControl`", seen=SEEN)
    def test_set_der_control(self) -> None:
        for word in ("NotSupported", "Rejected"):
            self.assertEqual(self.ask("SetDERControl", default(), {"status": word})["result"], word)
        self.assertEqual(self.see_states(), {}, "the station has none of it")

        self.assertEqual(self.set(default())["result"], "Accepted")
        seen = self.see_one("der-controls", station="CP1")
        self.assertEqual((seen["type"], seen["is_default"], seen["priority"]), ("VoltVar", True, 5))
        self.assertEqual((seen["setting"], seen["start_at"], seen["duration_s"]), (curve(), None, None))
        self.assertEqual(self.see(f"der-controls/{seen['id']}"), seen)

        self.set(default("better", 1), "default")
        self.set(default("worse", 9), "worse")
        states = {"default": "superseded", "better": "accepted", "worse": "superseded"}
        self.assertEqual(self.see_states(), states)
        self.set(scheduled())
        self.assertEqual(self.see_states(), states | {"noon": "accepted"})
        noon = DERControl.objects.get(control_id="noon")
        self.assertEqual((noon.start_at, noon.duration_s), (NOW + timedelta(minutes=5), 600.0))
        accepted = self.see("der-controls", station="CP1", state="accepted", type="VoltVar")["results"]
        self.assertEqual([each["control_id"] for each in accepted], ["noon", "better"])

    @sent("GetDERControl", stored="`Report`", seen="`/api/v1/stations/{identity}/reports`")
    def test_get_der_control(self) -> None:
        for word, state in (("NotFound", "empty"), ("Accepted", "running")):
            seen = self.ask("GetDERControl", {"requestId": 7, "controlType": "VoltVar"}, {"status": word})
            self.assertEqual(seen["result"], word)
            newest = self.see("stations/CP1/reports", kind="der_control")["results"][0]
            self.assertEqual((newest["request"], newest["state"]), (7, state))

    @received("ReportDERControl", stored="`Report`, `DERControl`", seen=SEEN)
    def test_report_der_control(self) -> None:
        self.set(default())
        self.set(scheduled())
        self.ask("GetDERControl", {"requestId": 8, "controlType": "VoltVar"}, ACCEPTED)
        entry = {"id": "default", "curveType": "VoltVar", "isDefault": True, "isSuperseded": True, "curve": curve(6)}
        gentle = {"id": "soft", "gradient": {"priority": 1, "gradient": 10.0, "softGradient": 20.0}}
        self.assertEqual(self.tell("ReportDERControl", {"requestId": 8, "tbc": True, "curve": [entry]}), {})
        self.assertEqual(self.see_states(), {"default": "accepted", "noon": "accepted"}, "more is to come")
        self.assertEqual(self.tell("ReportDERControl", {"requestId": 8, "gradient": [gentle]}), {})
        self.assertEqual(self.see_states(), {"default": "superseded", "noon": "cleared", "soft": "accepted"})
        self.assertEqual(DERControl.objects.get(control_id="default").priority, 6)
        self.assertEqual(DERControl.objects.get(control_id="soft").type, "Gradients")
        report = self.see("stations/CP1/reports", kind="der_control")["results"][0]
        self.assertEqual((report["state"], report["parts"]), ("complete", 2))

    @sent("ClearDERControl", stored="`DERControl`", seen=SEEN)
    def test_clear_der_control(self) -> None:
        self.set(default())
        self.set(scheduled())
        self.set(scheduled("evening"))
        criteria = {"isDefault": False, "controlId": "noon"}
        self.assertEqual(self.ask("ClearDERControl", criteria, {"status": "NotSupported"})["result"], "NotSupported")
        self.assertEqual(set(self.see_states().values()), {"accepted"}, "it has them still")
        self.ask("ClearDERControl", criteria, ACCEPTED)
        self.assertEqual(self.see_states(), {"default": "accepted", "noon": "cleared", "evening": "accepted"})
        self.ask("ClearDERControl", {"isDefault": True}, {"status": "NotFound"})
        self.assertEqual(self.see_states(), {"default": "cleared", "noon": "cleared", "evening": "accepted"})

    @received("NotifyDERStartStop", stored="`DERControl`", seen=SEEN)
    def test_notify_der_start_stop(self) -> None:
        self.set(default())
        self.set(scheduled(), "default")
        self.assertEqual(self.see_states(), {"default": "accepted", "noon": "accepted"}, "its time has not come")
        started = {"controlId": "noon", "started": True, "timestamp": at(5), "supersededIds": ["default"]}
        self.assertEqual(self.tell("NotifyDERStartStop", started), {})
        self.assertEqual(self.see_states(), {"default": "superseded", "noon": "active"})
        self.tell("NotifyDERStartStop", {"controlId": "noon", "started": False, "timestamp": at(15)})
        self.assertEqual(self.see_states(), {"default": "superseded", "noon": "ended"})
        seen = self.see_one("der-controls", station="CP1", state="ended")
        self.assertEqual((seen["started_at"], seen["ended_at"], seen["supersedes"]), (at(5), at(15), ["default"]))

    @received("NotifyDERAlarm", stored="`DERAlarm`", seen=ALARMS)
    def test_notify_der_alarm(self) -> None:
        alarm = {
            "controlType": "HVMustTrip",
            "gridEventFault": "OverVoltage",
            "timestamp": at(0),
            "extraInfo": "253 V",
        }
        for _ in range(2):
            self.assertEqual(self.tell("NotifyDERAlarm", alarm), {})
        self.tell("NotifyDERAlarm", alarm | {"timestamp": at(1), "alarmEnded": True})
        self.assertEqual(DERAlarm.objects.count(), 2)
        ended, raised = self.see("der-alarms", station="CP1")["results"]
        self.assertEqual((raised["fault"], raised["ended"], ended["ended"]), ("OverVoltage", False, True))
        self.assertEqual((raised["control_type"], raised["info"]), ("HVMustTrip", "253 V"))
        self.assertEqual(raised["occurred_at"], at(0))
        self.assertEqual(self.see_one("der-alarms", station="CP1", ended="true"), ended)
