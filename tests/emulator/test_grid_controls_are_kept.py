"""DER controls of emulated stations: kept, superseded, begun and ended by the clock, reported; alarms (R04, R05)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point import calls
from stations.emulator.point.driver import Habits
from stations.models import DERAlarm, DERControl, Report
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.ocpp.times import written
from tests.emulator.fakes import HOUR, STARTED, Drive, model
from tests.emulator.scripted import Scripted
from tests.field.support import FieldCase
from tests.waiting import eventually


def curve(priority: int = 5, **schedule: Any) -> Payload:
    return {"priority": priority, "yUnit": "PctMaxW", "curveData": [{"x": 50.2, "y": 100.0}]} | schedule


def times(start: float, seconds: float = HOUR) -> Payload:
    """A schedule that begins at this second of the station."""
    return {"startTime": written(STARTED + timedelta(seconds=start)), "duration": seconds}


class Controls(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self, "2.1")

    def set(self, control: str, priority: int = 5, **schedule: Any) -> Payload:
        return self.drive.ask(
            "SetDERControl",
            isDefault=not schedule,
            controlId=control,
            controlType="FreqWatt",
            curve=curve(priority, **schedule),
        )

    def told(self) -> list[tuple[str, bool, list[str]]]:
        """Starts and ends, in their order."""
        found = [
            (each["controlId"], each["started"], each.get("supersededIds", []))
            for each in self.drive.of("NotifyDERStartStop")
        ]
        self.drive.said.clear()
        return found

    def reported(self, **criteria: Any) -> dict[str, bool]:
        """Whether each control is superseded, as a report lists it."""
        self.drive.said.clear()
        self.drive.ask("GetDERControl", requestId=3, **criteria)
        parts = self.drive.of("ReportDERControl")
        self.assertEqual([part["tbc"] for part in parts], [True] * (len(parts) - 1) + [False] * bool(parts))
        self.assertEqual({part["requestId"] for part in parts}, {3} if parts else set())
        lists = [entry for part in parts for value in part.values() if isinstance(value, list) for entry in value]
        return {entry["id"]: entry.get("isSuperseded", False) for entry in lists}


class Refusals(Controls):
    def test_what_the_inverter_does_not_know(self) -> None:
        voltage = {"priority": 1, "highVoltage": 1, "lowVoltage": 1, "highFreq": 1, "lowFreq": 1}
        payload = {"isDefault": True, "controlId": "e", "controlType": "EnterService", "enterService": voltage}
        self.assertEqual(self.drive.status_of("SetDERControl", **payload), "NotSupported")
        self.assertEqual(self.drive.status_of("GetDERControl", requestId=1, controlType="EnterService"), "NotSupported")
        asked = {"isDefault": True, "controlType": "EnterService"}
        self.assertEqual(self.drive.status_of("ClearDERControl", **asked), "NotSupported")

    def test_what_makes_no_sense(self) -> None:
        payload = {"isDefault": True, "controlId": "c", "controlType": "VoltVar", "curve": curve()}
        self.assertEqual(self.drive.status_of("SetDERControl", **payload), "Rejected")
        self.assertEqual(self.set("c", **times(-2 * HOUR))["status"], "Rejected")

    def test_what_there_is_no_room_for(self) -> None:
        for number in range(24):
            self.assertEqual(self.set(f"c{number}")["status"], "Accepted")
        self.assertEqual(self.set("c24")["status"], "Rejected")
        self.assertEqual(self.set("c3", 2)["status"], "Accepted")

    def test_older_versions_have_no_such_thing(self) -> None:
        with self.assertRaises(CallError):
            calls.answer(model("2.0.1"), "SetDERControl", {}, 0.0)


class Priorities(Controls):
    def test_the_lower_number_wins(self) -> None:
        self.assertEqual(self.set("a", 5), {"status": "Accepted"})
        self.assertEqual(self.set("same", 5), {"status": "Accepted"})
        self.assertEqual(self.set("b", 3), {"status": "Accepted", "supersededIds": ["a", "same"]})
        self.assertEqual(self.set("c", 4), {"status": "Accepted", "supersededIds": ["c"]})
        self.assertEqual(self.reported(), {"a": True, "same": True, "b": False, "c": True})
        self.assertEqual(self.told(), [], "default controls have no beginning")

    def test_a_schedule_takes_its_place_when_it_begins(self) -> None:
        self.set("a", 5, **times(60))
        self.drive.run(120)
        self.assertEqual(self.set("b", 3, **times(600)), {"status": "Accepted", "supersededIds": ["a"]})
        self.assertEqual(self.reported(), {"a": False, "b": False})
        self.drive.run(HOUR / 2)
        self.assertEqual(self.told(), [("a", False, []), ("b", True, ["a"])])
        self.assertEqual(self.reported(isDefault=False), {"a": True, "b": False})
        self.drive.run(2 * HOUR)
        self.assertEqual(self.told(), [("b", False, [])], "a was over before")
        self.assertEqual(self.reported(), {})

    def test_schedules_that_do_not_meet_leave_each_other_alone(self) -> None:
        self.set("a", 5, **times(HOUR, HOUR))
        self.assertEqual(self.set("b", 3, **times(2 * HOUR, HOUR)), {"status": "Accepted"})
        self.assertEqual(self.set("default", 1), {"status": "Accepted"})

    def test_what_went_meanwhile_is_not_told_of(self) -> None:
        self.set("a", 5, **times(HOUR))
        self.set("b", 3, **times(HOUR))
        self.drive.ask("ClearDERControl", isDefault=False, controlId="a")
        self.drive.run(HOUR + 1)
        self.assertEqual(self.told(), [("b", True, [])])


class Schedules(Controls):
    def test_begin_and_end_by_the_clock(self) -> None:
        self.set("c", **times(HOUR, 600))
        self.drive.run(HOUR - 1)
        self.assertEqual(self.told(), [])
        self.drive.run(2)
        (start,) = self.drive.of("NotifyDERStartStop")
        self.assertEqual(start["timestamp"][:19], written(STARTED + timedelta(hours=1))[:19])
        self.assertEqual(self.told(), [("c", True, [])])
        self.drive.run(600)
        self.assertEqual(self.told(), [("c", False, [])])
        self.assertEqual(list(self.drive.station.der), [])

    def test_that_have_begun_already_begin_at_once(self) -> None:
        self.drive.run(HOUR)
        self.set("c", **times(HOUR / 2))
        self.assertEqual(self.told(), [("c", True, [])])

    def test_go_on_without_the_server_and_are_told_of_later(self) -> None:
        self.set("c", **times(60, 60))
        self.drive.station.disconnected(self.drive.now)
        self.drive.run(HOUR)
        self.assertEqual(self.told(), [])
        self.drive.connect().run(1)
        self.assertEqual(self.told(), [("c", True, []), ("c", False, [])])

    def test_that_last_for_ever_do(self) -> None:
        self.set("c", **times(60, 1e300))
        self.drive.run(24 * HOUR)
        self.assertEqual(self.told(), [("c", True, [])])


class Reports(Controls):
    def test_come_in_parts(self) -> None:
        for number in range(6):
            self.set(f"c{number}")
        for type, field, setting in (
            ("FixedPFAbsorb", "fixedPFAbsorb", {"priority": 1, "displacement": 0.95, "excitation": True}),
            ("Gradients", "gradient", {"priority": 1, "gradient": 1.0, "softGradient": 2.0}),
        ):
            asked = {"isDefault": True, "controlId": type, "controlType": type, field: setting}
            self.assertEqual(self.drive.status_of("SetDERControl", **asked), "Accepted")
        self.assertEqual(len(self.reported()), 8)
        self.assertEqual(len(self.drive.of("ReportDERControl")), 2)

    def test_have_what_was_asked_for(self) -> None:
        self.set("a")
        self.set("b", **times(HOUR))
        self.assertEqual(set(self.reported(isDefault=False)), {"b"})
        self.assertEqual(set(self.reported(controlId="a", controlType="VoltVar")), {"a"})
        self.assertEqual(set(self.reported(controlType="FreqWatt")), {"a", "b"})
        self.assertEqual(self.drive.status_of("GetDERControl", requestId=1, controlType="VoltVar"), "NotFound")

    def test_clearing_is_by_the_same_criteria(self) -> None:
        self.set("a")
        self.set("b", **times(HOUR))
        self.assertEqual(self.drive.status_of("ClearDERControl", isDefault=False, controlId="a"), "NotFound")
        self.assertEqual(self.drive.status_of("ClearDERControl", isDefault=False), "Accepted")
        self.assertEqual(set(self.reported()), {"a"})


class Alarms(SimpleTestCase):
    def test_come_and_go(self) -> None:
        habits = Habits(first_arrival=(1e9, 1e9), grid_alarms_per_hour=1.0)
        drive = Drive(model("2.1", habits=habits)).connect().run(24 * HOUR)
        alarms = drive.of("NotifyDERAlarm")
        self.assertEqual(drive.problems, [])
        self.assertGreater(len(alarms), 10)
        for begin, end in zip(alarms[::2], alarms[1::2], strict=False):
            self.assertNotIn("alarmEnded", begin)
            self.assertTrue(end["alarmEnded"])
            same = ("controlType", "gridEventFault")
            self.assertEqual([begin[name] for name in same], [end[name] for name in same])

    def test_are_raised_by_hand(self) -> None:
        drive = Scripted(self, "2.1")
        drive.station.der.alarm("HVMustTrip", drive.now, info="253 V")
        drive.run(0)
        (alarm,) = drive.of("NotifyDERAlarm")
        self.assertEqual((alarm["controlType"], alarm["extraInfo"]), ("HVMustTrip", "253 V"))

    def test_need_an_inverter(self) -> None:
        habits = Habits(first_arrival=(1e9, 1e9), grid_alarms_per_hour=60.0)
        for version, modes in (("2.0.1", ("HVMustTrip",)), ("2.1", ("VoltVar",))):
            drive = Drive(model(version, habits=habits, der=modes)).connect().run(HOUR)
            self.assertEqual(drive.of("NotifyDERAlarm"), [])


class AgainstTheServer(FieldCase):
    def test_both_sides_know_the_same(self) -> None:
        with self.emulated(version="2.1", speed=60.0) as point:
            point.wait_ready()
            now = datetime.now(UTC)  # which is what its clock shows, whatever its speed
            plan: dict[str, Any] = {"startTime": written(now + timedelta(seconds=1)), "duration": 2}
            soon = {"isDefault": False, "controlId": "soon", "controlType": "FreqWatt", "curve": curve(**plan)}
            always = {"isDefault": True, "controlId": "always", "controlType": "FreqWatt", "curve": curve()}
            for payload in (always, soon):
                self.assertEqual(self.settled(self.command("SetDERControl", payload)).result, "Accepted")
            eventually(lambda: self.state("soon") == "active")
            eventually(lambda: self.state("soon") == "ended")
            self.assertEqual(self.state("always"), "accepted")
            DERControl.objects.filter(control_id="always").update(state="sent")
            self.settled(self.command("GetDERControl", {"requestId": 1}))
            eventually(lambda: Report.objects.filter(kind="der_control", state="complete").exists())
            self.assertEqual((self.state("always"), self.state("soon")), ("accepted", "ended"))
            point.act(lambda model, now: model.der.alarm("HVMustTrip", now, fault="OverVoltage"))
            eventually(lambda: DERAlarm.objects.filter(fault="OverVoltage").exists())
            self.settled(self.command("ClearDERControl", {"isDefault": True}))
            self.assertEqual(self.state("always"), "cleared")

    def state(self, control: str) -> str | None:
        return DERControl.objects.filter(control_id=control).values_list("state", flat=True).first()
