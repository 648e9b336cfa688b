"""Monitors of an emulated 2.x station tell what they watch, and nothing else (N07, N08; MonitorEnumType)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import TestCase

from stations.emulator.point.monitors import Monitor, Seen
from stations.emulator.point.variables import Path, Variable
from tests.emulator.fakes import STARTED
from tests.emulator.monitored import INTERVAL, POWER, PROBLEM, STATE, Monitored


class Limits(TestCase):
    def setUp(self) -> None:
        self.drive = Monitored(self)

    def test_upper_threshold(self) -> None:
        number = self.drive.watch(INTERVAL, "UpperThreshold", 500_000, 4)["id"]
        self.assertEqual(len(self.drive.events()), 1, "it is passed already (a million seconds)")
        self.drive.put(500_000)
        (cleared,) = self.drive.events()
        self.assertEqual((cleared["cleared"], cleared["actualValue"]), (True, "500000"))
        self.drive.put(400_000)
        self.assertEqual(self.drive.events(), [])
        self.drive.put(600_000)
        (event,) = self.drive.events()
        self.assertEqual(
            event,
            {
                "eventId": event["eventId"],
                "timestamp": "2025-03-01T08:00:00.000Z",
                "trigger": "Alerting",
                "actualValue": "600000",
                "eventNotificationType": "CustomMonitor",
                "variableMonitoringId": number,
                "severity": 4,
                "component": {"name": "OCPPCommCtrlr"},
                "variable": {"name": "HeartbeatInterval"},
            },
        )
        self.drive.put(700_000)
        self.assertEqual(self.drive.events(), [], "it was told")

    def test_lower_threshold(self) -> None:
        self.drive.watch(INTERVAL, "LowerThreshold", 100, 4)
        self.assertEqual(self.drive.events(), [])
        for value, told in ((100, []), (99, [None]), (50, []), (100, [True])):
            self.drive.put(value)
            self.assertEqual([event.get("cleared") for event in self.drive.events()], told)

    def test_in_2_0_1_an_event_has_no_severity(self) -> None:
        drive = Monitored(self, "2.0.1")
        drive.watch(INTERVAL, "UpperThreshold", 10, 4)
        (event,) = drive.events()
        self.assertNotIn("severity", event)


class Changes(TestCase):
    def setUp(self) -> None:
        self.drive = Monitored(self)

    def test_of_a_number_by_more_than_the_difference(self) -> None:
        self.drive.put(1000)
        self.drive.watch(INTERVAL, "Delta", 10)
        told = []
        for value in (1010, 990, 1011, 1005, 1001, 1000, 990):
            self.drive.put(value)
            told += self.drive.values()
        self.assertEqual(told, ["1011", "1000"])

    def test_of_what_is_no_number_whatever_the_difference(self) -> None:
        self.drive.watch(STATE, "Delta", 1000)
        self.drive.station.outlet(1).plug_in(self.drive.now)
        self.drive.run(0)
        (event,) = self.drive.events()
        self.assertEqual((event["trigger"], event["actualValue"]), ("Delta", "Occupied"))

    def test_of_a_fault_are_always_told(self) -> None:
        for version in ("2.0.1", "2.1"):
            drive = Monitored(self, version)
            drive.ask("SetMonitoringBase", monitoringBase="HardWiredOnly")
            drive.said.clear()
            drive.station.outlet(1).fault(drive.now)
            drive.run(0)
            (event,) = drive.events()
            self.assertEqual(
                (event["eventNotificationType"], event["actualValue"], event["variable"]),
                ("HardWiredMonitor", "true", {"name": "Problem"}),
            )


class Targets(TestCase):
    """2.1: the power of a vehicle, and what its EVSE offers."""

    def test_far_from_what_is_offered(self) -> None:
        drive = Monitored(self)
        outlet = drive.station.outlet(1)
        self.assertEqual(drive.status(POWER, "TargetDelta", 100.0), "Accepted")
        self.assertEqual(drive.values(), ["0"], "nothing is charged, and much is offered")
        drive.run(10)
        self.assertEqual(drive.values(), [])
        outlet.plug_in(drive.now)
        outlet.present("CARD", drive.now)
        drive.run(60)
        self.assertTrue(outlet.power_w)

    def test_by_a_part_of_the_target(self) -> None:
        def told(type: str, value: float, *seen: tuple[str, float | None]) -> list[str]:
            monitor = Monitor(1, Variable(Path("EVSE", "Power", 1), "decimal"), type, value, 5)
            monitor.begin(Seen("0"), 0.0, STARTED)
            return [value for value, target in seen if monitor.observe(Seen(value, target))]

        self.assertEqual(
            told("TargetDeltaRelative", 0.1, ("95", 100), ("89", 100), ("85", 100), ("78", 100)), ["89", "78"]
        )
        self.assertEqual(told("TargetDelta", 10, ("95", 100), ("89", 100), ("95", 100), ("89", 100)), ["89", "89"])
        self.assertEqual(told("TargetDelta", 10, ("5", None)), [])

    def test_what_has_no_target_cannot_be_watched_so(self) -> None:
        drive = Monitored(self)
        for variable in (INTERVAL, STATE):
            self.assertEqual(drive.status(variable, "TargetDelta", 1.0), "UnsupportedMonitorType")
        connector = {"component": {"name": "EVSE", "evse": {"id": 2}}, "variable": {"name": "SupplyPhases"}}
        self.assertEqual(drive.status(connector, "TargetDeltaRelative", 1.0), "UnsupportedMonitorType")


class Times(TestCase):
    def test_periodic_from_when_it_was_set(self) -> None:
        drive = Monitored(self)
        drive.run(7)
        drive.watch(STATE, "Periodic", 30, 8)
        drive.said.clear()
        drive.run(100)
        self.assertEqual(drive.times("NotifyEvent"), [37.0, 67.0, 97.0])
        self.assertEqual(
            {(each["trigger"], each["actualValue"]) for each in drive.events()}, {("Periodic", "Available")}
        )

    def test_periodic_by_the_clock(self) -> None:
        started = datetime(2025, 3, 1, 8, 1, 10, 500_000, tzinfo=UTC)
        monitor = Monitor(1, Variable(Path("EVSE", "Power", 1)), "PeriodicClockAligned", 900.0, 5)
        monitor.begin(Seen("0"), 5.0, started)
        moments = []
        for _ in range(2):
            moments.append(started + timedelta(seconds=monitor.due))
            monitor.beat("0", started)
        self.assertEqual([moment.isoformat()[11:16] for moment in moments], ["08:15", "08:30"])

    def test_by_the_clock_of_the_station(self) -> None:
        drive = Monitored(self)
        drive.run(100)
        drive.watch(STATE, "PeriodicClockAligned", 60)
        drive.said.clear()
        drive.run(90)
        self.assertEqual(drive.times("NotifyEvent"), [120.0, 180.0])


class InTransactions(TestCase):
    def test_some_monitors_watch_only_then(self) -> None:
        drive = Monitored(self)
        drive.watch(INTERVAL, "UpperThreshold", 10, 5, transaction=True)
        drive.watch(PROBLEM, "Periodic", 5, 5, transaction=True)
        drive.run(20)
        self.assertEqual(drive.events(), [])
        outlet = drive.station.outlet(1)
        outlet.plug_in(drive.now)
        drive.run(0)
        drive.run(6)
        limit, *periodic = drive.events()
        reference = outlet.charge.reference if outlet.charge else ""
        self.assertEqual(limit["transactionId"], reference)
        self.assertEqual({each["transactionId"] for each in periodic}, {reference})
        outlet.unplug(drive.now)
        drive.run(20)
        self.assertEqual(drive.events(), [])


class Levels(TestCase):
    def test_less_serious_ones_are_not_told(self) -> None:
        drive = Monitored(self)
        drive.watch(INTERVAL, "Delta", 0, 4)
        drive.watch(STATE, "Delta", 0, 5)
        self.assertEqual(drive.ask("SetMonitoringLevel", severity=4), {"status": "Accepted"})
        drive.put(77)
        drive.station.outlet(1).plug_in(drive.now)
        drive.run(0)
        self.assertEqual([each["severity"] for each in drive.events()], [4])
        self.assertEqual(drive.station.variables.text("MonitoringCtrlr", "ActiveMonitoringLevel"), "4")

    def test_there_are_only_ten(self) -> None:
        self.assertEqual(Monitored(self).ask("SetMonitoringLevel", severity=10), {"status": "Rejected"})


class Offline(TestCase):
    def test_serious_events_wait_and_others_are_lost(self) -> None:
        drive = Monitored(self)
        drive.watch(INTERVAL, "Delta", 0, 3)
        drive.watch({**INTERVAL, "variable": {"name": "heartbeatinterval"}}, "Delta", 0, 4)
        drive.station.disconnected(drive.now)
        drive.put(60)
        self.assertEqual(drive.events(), [])
        drive.connect().run(0)
        self.assertEqual([each["severity"] for each in drive.events()], [3])

    def test_after_a_restart_a_limit_that_is_passed_is_told_again(self) -> None:
        drive = Monitored(self)
        drive.watch(INTERVAL, "UpperThreshold", 100, 3)
        self.assertEqual(len(drive.events()), 1)
        drive.station.power_loss(drive.now)
        drive.station.disconnected(drive.now)
        drive.run(10)
        drive.connect().run(1)
        self.assertEqual(len(drive.events()), 1)


class Many(TestCase):
    def test_events_of_one_moment_come_together_and_in_parts(self) -> None:
        drive = Monitored(self, connectors=12)
        for outlet in drive.station.outlets:
            outlet.fault(drive.now)
        drive.run(0)
        parts: list[Any] = drive.of("NotifyEvent")
        self.assertEqual(
            [(part["seqNo"], part["tbc"], len(part["eventData"])) for part in parts], [(0, True, 10), (1, False, 2)]
        )
        numbers = [event["eventId"] for part in parts for event in part["eventData"]]
        self.assertEqual(len(set(numbers)), 12)
