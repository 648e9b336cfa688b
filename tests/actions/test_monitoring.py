"""Block N of 2.x: monitors, what they report, and of 2.1 what they stream."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from stations.models import EventStream, Monitor, Monitoring, MonitoringEvent, Report, StreamValue
from stations.ocpp.frames import Payload
from tests.actions.registry import received, sent, speaking
from tests.actions.support import ACCEPTED, ActionCase
from tests.waiting import eventually

POWER: Payload = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
STATE: Payload = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}

LIMIT: Payload = {"type": "UpperThreshold", "severity": 4, **POWER}
CHANGE: Payload = {"type": "Delta", "severity": 7, **STATE}
MONITORS = "`/api/v1/stations/{identity}/monitors`, tab “Monitoring”"
MONITORING = "`/api/v1/stations/{identity}/monitoring`, tab “Monitoring”"
STREAMS = "`/api/v1/stations/{identity}/event-streams`, tab “Monitoring”"

NOW = datetime.now(UTC).replace(microsecond=0)


def at(seconds: float = 0) -> str:
    return (NOW + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


class MonitoringCase(ActionCase):
    def set_monitors(self, *asked: tuple[Payload, float, str, int | None]) -> Any:
        """Each: type, severity and variable; the value; the station's status; the number that it gives."""
        request = [{**data, "value": value} for data, value, _, _ in asked]
        results = [
            {**data, "status": status} | ({} if number is None else {"id": number}) for data, _, status, number in asked
        ]
        return self.ask("SetVariableMonitoring", {"setMonitoringData": request}, {"setMonitoringResult": results})

    def monitors(self) -> dict[int, Any]:
        return {each["number"]: each for each in self.see("stations/CP1/monitors")["results"]}


@speaking("2.0.1", "2.1")
class Monitors(MonitoringCase):
    @sent("SetVariableMonitoring", stored="`Monitor`", seen=MONITORS)
    def test_set_variable_monitoring(self) -> None:
        self.set_monitors((LIMIT, 11_000.0, "Accepted", 5), (CHANGE, 1.0, "UnknownVariable", None))
        (seen,) = self.monitors().values()
        self.assertEqual(
            (seen["component"], seen["evse"], seen["variable"], seen["type"], seen["value"], seen["severity"]),
            ("EVSE", 1, "Power", "UpperThreshold", 11_000.0, 4),
        )
        self.assertEqual((seen["number"], seen["kind"], seen["transaction"]), (5, "CustomMonitor", False))
        self.assertEqual(Monitor.objects.get().number, 5)
        changed = {**LIMIT, "id": 5, "transaction": True}
        result = {**LIMIT, "id": 5, "status": "Accepted"}
        self.ask(
            "SetVariableMonitoring",
            {"setMonitoringData": [{**changed, "value": 9000.0}]},
            {"setMonitoringResult": [result]},
        )
        self.assertEqual([(each["value"], each["transaction"]) for each in self.monitors().values()], [(9000.0, True)])

    @sent("ClearVariableMonitoring", stored="`Monitor`: gone", seen=MONITORS)
    def test_clear_variable_monitoring(self) -> None:
        self.set_monitors(
            (LIMIT, 1.0, "Accepted", 5), (CHANGE, 1.0, "Accepted", 6), ({**CHANGE, "severity": 2}, 1.0, "Accepted", 7)
        )
        statuses = {5: "Accepted", 6: "Rejected", 7: "NotFound"}
        results = [{"id": number, "status": status} for number, status in statuses.items()]
        self.ask("ClearVariableMonitoring", {"id": [5, 6, 7]}, {"clearMonitoringResult": results})
        self.assertEqual(set(self.monitors()), {6})
        self.assertEqual(Monitor.objects.get().number, 6)

    @sent("SetMonitoringBase", stored="`Monitoring`, `Monitor`", seen=MONITORING)
    def test_set_monitoring_base(self) -> None:
        self.set_monitors((LIMIT, 1.0, "Accepted", 5))
        Monitor.objects.create(
            station=self.row, number=1, component="EVSE", variable="Problem", type="Delta", value=1, severity=1,
            kind="HardWiredMonitor", confirmed_at=NOW,
        )  # fmt: skip
        for base, status, kept, numbers in (
            ("HardWiredOnly", "Rejected", "", {1, 5}),
            ("All", "Accepted", "All", {1, 5}),
            ("HardWiredOnly", "Accepted", "HardWiredOnly", {1}),
            ("All", "NotSupported", "HardWiredOnly", {1}),
        ):
            self.assertEqual(
                self.ask("SetMonitoringBase", {"monitoringBase": base}, {"status": status})["result"], status
            )
            self.assertEqual(self.see("stations/CP1/monitoring")["base"], kept)
            self.assertEqual(set(self.monitors()), numbers)
        self.assertEqual(Monitoring.objects.get().base, "HardWiredOnly")

    @sent("SetMonitoringLevel", stored="`Monitoring`", seen=MONITORING)
    def test_set_monitoring_level(self) -> None:
        self.assertIsNone(self.see("stations/CP1/monitoring")["level"])
        for severity, status, level in ((3, "Accepted", 3), (9, "Rejected", 3), (5, "Accepted", 5)):
            self.assertEqual(
                self.ask("SetMonitoringLevel", {"severity": severity}, {"status": status})["result"], status
            )
            self.assertEqual(self.see("stations/CP1/monitoring")["level"], level)
        self.assertEqual(Monitoring.objects.get().level, 5)

    def reported(self, number: int, data: Payload, value: float) -> Payload:
        """An entry of a report."""
        told = {"id": number, "transaction": False, "value": value, "type": data["type"], "severity": data["severity"]}
        if self.version == "2.1":
            told["eventNotificationType"] = "PreconfiguredMonitor"
        return {"component": data["component"], "variable": data["variable"], "variableMonitoring": [told]}

    def part(self, request: int, sequence: int, *monitors: Payload, more: bool) -> None:
        payload = {"requestId": request, "seqNo": sequence, "tbc": more, "generatedAt": at(), "monitor": list(monitors)}
        self.assertEqual(self.tell("NotifyMonitoringReport", payload), {})

    @sent("GetMonitoringReport", stored="`Report`, `Monitor`", seen=MONITORS)
    @received("NotifyMonitoringReport", stored="`Report`, `ReportedPart`, `Monitor`", seen=MONITORS)
    def test_monitoring_report(self) -> None:
        self.set_monitors((LIMIT, 1.0, "Accepted", 5))
        self.assertEqual(self.ask("GetMonitoringReport", {"requestId": 7}, ACCEPTED)["result"], "Accepted")
        self.part(7, 1, self.reported(2, CHANGE, 1.0), more=False)  # the last one first
        self.assertEqual(set(self.monitors()), {5}, "not all of it is there")
        self.part(7, 0, self.reported(1, LIMIT, 22_000.0), more=True)
        seen = self.monitors()
        self.assertEqual(set(seen), {1, 2}, "what a whole report does not name does not exist")
        self.assertEqual((seen[1]["value"], seen[2]["type"]), (22_000.0, "Delta"))
        self.assertIsNotNone(self.see("stations/CP1/monitoring")["reported_at"])
        self.assertEqual(self.see_one("stations/CP1/reports")["state"], "complete")
        self.assertEqual(Report.objects.get().parts, 2)

        # Of one that asked for some only, others are not touched.
        only = {"requestId": 8, "monitoringCriteria": ["DeltaMonitoring"]}
        self.ask("GetMonitoringReport", only, ACCEPTED)
        self.part(8, 0, self.reported(2, CHANGE, 3.0), more=False)
        seen = self.monitors()
        self.assertEqual({number: each["value"] for number, each in seen.items()}, {1: 22_000.0, 2: 3.0})

        # And there may be none at all.
        self.ask("GetMonitoringReport", {"requestId": 9}, {"status": "EmptyResultSet"})
        self.assertEqual(self.monitors(), {})

    def event(self, number: int, **changes: Any) -> Payload:
        severity = {"severity": 2} if self.version == "2.1" else {}
        return {
            "eventId": number,
            "timestamp": at(number),
            "trigger": "Alerting",
            "actualValue": "23000",
            "eventNotificationType": "CustomMonitor",
            "variableMonitoringId": 5,
            **POWER,
            **severity,
        } | changes

    @received("NotifyEvent", stored="`MonitoringEvent`", seen="`/api/v1/monitoring-events`, tab “Monitoring”")
    def test_notify_event(self) -> None:
        self.set_monitors(({**LIMIT, "severity": 2}, 22_500.0, "Accepted", 5))
        other = {"trigger": "Delta", "cause": 1, "transactionId": "tx", "techCode": "E7", "techInfo": "hot"}
        payload = {
            "generatedAt": at(),
            "seqNo": 0,
            "tbc": False,
            "eventData": [self.event(1), self.event(2, cleared=True, actualValue="1", **other)],
        }
        self.assertEqual(self.tell("NotifyEvent", payload), {})
        over, first = self.see("monitoring-events", station="CP1")["results"]
        self.assertEqual((first["number"], first["value"], first["severity"], first["monitor"]), (1, "23000", 2, 5))
        self.assertEqual((first["component"], first["evse"], first["variable"]), ("EVSE", 1, "Power"))
        self.assertEqual(first["occurred_at"], at(1))
        self.assertEqual((over["cleared"], over["cause"], over["transaction"]), (True, 1, "tx"))
        self.assertEqual((over["tech_code"], over["tech_info"]), ("E7", "hot"))
        self.tell("NotifyEvent", payload)  # its acknowledgement got lost
        self.assertEqual(MonitoringEvent.objects.count(), 2)
        self.assertEqual(len(self.see("monitoring-events", severity=2, trigger="Delta")["results"]), 1)
        self.assertEqual(self.see("monitoring-events", severity=1)["results"], [])
        self.assertEqual(self.see("monitoring-events", station="nobody")["results"], [])
        self.assertEqual(self.see("monitoring-events", station="CP1", until="2020-01-01T00:00:00Z")["results"], [])


@speaking("2.1")
class Streams(MonitoringCase):
    def open_stream(self, number: int, **params: int) -> None:
        data = {"id": number, "variableMonitoringId": 5, "params": params}
        self.assertEqual(self.tell("OpenPeriodicEventStream", {"constantStreamData": data}), ACCEPTED)

    def stream(self, number: int) -> Any:
        found = self.see("stations/CP1/event-streams")["results"]
        return next(each for each in found if each["number"] == number)

    @received("OpenPeriodicEventStream", stored="`EventStream`", seen=STREAMS)
    def test_open_periodic_event_stream(self) -> None:
        self.open_stream(1, interval=60, values=10)
        seen = self.stream(1)
        self.assertEqual((seen["monitor"], seen["interval"], seen["values"], seen["state"]), (5, 60, 10, "open"))
        self.assertEqual(EventStream.objects.get().number, 1)
        for number in range(2, 101):
            EventStream.objects.create(station=self.row, number=number, opened_at=NOW)
        data = {"id": 101, "variableMonitoringId": 5, "params": {"interval": 1}}
        answer = self.tell("OpenPeriodicEventStream", {"constantStreamData": data})
        self.assertEqual(answer, {"status": "Rejected"}, "they are too many")

    @received("ClosePeriodicEventStream", stored="`EventStream`", seen=STREAMS)
    def test_close_periodic_event_stream(self) -> None:
        self.open_stream(1, interval=60)
        for number in (1, 7):  # nobody opened the other one
            self.assertEqual(self.tell("ClosePeriodicEventStream", {"id": number}), {})
        seen = self.see_one("stations/CP1/event-streams")
        self.assertEqual((seen["number"], seen["state"]), (1, "closed"))
        self.assertIsNotNone(EventStream.objects.get().closed_at)

    @received(
        "NotifyPeriodicEventStream",
        stored="`StreamValue`, `EventStream`",
        seen="`/api/v1/event-streams/{stream}/values`, tab “Monitoring”",
    )
    def test_notify_periodic_event_stream(self) -> None:
        """A SEND: it is stored and logged, and nothing is answered."""
        self.open_stream(1, interval=2)
        data = [{"t": 0, "v": "100.5"}, {"t": 1.5, "v": "101"}]
        payload = {"id": 1, "pending": 3, "basetime": at(), "data": data}
        self.station.say([6, "send-1", "NotifyPeriodicEventStream", payload])
        self.assertEqual(self.tell("Heartbeat", {}).keys(), {"currentTime"}, "the next answer is that of the next call")
        self.assertEqual(StreamValue.objects.count(), 2)
        seen = self.stream(1)
        self.assertEqual((seen["delivered"], seen["pending"], seen["last_value"]), (2, 3, "101"))
        values = self.see(f"event-streams/{seen['id']}/values")["results"]
        self.assertEqual([each["value"] for each in values], ["101", "100.5"])
        older = self.see(f"event-streams/{seen['id']}/values", until=values[0]["measured_at"])["results"]
        self.assertEqual([each["value"] for each in older], ["100.5"])
        measured = [datetime.fromisoformat(each["measured_at"]) for each in values]
        self.assertEqual(measured, [NOW + timedelta(seconds=1.5), NOW])
        logged = self.see_one("messages", station="CP1", action="NotifyPeriodicEventStream")
        self.assertEqual((logged["message_id"], logged["request"]), ("send-1", payload))
        self.assertEqual((logged["outcome"], logged["reply"], logged["answered_at"]), ("SEND", None, None))

    @sent("AdjustPeriodicEventStream", stored="`EventStream`", seen=STREAMS)
    def test_adjust_periodic_event_stream(self) -> None:
        self.open_stream(1, interval=60)
        for status, interval in (("Rejected", 60), ("Accepted", 10)):
            adjusted = {"id": 1, "params": {"interval": 10, "values": 5}}
            self.assertEqual(self.ask("AdjustPeriodicEventStream", adjusted, {"status": status})["state"], "answered")
            self.assertEqual(self.stream(1)["interval"], interval)
        self.assertEqual(EventStream.objects.get().values, 5)

    @sent("GetPeriodicEventStream", stored="`EventStream`", seen=STREAMS)
    def test_get_periodic_event_stream(self) -> None:
        self.open_stream(1, interval=60)
        listed = [{"id": 2, "variableMonitoringId": 6, "params": {"values": 4}}]
        self.ask("GetPeriodicEventStream", {}, {"constantStreamData": listed})
        self.assertEqual([self.stream(number)["state"] for number in (1, 2)], ["closed", "open"])
        self.assertEqual((self.stream(2)["monitor"], self.stream(2)["values"]), (6, 4))
        command = self.do("stations/CP1/commands", {"action": "GetPeriodicEventStream", "payload": {}})
        self.say(self.hear("GetPeriodicEventStream"), {})
        self.assertEqual(self.settled(command["id"])["state"], "answered")
        self.assertEqual(self.see("stations/CP1/event-streams", state="open")["results"], [])

    def test_sends_that_cannot_be_understood_are_logged_and_not_answered(self) -> None:
        sends = [
            [6, "s1", "NotifyPeriodicEventStream", {"id": 1}],
            [6, "s2", "Heartbeat", {}],
            [6, "s3", "Nonsense", {}],
        ]
        for frame in sends:
            self.station.say(frame)
        self.tell("Heartbeat", {})
        logged = {each["message_id"]: each for each in self.see("messages", station="CP1", outcome="SEND")["results"]}
        self.assertEqual(set(logged), {"s1", "s2", "s3"})
        self.assertTrue(self.see(f"messages/{logged['s1']['id']}")["problems"])
        eventually(lambda: self.see("stations/CP1")["quirks"] == "unusable_send")


@speaking("2.1")
class RefusedAnswers(ActionCase):
    """CALLRESULTERROR (OCPP-J 2.1 section 4.2.4), in both directions."""

    def test_an_answer_of_ours_that_a_station_refuses_is_logged_with_its_call(self) -> None:
        self.station.say([2, "beat-1", "Heartbeat", {}])
        self.assertEqual(self.station.hear_answer()[:2], [3, "beat-1"])
        self.station.say([5, "beat-1", "TypeConstraintViolation", "currentTime is no time", {"at": "currentTime"}])
        self.tell("Heartbeat", {})
        seen = self.see_one("messages", station="CP1", outcome="CALLRESULTERROR")
        self.assertEqual((seen["action"], seen["message_id"], seen["direction"]), ("Heartbeat", "beat-1", "in"))
        self.assertEqual(
            seen["request"],
            {
                "code": "TypeConstraintViolation",
                "description": "currentTime is no time",
                "details": {"at": "currentTime"},
            },
        )
        self.assertEqual(self.see(f"messages/{seen['id']}")["problems"], [])

    def test_one_of_nothing_that_is_known_is_logged_too(self) -> None:
        self.station.say([5, "never", "GenericError", "", {}])
        self.tell("Heartbeat", {})
        self.assertEqual(self.see_one("messages", station="CP1", outcome="CALLRESULTERROR")["action"], "")

    def test_an_answer_of_a_station_that_cannot_be_used_is_refused(self) -> None:
        command = self.do("stations/CP1/commands", {"action": "ClearCache", "payload": {}})
        frame = self.hear("ClearCache")
        self.say(frame, {"status": "Perhaps"})
        self.assertEqual(self.station.hear()[:3], [5, frame[1], "PropertyConstraintViolation"])
        seen = self.settled(command["id"])
        self.assertEqual((seen["state"], seen["result"]), ("failed", "PropertyConstraintViolation"))
        self.assertEqual(seen["reply"], {"status": "Perhaps"})
        logged = self.see_one("messages", station="CP1", action="ClearCache", direction="out")
        self.assertEqual((logged["outcome"], logged["reply"]), ("CALLRESULTERROR", {"status": "Perhaps"}))
        self.assertEqual(self.see(f"messages/{logged['id']}")["problems"][0]["path"], "/status")

    def test_one_that_fits_its_schema_and_means_nothing_is_refused_too(self) -> None:
        asked = {"setMonitoringData": [{**LIMIT, "value": 1.0}]}
        command = self.do("stations/CP1/commands", {"action": "SetVariableMonitoring", "payload": asked})
        frame = self.hear("SetVariableMonitoring")
        self.say(frame, {"setMonitoringResult": [{**LIMIT, "status": "Accepted", "id": 2**40}]})
        self.assertEqual(self.station.hear()[:3], [5, frame[1], "PropertyConstraintViolation"])
        self.assertEqual(self.settled(command["id"])["state"], "failed")
        self.assertFalse(Monitor.objects.exists())


@speaking("2.0.1")
class RefusedAnswersBefore(ActionCase):
    def test_a_version_without_the_word_is_told_nothing(self) -> None:
        command = self.do("stations/CP1/commands", {"action": "ClearCache", "payload": {}})
        self.say(self.hear("ClearCache"), {"status": "Perhaps"})
        self.assertEqual(self.settled(command["id"])["state"], "failed")
        logged = self.see_one("messages", station="CP1", action="ClearCache", direction="out")
        self.assertEqual(logged["outcome"], "CALLRESULT")
        self.tell("Heartbeat", {})  # and this is what comes next over the socket
