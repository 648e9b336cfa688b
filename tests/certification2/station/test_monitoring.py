"""Monitors of the emulator (block N)."""

from __future__ import annotations

from typing import Any

from stations.models import Monitor, Monitoring, MonitoringEvent, Report
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from tests.certification.support import CARD
from tests.certification2.station.support import RESTARTED, StationCase2
from tests.certification2.support import named
from tests.waiting import eventually

STATE = named("EVSE", "AvailabilityState", evse=1)
POWER = named("EVSE", "Power", evse=1)

CHANGE: Payload = {"type": "Delta", "value": 1.0, "severity": 3} | STATE
LIMIT: Payload = {"type": "UpperThreshold", "value": 1000.0, "severity": 3} | POWER


class MonitoringCase(StationCase2):
    def put(self, *monitors: Payload) -> list[Payload]:
        """What the station says of each."""
        found: list[Payload] = self.ask("SetVariableMonitoring", {"setMonitoringData": list(monitors)}, "")[
            "setMonitoringResult"
        ]
        return found

    def put_one(self, monitor: Payload) -> int:
        (result,) = self.put(monitor)
        self.assertEqual(result["status"], "Accepted")
        number: int = result["id"]
        return number

    def refused(self, monitor: Payload, status: str) -> None:
        with self.booted():
            (result,) = self.put(monitor)
            self.assertEqual(result["status"], status)

    def kept(self) -> set[int]:
        return set(Monitor.objects.filter(station=self.station).values_list("number", flat=True))

    def event(self, monitor: int) -> MonitoringEvent:
        """The newest one of this monitor, as soon as there is one."""
        mine = MonitoringEvent.objects.filter(station=self.station, monitor=monitor)
        eventually(mine.exists)
        return mine.latest("pk")


class Monitors(MonitoringCase):
    def reported(self, result: str = "Accepted", **criteria: Any) -> set[int]:
        """The numbers of the monitors that the station reports."""
        self.ask("GetMonitoringReport", {"requestId": 8, **criteria}, result)
        if result != "Accepted":
            return set()
        eventually(lambda: Report.objects.filter(request=8, state="complete").exists())
        return {
            each["id"]
            for part in self.requests("NotifyMonitoringReport")
            if part["requestId"] == 8
            for monitored in part["monitor"]
            for each in monitored["variableMonitoring"]
        }

    def test_tc_n_01_report_by_kind(self) -> None:
        with self.booted():
            limit, change = self.put_one(LIMIT), self.put_one(CHANGE)
            found = self.reported(monitoringCriteria=["ThresholdMonitoring"])
            self.assertTrue(limit in found and change not in found)

    def test_tc_n_02_report_of_named(self) -> None:
        with self.booted():
            change = self.put_one(CHANGE)
            self.assertEqual(self.reported(componentVariable=[STATE]), {change})

    def test_tc_n_03_report_of_named_by_kind(self) -> None:
        with self.booted():
            change = self.put_one(CHANGE)
            found = self.reported(componentVariable=[STATE, POWER], monitoringCriteria=["DeltaMonitoring"])
            self.assertEqual(found, {change})

    def test_tc_n_04_report_of_none(self) -> None:
        with self.booted():
            self.reported("EmptyResultSet", componentVariable=[named("Moonlight", "Power")])

    def test_tc_n_47_report_of_all(self) -> None:
        with self.booted() as point:
            self.put_one(CHANGE)
            self.assertEqual(self.reported(), {each.id for each in point.model.monitoring})
            self.assertEqual(self.kept(), {each.id for each in point.model.monitoring})

    def test_tc_n_05_base(self) -> None:
        with self.booted() as point:
            self.ask("SetMonitoringBase", {"monitoringBase": "HardWiredOnly"})
            self.assertEqual({each.kind for each in point.model.monitoring}, {"HardWiredMonitor"})
            self.assertEqual(Monitoring.objects.get().base, "HardWiredOnly")

    def test_tc_n_07_unknown_base(self) -> None:
        with self.booted() as point:
            change = self.put_one(CHANGE)
            # The server would not send this; another one might.
            with self.assertRaises(CallError) as refused:
                point.receive("SetMonitoringBase", {"monitoringBase": "Moonlight"})
            self.assertEqual(refused.exception.code, "PropertyConstraintViolation")
            self.assertIn(change, self.reported())
            self.assertEqual(point.model.monitoring.base, "FactoryDefault")

    def test_tc_n_06_base_removes_monitors(self) -> None:
        with self.booted() as point:
            change = self.put_one(CHANGE)
            self.ask("SetMonitoringBase", {"monitoringBase": "FactoryDefault"})
            self.assertNotIn(change, {each.id for each in point.model.monitoring})

    def test_tc_n_41_as_delivered(self) -> None:
        with self.booted() as point:
            before = {each.id for each in point.model.monitoring}
            self.ask("SetMonitoringBase", {"monitoringBase": "HardWiredOnly"})
            self.assertNotEqual({each.id for each in point.model.monitoring}, before)
            self.ask("SetMonitoringBase", {"monitoringBase": "FactoryDefault"})
            self.assertEqual(
                {each.kind for each in point.model.monitoring}, {"HardWiredMonitor", "PreconfiguredMonitor"}
            )

    def test_tc_n_48_what_can_only_be_written(self) -> None:
        self.refused(CHANGE | named("SecurityCtrlr", "BasicAuthPassword"), "Rejected")

    def test_tc_n_08_set_one(self) -> None:
        with self.booted():
            self.assertIn(self.put_one(LIMIT), self.kept())

    def test_tc_n_09_set_several(self) -> None:
        with self.booted():
            self.assertEqual([each["status"] for each in self.put(LIMIT, CHANGE)], ["Accepted"] * 2)

    def test_tc_n_10_several_of_one_variable(self) -> None:
        with self.booted():
            several = [LIMIT, LIMIT | {"type": "LowerThreshold"}, LIMIT | {"severity": 5}]
            self.assertEqual([each["status"] for each in self.put(*several)], ["Accepted"] * 3)

    def test_tc_n_11_unknown_component(self) -> None:
        self.refused(LIMIT | named("Moonlight", "Power"), "UnknownComponent")

    def test_tc_n_37_unknown_variable(self) -> None:
        self.refused(LIMIT | named("EVSE", "Moonlight", evse=1), "UnknownVariable")

    def test_tc_n_39_another_component(self) -> None:
        """Both are there, but not together."""
        self.refused(LIMIT | named("Connector", "Power", evse=1, connector=1), "UnknownVariable")

    def test_tc_n_38_unsupported_kind(self) -> None:
        self.refused(LIMIT | STATE, "UnsupportedMonitorType")

    def test_tc_n_12_delta_out_of_range(self) -> None:
        self.refused(LIMIT | {"type": "Delta", "value": -5.0}, "Rejected")

    def test_tc_n_13_threshold_out_of_range(self) -> None:
        self.refused(LIMIT | {"value": 1e9}, "Rejected")

    def test_tc_n_15_there_already(self) -> None:
        with self.booted():
            self.put_one(LIMIT)
            (again,) = self.put(LIMIT)
            self.assertEqual(again["status"], "Duplicate")

    def test_tc_n_43_one_of_three_out_of_range(self) -> None:
        with self.booted():
            told = self.put(LIMIT, LIMIT | {"value": 1e9, "severity": 5}, CHANGE)
            self.assertEqual([each["status"] for each in told], ["Accepted", "Rejected", "Accepted"])

    def test_tc_n_40_replaced(self) -> None:
        with self.booted():
            number = self.put_one(LIMIT)
            (told,) = self.put(LIMIT | {"id": number, "value": 2000.0})
            self.assertEqual((told["status"], told["id"]), ("Accepted", number))
            self.assertEqual(Monitor.objects.get(number=number).value, 2000.0)

    def test_tc_n_16_level(self) -> None:
        with self.booted() as point:
            self.ask("SetMonitoringLevel", {"severity": 4})
            self.assertEqual((point.model.monitoring.level, Monitoring.objects.get().level), (4, 4))

    def test_tc_n_17_level_out_of_range(self) -> None:
        with self.booted():
            self.ask("SetMonitoringLevel", {"severity": 10}, "Rejected")

    def clear(self, number: int) -> str:
        reply = self.ask("ClearVariableMonitoring", {"id": [number]}, "")
        status: str = reply["clearMonitoringResult"][0]["status"]
        return status

    def test_tc_n_18_cleared(self) -> None:
        with self.booted():
            number = self.put_one(LIMIT)
            self.assertEqual(self.clear(number), "Accepted")
            self.assertNotIn(number, self.kept())

    def test_tc_n_19_cleared_where_there_is_none(self) -> None:
        with self.booted():
            self.assertEqual(self.clear(4711), "NotFound")

    def test_tc_n_44_hard_wired_stays(self) -> None:
        with self.booted():
            self.assertEqual(self.clear(1), "Rejected")


class Events(MonitoringCase):
    def test_tc_n_20_threshold(self) -> None:
        with self.booted() as point:
            number = self.put_one(LIMIT)
            self.charge(point)
            found = self.event(number)
            self.assertEqual((found.trigger, found.kind, found.severity), ("Alerting", "CustomMonitor", 3))

    def test_tc_n_21_hard_wired(self) -> None:
        with self.booted() as point:
            point.at(lambda outlet, now: outlet.fault(now, "GroundFailure"))
            found = self.event(1)
            self.assertEqual((found.variable, found.value, found.kind), ("Problem", "true", "HardWiredMonitor"))

    def test_tc_n_24_periodic(self) -> None:
        with self.booted():
            number = self.put_one(CHANGE | {"type": "Periodic", "value": 2.0})
            self.assertEqual(self.event(number).trigger, "Periodic")

    def test_tc_n_56_word_changes(self) -> None:
        with self.booted() as point:
            number = self.put_one(CHANGE)
            point.plug_in()
            found = self.event(number)
            self.assertEqual((found.trigger, found.value), ("Delta", "Occupied"))

    def test_tc_n_45_number_changes(self) -> None:
        with self.booted() as point:
            number = self.put_one(LIMIT | {"type": "Delta"})
            self.charge(point)
            self.assertEqual(self.event(number).trigger, "Delta")

    def test_tc_n_61_number(self) -> None:
        with self.booted() as point:
            number = self.put_one(LIMIT)
            self.charge(point)
            self.assertGreater(float(self.event(number).value), 1000.0)
            point.present(CARD)
            eventually(lambda: MonitoringEvent.objects.filter(monitor=number, cleared=True).exists())

    def test_tc_n_51_changed_and_fires(self) -> None:
        with self.booted() as point:
            number = self.put_one(LIMIT | {"value": 20_000.0})
            self.put(LIMIT | {"id": number, "value": 500.0})
            self.charge(point)
            self.assertEqual(self.event(number).trigger, "Alerting")

    def test_tc_n_52_removed_and_silent(self) -> None:
        with self.booted() as point:
            gone, stays = self.put_one(CHANGE), self.put_one(CHANGE | {"severity": 4})
            self.ask("ClearVariableMonitoring", {"id": [gone]}, "")
            point.plug_in()
            self.event(stays)
            self.assertFalse(MonitoringEvent.objects.filter(monitor=gone).exists())

    def test_tc_n_53_outlasts_a_boot(self) -> None:
        with self.booted() as point:
            number = self.put_one(CHANGE)
            self.ask("Reset", {"type": "Immediate"})
            self.assert_story(*RESTARTED)
            point.plug_in()
            self.assertEqual(self.event(number).value, "Occupied")


class Offline(MonitoringCase):
    def test_tc_n_22_high_severity_is_kept(self) -> None:
        with self.booted() as point:
            number = self.put_one(CHANGE)
            point.go_offline()
            point.plug_in()
            point.come_back()
            self.assertEqual(self.event(number).value, "Occupied")

    def test_tc_n_23_low_severity_is_dropped(self) -> None:
        with self.booted() as point:
            kept, dropped = self.put_one(CHANGE), self.put_one(CHANGE | {"severity": 8})
            point.go_offline()
            point.plug_in()
            point.come_back()
            self.event(kept)
            self.assertFalse(MonitoringEvent.objects.filter(monitor=dropped, value="Occupied").exists())
