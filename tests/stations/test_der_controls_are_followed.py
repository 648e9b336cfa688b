"""DER controls from the answer to their end, in any order (2.1 use cases R04 and R05)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from smartserver.core import clock
from smartserver.core.events import DER_ALARM_RECEIVED, DER_CONTROL_CHANGED
from stations.models import Command, DERAlarm, DERControl, Report
from stations.ocpp.frames import Payload
from stations.ocpp.times import written
from stations.services.der import controls
from tests.stations.asked import AskedCase
from tests.stations.support import NOON, NOON_TEXT, call
from tests.units import run, run_published

HOUR = timedelta(hours=1)


def curve(**more: Any) -> Payload:
    return {"priority": 5, "yUnit": "PctMaxW", "curveData": [{"x": 50.2, "y": 100.0}]} | more


def default(control: str = "c", **more: Any) -> Payload:
    return {"isDefault": True, "controlId": control, "controlType": "FreqWatt", "curve": curve()} | more


def scheduled(control: str = "c", start: timedelta = HOUR, **more: Any) -> Payload:
    times = {"startTime": written(NOON + start), "duration": 3600} | more
    return default(control, isDefault=False, curve=curve(**times))


class DERCase(AskedCase):
    version = "2.1"

    def say(self, action: str, payload: Payload) -> Payload:
        answer: Payload = run(call(self.station, action, payload, version="2.1"))[0]
        return answer

    def notify(self, control: str, started: bool, minutes: float = 0, *superseded: str) -> None:
        payload: Payload = {
            "controlId": control,
            "started": started,
            "timestamp": written(NOON + timedelta(minutes=minutes)),
        }
        self.say("NotifyDERStartStop", payload | ({"supersededIds": list(superseded)} if superseded else {}))

    def set(self, payload: Payload, *superseded: str) -> Command:
        reply: Payload = {"status": "Accepted"} | ({"supersededIds": list(superseded)} if superseded else {})
        return self.settle("SetDERControl", payload, reply)

    def states(self) -> dict[str, str]:
        return dict(DERControl.objects.values_list("control_id", "state"))


class WhatCanNeverBeRight(DERCase):
    def problems(self, **changes: Any) -> dict[str, str]:
        return self.problems_of("SetDERControl", {**default(), **changes})

    def test_setting_and_type_belong_together(self) -> None:
        self.assertEqual(set(self.problems(controlType="FixedVar")), {"curve", "fixedVar"})
        both = self.problems(fixedVar={"priority": 1, "setpoint": 1.0, "unit": "PctMaxVar"})
        self.assertEqual(set(both), {"fixedVar"})

    def test_units_belong_to_their_curves(self) -> None:
        self.assertIn("PctMaxVar", self.problems(controlType="VoltVar")["curve/yUnit"])
        self.assertIn("Not_Applicable", self.problems(controlType="HVMustTrip")["curve/yUnit"])
        limit = {"priority": 1, "powerMonitoringMustTrip": curve()}
        found = self.problems_of(
            "SetDERControl",
            {"isDefault": True, "controlId": "c", "controlType": "LimitMaxDischarge", "limitMaxDischarge": limit},
        )
        self.assertEqual(set(found), {"limitMaxDischarge/powerMonitoringMustTrip/yUnit"})

    def test_a_default_has_no_schedule_and_a_schedule_has_one(self) -> None:
        timed = curve(startTime=NOON_TEXT, duration=60)
        self.assertEqual(set(self.problems(curve=timed)), {"curve/startTime", "curve/duration"})
        self.assertEqual(set(self.problems(isDefault=False)), {"curve/startTime", "curve/duration"})
        gradient = {"priority": 1, "gradient": 1.0, "softGradient": 1.0}
        gentle = {"isDefault": False, "controlId": "c", "controlType": "Gradients", "gradient": gradient}
        self.assertEqual(set(self.problems_of("SetDERControl", gentle)), {"isDefault"})

    def test_a_schedule_has_something_to_come(self) -> None:
        self.assertEqual(set(self.problems_of("SetDERControl", scheduled(duration=0))), {"curve/duration"})
        self.assertEqual(set(self.problems_of("SetDERControl", scheduled(start=-2 * HOUR))), {"curve/duration"})
        self.ask("SetDERControl", scheduled(start=-HOUR / 2))
        self.ask("SetDERControl", scheduled(duration=1e300))

    def test_numbers_fit_their_columns(self) -> None:
        self.assertEqual(set(self.problems(curve=curve(priority=2**40))), {"curve/priority"})

    def test_it_is_looked_at_again_when_it_leaves(self) -> None:
        command = self.ask("SetDERControl", scheduled())
        with clock.frozen(NOON + 3 * HOUR), self.assertRaises(AssertionError):
            self.take()
        command.refresh_from_db()
        self.assertEqual(command.state, Command.State.EXPIRED)
        self.assertEqual(self.states(), {})


class Answers(DERCase):
    def test_only_what_was_accepted_is_kept(self) -> None:
        for status in ("Rejected", "NotSupported", "NotFound"):
            self.settle("SetDERControl", default(), status)
        self.assertEqual(self.states(), {})

    def test_what_got_no_answer_may_be_there(self) -> None:
        self.ask("SetDERControl", default())
        self.say_nothing()
        self.assertEqual(self.states(), {"c": "sent"})
        self.set(default())
        self.assertEqual(self.states(), {"c": "accepted"})

    def test_what_was_refused_with_an_error_is_not(self) -> None:
        self.ask("SetDERControl", default())
        self.answer_error("NotImplemented")
        self.assertEqual(self.states(), {})

    def test_what_it_supersedes_gives_way_at_once_or_when_it_starts(self) -> None:
        self.set(default("a"))
        self.set(default("b"), "a")
        self.assertEqual(self.states(), {"a": "superseded", "b": "accepted"})
        self.set(scheduled("d"))
        self.set(scheduled("e"), "d")
        self.assertEqual(self.states()["d"], "accepted")
        self.notify("e", True, 60, "d")
        self.assertEqual((self.states()["d"], self.states()["e"]), ("superseded", "active"))
        self.set(scheduled("f", start=-HOUR / 2), "e", "unknown")
        self.assertEqual(self.states()["e"], "superseded")

    def test_it_may_be_superseded_itself(self) -> None:
        self.set(default(), "c")
        self.assertEqual(self.states(), {"c": "superseded"})
        self.assertEqual(DERControl.objects.get().supersedes, [])

    def test_the_same_id_again_replaces_it(self) -> None:
        self.set(scheduled(start=-HOUR / 2))
        self.notify("c", True)
        with clock.frozen(NOON + HOUR / 10):
            self.set(scheduled(start=2 * HOUR))
        row = DERControl.objects.get()
        self.assertEqual((row.state, row.started_at, row.start_at), ("accepted", None, NOON + 2 * HOUR))

    def test_a_start_may_be_heard_before_the_answer(self) -> None:
        self.ask("SetDERControl", scheduled(start=-HOUR / 2))
        self.notify("c", True)
        self.assertEqual(DERControl.objects.get().type, "")
        self.answer("Accepted")
        row = DERControl.objects.get()
        self.assertEqual((row.state, row.type, row.started_at), ("active", "FreqWatt", NOON))

    def test_clearing_goes_by_id_or_type_or_all(self) -> None:
        for control in ("a", "b", "d"):
            self.set(default(control))
        self.set(scheduled("e"))
        self.settle("ClearDERControl", {"isDefault": True, "controlType": "VoltVar"}, "NotSupported")
        self.settle("ClearDERControl", {"isDefault": True, "controlType": "VoltVar"}, "NotFound")
        self.assertEqual(set(self.states().values()), {"accepted"})
        self.settle("ClearDERControl", {"isDefault": True, "controlId": "a", "controlType": "VoltVar"})
        self.assertEqual(self.states()["a"], "cleared")
        self.settle("ClearDERControl", {"isDefault": True, "controlType": "FreqWatt"})
        self.assertEqual(self.states(), {"a": "cleared", "b": "cleared", "d": "cleared", "e": "accepted"})


class StartsAndEnds(DERCase):
    def test_the_same_again_tells_nothing_new(self) -> None:
        self.set(scheduled(start=-HOUR / 2))
        start = {"controlId": "c", "started": True, "timestamp": NOON_TEXT}
        for times in (1, 0):
            _, published = run_published(call(self.station, "NotifyDERStartStop", start, version="2.1"))
            told = [data for kind, data in published.events if kind == DER_CONTROL_CHANGED]
            self.assertEqual(len(told), times)
        expected = {"station": self.station.identity, "control": "c", "type": "FreqWatt", "state": "active"}
        self.assertEqual(DERControl.objects.get().state, expected["state"])

    def test_an_end_may_be_heard_before_its_start(self) -> None:
        self.set(scheduled(start=-HOUR / 2))
        self.notify("c", False, 10)
        self.notify("c", True, 0)
        row = DERControl.objects.get()
        self.assertEqual((row.state, row.started_at), ("ended", NOON))

    def test_the_end_of_an_earlier_run_ends_no_later_one(self) -> None:
        self.notify("c", True, 10)
        self.notify("c", False, 5)
        self.assertEqual(self.states(), {"c": "active"})
        self.notify("c", False, 20)
        self.notify("c", True, 30)
        self.assertEqual(self.states(), {"c": "active"})

    def test_what_another_took_the_place_of_stays_superseded(self) -> None:
        self.notify("a", True)
        self.notify("b", True, 1, "a")
        self.notify("a", False, 1)
        row = DERControl.objects.get(control_id="a")
        self.assertEqual((row.state, row.ended_at), ("superseded", NOON + timedelta(minutes=1)))

    def test_a_time_that_cannot_be_read_is_now(self) -> None:
        self.say("NotifyDERStartStop", {"controlId": "c", "started": True, "timestamp": "soon"})
        self.assertEqual(DERControl.objects.get().started_at, NOON)

    def test_endless_names_are_not_kept(self) -> None:
        DERControl.objects.bulk_create(
            DERControl(station=self.station, control_id=str(n), state="accepted", created_at=NOON, changed_at=NOON)
            for n in range(controls.MAX_CONTROLS)
        )
        self.notify("one-more", True)
        self.assertEqual(DERControl.objects.count(), controls.MAX_CONTROLS)


class Reports(DERCase):
    ENTRY = {"isDefault": False, "isSuperseded": False}

    def ask_for(self, **criteria: Any) -> None:
        self.settle("GetDERControl", {"requestId": 1} | criteria)

    def later(self) -> None:
        self.enterContext(clock.frozen(NOON + HOUR / 60))

    def test_only_what_was_asked_for_is_replaced(self) -> None:
        for control in ("a", "b"):
            self.set(default(control))
        self.set(scheduled("d"))
        self.later()
        self.ask_for(isDefault=True, controlId="a")
        self.say("ReportDERControl", {"requestId": 1})
        self.assertEqual(self.states(), {"a": "cleared", "b": "accepted", "d": "accepted"})
        self.ask_for(isDefault=True, controlType="VoltVar")
        self.say("ReportDERControl", {"requestId": 1, "tbc": False})
        self.assertEqual(self.states(), {"a": "cleared", "b": "accepted", "d": "accepted"})

    def test_what_was_set_since_it_was_asked_for_stays(self) -> None:
        self.ask_for()
        self.set(default())
        self.say("ReportDERControl", {"requestId": 1})
        self.assertEqual(self.states(), {"c": "accepted"})

    def test_an_answer_that_there_are_none_is_a_report_too(self) -> None:
        self.set(default())
        self.later()
        self.settle("GetDERControl", {"requestId": 2}, "NotFound")
        self.assertEqual(self.states(), {"c": "cleared"})

    def test_one_that_nobody_asked_for_forgets_nothing(self) -> None:
        self.set(default())
        fixed = {"id": "f", "fixedPF": {"priority": 2**40, "displacement": 0.9, "excitation": True}} | self.ENTRY
        self.say("ReportDERControl", {"requestId": 9, "fixedPFAbsorb": [fixed]})
        self.assertEqual(self.states(), {"c": "accepted", "f": "accepted"})
        self.assertEqual(DERControl.objects.get(control_id="f").type, "FixedPFAbsorb")
        self.assertEqual(Report.objects.get().state, "complete")

    def test_what_runs_by_its_schedule_is_active(self) -> None:
        self.ask_for()
        times = {"startTime": written(NOON - HOUR), "duration": 7200}
        entry = {"id": "r", "curveType": "FreqWatt", "curve": curve(**times)} | self.ENTRY
        done = {"id": "o", "curveType": "FreqWatt", "curve": curve(startTime=written(NOON - HOUR), duration=60)}
        self.say("ReportDERControl", {"requestId": 1, "curve": [entry, done | self.ENTRY]})
        self.assertEqual(self.states(), {"r": "active", "o": "accepted"})


class Alarms(DERCase):
    def test_each_is_told_once(self) -> None:
        alarm = {"controlType": "LVMustTrip", "timestamp": NOON_TEXT}
        events = []
        for _ in range(2):
            _, published = run_published(call(self.station, "NotifyDERAlarm", alarm, version="2.1"))
            events += [data for kind, data in published.events if kind == DER_ALARM_RECEIVED]
        self.assertEqual(
            events,
            [
                {
                    "station": self.station.identity,
                    "type": "LVMustTrip",
                    "fault": "",
                    "ended": False,
                    "info": "",
                    "occurred_at": NOON_TEXT,
                }
            ],
        )
        self.assertEqual(DERAlarm.objects.count(), 1)

    def test_without_a_time_that_can_be_read_they_are_kept_as_well(self) -> None:
        self.say("NotifyDERAlarm", {"controlType": "LVMustTrip", "timestamp": "soon"})
        self.assertEqual((DERAlarm.objects.get().stamp, DERAlarm.objects.get().occurred_at), ("soon", None))
