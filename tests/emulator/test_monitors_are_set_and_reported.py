"""What an emulated 2.x station answers to the calls of block N, and what it keeps of them (N02 to N06)."""

from __future__ import annotations

from typing import Any
from unittest import TestCase

from stations.emulator.point.factory_monitors import ITEMS
from stations.emulator.point.monitoring import MAX_CUSTOM
from stations.ocpp.frames import Payload
from tests.emulator.monitored import INTERVAL, POWER, PROBLEM, STATE, Monitored

PASSWORD: Payload = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}


class Setting(TestCase):
    def setUp(self) -> None:
        self.drive = Monitored(self)

    def test_gives_each_a_number(self) -> None:
        first = self.drive.watch(POWER, "UpperThreshold", 100)
        second = self.drive.watch(POWER, "LowerThreshold", 100)
        self.assertEqual((first["status"], second["status"]), ("Accepted", "Accepted"))
        self.assertNotEqual(first["id"], second["id"])
        self.assertEqual(
            {name: first[name] for name in ("type", "severity", "component", "variable")},
            {"type": "UpperThreshold", "severity": 5, **POWER},
        )

    def test_what_there_is_not(self) -> None:
        nowhere = {"component": {"name": "Nothing"}, "variable": {"name": "Power"}}
        nothing = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "Nothing"}}
        self.assertEqual(self.drive.status(nowhere, "Delta", 1), "UnknownComponent")
        self.assertEqual(self.drive.status(nothing, "Delta", 1), "UnknownVariable")

    def test_what_does_not_fit(self) -> None:
        for variable, type, value, severity, status in (
            (STATE, "UpperThreshold", 1, 5, "UnsupportedMonitorType"),
            (PASSWORD, "Delta", 1, 5, "Rejected"),
            (POWER, "Delta", -1, 5, "Rejected"),
            (POWER, "Delta", 1, 10, "Rejected"),
            (POWER, "Periodic", 0, 5, "Rejected"),
            (POWER, "UpperThreshold", -5, 5, "Rejected"),
            (POWER, "UpperThreshold", 10**6, 5, "Rejected"),
        ):
            with self.subTest(type, value=value, severity=severity):
                self.assertEqual(self.drive.status(variable, type, value, severity), status)

    def test_the_same_twice_is_a_duplicate(self) -> None:
        self.assertEqual(self.drive.status(POWER, "Delta", 1), "Accepted")
        self.assertEqual(self.drive.status(POWER, "Delta", 2), "Duplicate")
        self.assertEqual(self.drive.status(POWER, "Delta", 2, 6), "Accepted")

    def test_one_with_its_number_is_replaced(self) -> None:
        number = self.drive.watch(POWER, "Delta", 1)["id"]
        self.assertEqual(self.drive.watch(POWER, "Delta", 7, id=number)["id"], number)
        (found,) = (each for each in self.drive.station.monitoring if each.id == number)
        self.assertEqual(found.value, 7)

    def test_what_cannot_be_replaced(self) -> None:
        number = self.drive.watch(POWER, "Delta", 1)["id"]
        hard_wired = next(each.id for each in self.drive.station.monitoring if each.kind == "HardWiredMonitor")
        for variable, id in ((INTERVAL, number), (POWER, 9999), (PROBLEM, hard_wired)):
            result = self.drive.watch(variable, "Delta", 2, id=id)
            self.assertEqual((result["status"], result["id"]), ("Rejected", id))

    def test_not_more_than_so_many(self) -> None:
        self.drive.ask("SetMonitoringBase", monitoringBase="HardWiredOnly")
        asked: list[Any] = []
        for number in range(MAX_CUSTOM + 1):
            variable = {"component": {"name": "EVSE", "evse": {"id": number % 2 + 1}}, "variable": {"name": "Power"}}
            type = ("Delta", "UpperThreshold", "LowerThreshold", "Periodic", "PeriodicClockAligned")[number // 2 % 5]
            asked.append((variable, type, 100, number // 10))
        asked = [each for each in asked if each[3] <= 9]
        for each in asked:
            self.assertEqual(self.drive.status(*each), "Accepted")
        self.assertEqual(len(asked), MAX_CUSTOM)
        self.assertEqual(self.drive.status(INTERVAL, "Delta", 1), "Rejected")

    def test_not_more_than_so_many_at_once(self) -> None:
        data = [{**POWER, "type": "Delta", "value": 1, "severity": 5}] * (ITEMS + 1)
        code = self.drive.refuses("SetVariableMonitoring", setMonitoringData=data)
        self.assertEqual(code, "OccurrenceConstraintViolation")
        self.assertEqual(
            self.drive.refuses("ClearVariableMonitoring", id=list(range(ITEMS + 1))), "OccurrenceConstraintViolation"
        )


class Clearing(TestCase):
    def test_tells_what_became_of_each(self) -> None:
        drive = Monitored(self)
        number = drive.watch(INTERVAL, "Delta", 1)["id"]
        answer = drive.ask("ClearVariableMonitoring", id=[number, 1, number])
        self.assertEqual(
            [(each["id"], each["status"]) for each in answer["clearMonitoringResult"]],
            [(number, "Accepted"), (1, "Rejected"), (number, "NotFound")],
        )
        drive.said.clear()
        drive.put(66)
        self.assertEqual(drive.events(), [])


class Bases(TestCase):
    def test_which_monitors_there_are(self) -> None:
        drive = Monitored(self)
        self.assertEqual(drive.numbers(), [1, 2, 4, 5, 1000])
        custom = drive.watch(INTERVAL, "Delta", 1)["id"]
        drive.watch(POWER, "UpperThreshold", 5000, id=2)  # the server's from now on
        for base, numbers in (
            ("All", {1, 2, 3, 4, 5, 6, 1000, custom}),
            ("FactoryDefault", {1, 2, 4, 5, 1000}),
            ("HardWiredOnly", {1, 4, 1000}),
            ("All", {1, 2, 3, 4, 5, 6, 1000}),
        ):
            self.assertEqual(drive.ask("SetMonitoringBase", monitoringBase=base), {"status": "Accepted"})
            self.assertEqual(set(drive.numbers()), numbers, base)
            self.assertEqual(drive.station.variables.text("MonitoringCtrlr", "ActiveMonitoringBase"), base)

    def test_a_1_6_station_has_none(self) -> None:
        drive = Monitored(self, "1.6")
        self.assertEqual(drive.numbers(), [])


class Reports(TestCase):
    def report(self, drive: Monitored, **only: Any) -> list[int]:
        drive.said.clear()
        answer = drive.ask("GetMonitoringReport", requestId=3, **only)
        parts = drive.of("NotifyMonitoringReport")
        if answer["status"] != "Accepted":
            self.assertEqual((answer["status"], parts), ("EmptyResultSet", []))
            return []
        self.assertEqual({part["requestId"] for part in parts}, {3})
        self.assertEqual([part["seqNo"] for part in parts], list(range(len(parts))))
        self.assertEqual([part["tbc"] for part in parts], [True] * (len(parts) - 1) + [False])
        items = [item for part in parts for item in part["monitor"]]
        return [each["id"] for item in items for each in item["variableMonitoring"]]

    def test_name_all_monitors_in_parts(self) -> None:
        for version in ("2.0.1", "2.1"):
            drive = Monitored(self, version, connectors=5)
            custom = drive.watch(POWER, "Delta", 1)["id"]
            found = self.report(drive)
            self.assertEqual(sorted(found), sorted(drive.numbers()))
            self.assertIn(custom, found)
            self.assertGreater(len(drive.of("NotifyMonitoringReport")), 1)

    def test_name_those_that_were_asked_for(self) -> None:
        drive = Monitored(self)
        delta = drive.watch(POWER, "Delta", 1)["id"]
        periodic = drive.watch(POWER, "Periodic", 60)["id"]
        self.assertEqual(self.report(drive, monitoringCriteria=["PeriodicMonitoring"]), [periodic])
        self.assertEqual(self.report(drive, monitoringCriteria=["ThresholdMonitoring"]), [2, 5])
        self.assertEqual(set(self.report(drive, componentVariable=[POWER])), {2, delta, periodic})
        evse = [{"component": {"name": "evse"}, "variable": {"name": "POWER"}}]
        self.assertEqual(set(self.report(drive, componentVariable=evse)), {2, 5, delta, periodic})
        only = {"monitoringCriteria": ["DeltaMonitoring"], "componentVariable": [{"component": {"name": "EVSE"}}]}
        self.assertEqual(set(self.report(drive, **only)), {1, 4, delta})
        self.assertEqual(self.report(drive, componentVariable=[{"component": {"name": "Nothing"}}]), [])
