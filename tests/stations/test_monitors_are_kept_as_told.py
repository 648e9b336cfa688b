"""Monitors, base and level are what the station confirmed or reported last (2.x N02 to N06)."""

from __future__ import annotations

from typing import Any
from unittest import mock

from stations import outcomes
from stations.models import Monitor, Monitoring
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.ocpp.monitoring import monitors_of
from tests.stations.asked import AskedCase
from tests.stations.support import NOON, NOON_TEXT, call

POWER: Payload = {"component": {"name": "EVSE", "evse": {"id": 1, "connectorId": 2}}, "variable": {"name": "Power"}}
LIMIT: Payload = {"type": "UpperThreshold", "severity": 4, **POWER}


def reported(number: int, value: float = 1.0, **told: Any) -> Payload:
    monitor = {"id": number, "transaction": False, "value": value, "type": "Delta", "severity": 5}
    monitor["eventNotificationType"] = "PreconfiguredMonitor"
    return {**POWER, "variableMonitoring": [monitor | told]}


class MonitoringCase(AskedCase):
    version = "2.1"

    def set(self, asked: list[Payload], results: list[Payload]) -> None:
        self.settle("SetVariableMonitoring", {"setMonitoringData": asked}, {"setMonitoringResult": results})

    def part(self, request: int, sequence: int, *items: Payload, more: bool = False) -> None:
        payload = {"requestId": request, "seqNo": sequence, "tbc": more, "generatedAt": NOON_TEXT}
        payload |= {"monitor": list(items)} if items else {}
        self.do(call(self.station, "NotifyMonitoringReport", payload, version=self.version))

    def numbers(self) -> list[int]:
        return list(Monitor.objects.order_by("number").values_list("number", flat=True))


class Setting(MonitoringCase):
    def test_each_result_finds_what_was_asked(self) -> None:
        """In whichever order they come, and in whichever case they are written."""
        low = {**LIMIT, "type": "LowerThreshold"}
        lower = {"component": {"name": "evse", "evse": {"id": 1, "connectorId": 2}}, "variable": {"name": "POWER"}}
        self.set(
            [{**LIMIT, "value": 9.0, "periodicEventStream": {"interval": 5, "values": 2}}, {**low, "value": 7.0}],
            [{**low, **lower, "status": "Accepted", "id": 8}, {**LIMIT, "status": "Accepted", "id": 9}],
        )
        rows = {row.number: row for row in Monitor.objects.all()}
        self.assertEqual((rows[8].value, rows[8].type, rows[8].interval), (7.0, "LowerThreshold", None))
        self.assertEqual((rows[9].value, rows[9].interval, rows[9].values), (9.0, 5, 2))
        self.assertEqual((rows[9].evse, rows[9].connector, rows[9].confirmed_at), (1, 2, NOON))

    def test_what_nobody_asked_for_and_what_has_no_number_is_not_kept(self) -> None:
        self.set(
            [{**LIMIT, "value": 9.0}, {**LIMIT, "severity": 3, "value": 9.0, "id": 4}],
            [
                {**LIMIT, "severity": 8, "status": "Accepted", "id": 1},
                {**LIMIT, "status": "Accepted"},
                {**LIMIT, "severity": 3, "status": "Accepted"},
            ],
        )
        self.assertEqual(self.numbers(), [4], "the number in the request will do")

    def test_refused_ones_are_not_kept(self) -> None:
        for status in ("Rejected", "Duplicate", "UnknownComponent", "UnknownVariable", "UnsupportedMonitorType"):
            self.set([{**LIMIT, "value": 9.0}], [{**LIMIT, "status": status, "id": 3}])
        self.assertEqual(self.numbers(), [])

    def test_nothing_is_kept_of_what_was_refused_as_a_whole(self) -> None:
        self.ask("SetVariableMonitoring", {"setMonitoringData": [{**LIMIT, "value": 9.0}]})
        self.answer_error("NotSupported")
        self.ask("SetMonitoringBase", {"monitoringBase": "All"})
        self.say_nothing()
        self.assertEqual(self.numbers(), [])
        self.assertFalse(Monitoring.objects.exists())


class Reports(MonitoringCase):
    def asked(self, request: int, **only: Any) -> None:
        self.settle("GetMonitoringReport", {"requestId": request, **only})

    def test_the_whole_set_is_replaced_by_a_whole_report(self) -> None:
        self.set([{**LIMIT, "value": 9.0}], [{**LIMIT, "status": "Accepted", "id": 1}])
        self.asked(5)
        self.part(5, 0, reported(2), reported(3), more=True)
        self.assertEqual(self.numbers(), [1])
        self.part(5, 1, reported(4))
        self.part(5, 1, reported(4))
        self.assertEqual(self.numbers(), [2, 3, 4])
        self.assertEqual(Monitoring.objects.get().reported_at, Monitor.objects.get(number=4).confirmed_at)

    def test_its_parts_may_be_faster_than_the_answer(self) -> None:
        Monitor.objects.create(station=self.station, number=1, value=1, severity=1, confirmed_at=NOON)
        self.ask("GetMonitoringReport", {"requestId": 5})
        self.part(5, 0, reported(2))
        self.answer("Accepted")
        self.assertEqual(self.numbers(), [2])

    def test_one_that_nobody_asked_for_takes_nothing_away(self) -> None:
        Monitor.objects.create(station=self.station, number=1, value=1, severity=1, confirmed_at=NOON)
        self.part(5, 0, reported(2))
        self.assertEqual(self.numbers(), [1, 2])
        self.assertFalse(Monitoring.objects.exists())

    def test_what_it_does_not_tell_stays_as_it_was_told(self) -> None:
        asked = {**LIMIT, "value": 9.0, "periodicEventStream": {"interval": 5}}
        self.set([asked], [{**LIMIT, "status": "Accepted", "id": 2}])
        self.asked(5)
        self.version = "2.0.1"  # which has no word for the kind of a monitor
        bare = [reported(number) for number in (2, 3)]
        for each in bare:
            del each["variableMonitoring"][0]["eventNotificationType"]
        self.part(5, 0, *bare)
        rows = {row.number: row for row in Monitor.objects.all()}
        self.assertEqual((rows[2].interval, rows[2].kind, rows[2].type), (5, "CustomMonitor", "Delta"))
        self.assertEqual(rows[3].kind, "")

    def test_what_cannot_be_a_monitor_is_refused_when_it_comes(self) -> None:
        for wrong in ({"id": 2**40}, {"severity": 2**40}):
            with self.assertRaises(CallError):
                self.part(6, 0, reported(1, **wrong))
        with self.assertRaises(CallError):
            list(monitors_of([reported(1, value=float("inf"))]))


class Checked(MonitoringCase):
    """Answers are looked at before they are settled, so that the station can be told (2.1)."""

    def test_what_no_reader_understands_is_refused(self) -> None:
        answer = {"setMonitoringResult": [{**LIMIT, "status": "Accepted", "id": 2**40}]}
        asked = {"setMonitoringData": [{**LIMIT, "value": 9.0}]}
        with self.assertRaises(CallError):
            outcomes.check("2.1", "SetVariableMonitoring", asked, answer)
        outcomes.check("2.1", "ClearCache", {}, {"status": "Accepted"})  # of which nothing follows

    def test_a_fault_of_ours_is_not_the_station_s(self) -> None:
        broken = mock.Mock(side_effect=RuntimeError("on purpose"))
        with (
            mock.patch.dict(outcomes.ANSWERS["2.1"], {"ClearCache": broken}),
            self.assertLogs("stations.outcomes", "ERROR"),
        ):
            outcomes.check("2.1", "ClearCache", {}, {"status": "Accepted"})
