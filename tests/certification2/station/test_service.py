"""Monitors, logs, customers and the display of the emulator (blocks N to P)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.models import DisplayMessage, FileJob, Monitor, Monitoring, MonitoringEvent, Report
from stations.ocpp.frames import Payload
from stations.services.files import open_upload, request_log
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import RESTARTED, StationCase2
from tests.certification2.support import named, token
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


class Logs(StationCase2):
    def delivered(self, kind: str) -> None:
        with self.booted():
            job = self.order(request_log, log_type=kind, retries=0)
            self.assert_story("LogStatusNotification Uploading", "LogStatusNotification Uploaded")
            eventually(lambda: FileJob.objects.get(pk=job.pk).state == FileJob.State.DONE)
            job.refresh_from_db()
            with open_upload(job).file as file:
                self.assertNotEqual(file.read(), b"")

    def test_tc_n_25_diagnostics(self) -> None:
        self.delivered("DiagnosticsLog")

    def test_tc_n_35_security(self) -> None:
        self.delivered("SecurityLog")

    def test_tc_n_26_not_delivered(self) -> None:
        with self.booted():
            place = {"remoteLocation": f"{self.server.http}/nowhere"}
            request = {"logType": "DiagnosticsLog", "requestId": 9, "retries": 0, "log": place}
            self.ask("GetLog", request)
            self.assert_story("LogStatusNotification Uploading", "LogStatusNotification UploadFailure")


class Customers(StationCase2):
    def information(self, *, report: bool = True, clear: bool = False, **who: Any) -> str:
        """What the station tells."""
        request = {"requestId": 5, "report": report, "clear": clear} | (who or {"idToken": token()})
        self.ask("CustomerInformation", request)
        if not report:
            return ""
        eventually(lambda: Report.objects.filter(request=5, state="complete").exists())
        return Report.objects.get(request=5).text

    def known(self, point: ChargePoint) -> None:
        """Its cache knows the card."""
        self.charge(point)
        point.present(CARD)
        self.assert_story("Ended StopAuthorized Local")
        eventually(lambda: not len(point.model.outbox))

    def forgotten(self, point: ChargePoint) -> bool:
        return not point.do(lambda model, now: model.access.about(CARD))

    def test_tc_n_27_known(self) -> None:
        with self.booted() as point:
            self.known(point)
            self.assertIn("Authorization cache", self.information())

    def test_tc_n_28_not_known(self) -> None:
        with self.booted():
            self.assertIn("Nothing is known", self.information())

    def test_tc_n_30_forgotten_and_told(self) -> None:
        with self.booted() as point:
            self.known(point)
            self.assertIn("Authorization cache", self.information(clear=True))
            self.assertTrue(self.forgotten(point))

    def test_tc_n_31_forgotten_and_nothing_known(self) -> None:
        with self.booted() as point:
            self.assertIn("Nothing is known", self.information(clear=True))
            self.assertTrue(self.forgotten(point))

    def test_tc_n_32_forgotten_without_telling(self) -> None:
        with self.booted() as point:
            self.known(point)
            self.information(report=False, clear=True)
            self.assertTrue(self.forgotten(point))
            self.assertEqual(self.requests("NotifyCustomerInformation"), [])

    def test_tc_n_62_by_identifier(self) -> None:
        with self.booted() as point:
            self.known(point)
            self.assertIn("Authorization cache", self.information(clear=True, customerIdentifier=CARD))
            self.assertTrue(self.forgotten(point))

    def test_tc_n_33_nobody_is_named(self) -> None:
        with self.booted():
            self.ask("CustomerInformation", {"requestId": 5, "report": True, "clear": True}, "Invalid")


class Displays(StationCase2):
    def message(self, number: int = 1, **more: Any) -> Payload:
        content = {"format": "UTF8", "language": "en", "content": f"Message {number}"}
        return {"id": number, "priority": "NormalCycle", "message": content} | more

    def show(self, number: int = 1, result: str = "Accepted", **more: Any) -> None:
        self.ask("SetDisplayMessage", {"message": self.message(number, **more)}, result)

    def read(self, point: ChargePoint) -> list[int]:
        """The messages that can be read now, in turns."""
        return point.do(lambda model, now: [each["id"] for each in model.display.cycle(now)])

    def listed(self, result: str = "Accepted", **criteria: Any) -> set[int]:
        self.ask("GetDisplayMessages", {"requestId": 6, **criteria}, result)
        if result != "Accepted":
            return set()
        eventually(lambda: Report.objects.filter(request=6, state="complete").exists())
        return {each["id"] for part in self.requests("NotifyDisplayMessages") for each in part["messageInfo"]}

    def test_tc_o_01_shown(self) -> None:
        with self.booted() as point:
            self.show()
            self.assertEqual(self.read(point), [1])
            self.assertEqual(DisplayMessage.objects.get().number, 1)

    def test_tc_o_02_all_listed(self) -> None:
        with self.booted():
            for number in (1, 2):
                self.show(number)
            self.assertEqual(self.listed(), {1, 2})

    def test_tc_o_03_none_listed(self) -> None:
        with self.booted():
            self.listed("Unknown")

    def test_tc_o_04_cleared(self) -> None:
        with self.booted() as point:
            self.show()
            self.ask("ClearDisplayMessage", {"id": 1})
            self.assertEqual(self.read(point), [])

    def test_tc_o_05_cleared_where_there_is_none(self) -> None:
        with self.booted():
            self.ask("ClearDisplayMessage", {"id": 1}, "Unknown")

    def test_tc_o_06_during_a_transaction(self) -> None:
        with self.booted() as point:
            self.show(transactionId=self.charge(point).reference)
            self.assertEqual(self.read(point), [1])
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            self.assertEqual(self.read(point), [])

    def test_tc_o_10_during_an_unknown_transaction(self) -> None:
        with self.booted():
            self.show(result="UnknownTransaction", transactionId="T9")

    def criteria(self, expected: set[int], result: str = "Accepted", **wanted: Any) -> None:
        with self.booted():
            self.show(1)
            self.show(2, priority="InFront", state="Idle")
            self.assertEqual(self.listed(result, **wanted), expected)

    def test_tc_o_07_listed_by_number(self) -> None:
        self.criteria({2}, id=[2])

    def test_tc_o_08_listed_by_priority(self) -> None:
        self.criteria({2}, priority="InFront")

    def test_tc_o_09_listed_by_state(self) -> None:
        self.criteria({2}, state="Idle")

    def test_tc_o_11_none_of_these(self) -> None:
        self.criteria(set(), "Unknown", priority="AlwaysFront")

    def test_tc_o_33_number_where_there_are_none(self) -> None:
        with self.booted():
            self.listed("Unknown", id=[1])

    def test_tc_o_34_number_of_another_state(self) -> None:
        self.criteria(set(), "Unknown", id=[2], state="Charging")

    def test_tc_o_35_number_of_another_priority(self) -> None:
        self.criteria(set(), "Unknown", id=[2], priority="AlwaysFront")

    def test_tc_o_12_replaced(self) -> None:
        with self.booted() as point:
            self.show()
            self.show(priority="InFront")
            self.assertEqual((self.read(point), DisplayMessage.objects.get().priority), ([1], "InFront"))

    def test_tc_o_13_from_a_time(self) -> None:
        with self.booted() as point:
            self.show(startDateTime=isoformat(clock.now() + timedelta(hours=1)))
            self.assertEqual(self.read(point), [])

    def test_tc_o_14_until_a_time(self) -> None:
        with self.booted() as point:
            self.show(endDateTime=isoformat(clock.now() + timedelta(seconds=0.5)))
            eventually(lambda: self.read(point) == [])

    def test_tc_o_19_format(self) -> None:
        with self.booted():
            html = {"format": "HTML", "content": "<b>Hello</b>"}
            self.show(result="NotSupportedMessageFormat", message=html)

    def test_tc_o_20_outlasts_a_boot(self) -> None:
        with self.booted() as point:
            self.show()
            self.ask("Reset", {"type": "Immediate"})
            self.assert_story(*RESTARTED)
            self.assertEqual(self.read(point), [1])

    def test_tc_o_22_several_in_front(self) -> None:
        with self.booted() as point:
            self.show(1)
            for number in (2, 3):
                self.show(number, priority="InFront")
            self.assertEqual(self.read(point), [2, 3])

    def test_tc_o_24_second_always_in_front(self) -> None:
        with self.booted() as point:
            for number in (1, 2):
                self.show(number, priority="AlwaysFront")
            self.assertEqual(self.read(point), [2])

    def test_tc_o_27_during_a_transaction_from_a_time(self) -> None:
        with self.booted() as point:
            reference = self.charge(point).reference
            self.show(transactionId=reference, startDateTime=isoformat(clock.now() + timedelta(seconds=0.5)))
            eventually(lambda: self.read(point) == [1])

    def test_tc_o_28_during_a_transaction_until_a_time(self) -> None:
        with self.booted() as point:
            reference = self.charge(point).reference
            self.show(transactionId=reference, endDateTime=isoformat(clock.now() + timedelta(seconds=0.5)))
            eventually(lambda: self.read(point) == [])
            self.assertTrue(point.charging)

    def test_tc_o_30_several_in_front_during_a_transaction(self) -> None:
        with self.booted() as point:
            reference = self.charge(point).reference
            for number in (1, 2):
                self.show(number, priority="InFront", transactionId=reference)
            self.assertEqual(self.read(point), [1, 2])

    def test_tc_o_32_second_always_in_front_during_a_transaction(self) -> None:
        with self.booted() as point:
            reference = self.charge(point).reference
            for number in (1, 2):
                self.show(number, priority="AlwaysFront", transactionId=reference)
            self.assertEqual(self.read(point), [2])

    def test_tc_o_36_while_charging(self) -> None:
        with self.booted() as point:
            self.show(state="Charging")
            self.assertEqual(self.read(point), [])
            self.charge(point)
            self.assertEqual(self.read(point), [1])

    def test_tc_o_37_while_idle(self) -> None:
        with self.booted() as point:
            self.show(state="Idle")
            self.assertEqual(self.read(point), [1])
            self.charge(point)
            self.assertEqual(self.read(point), [])

    def test_tc_o_38_while_out_of_service(self) -> None:
        with self.booted() as point:
            self.show(state="Unavailable")
            self.assertEqual(self.read(point), [])
            self.ask("ChangeAvailability", {"operationalStatus": "Inoperative"})
            self.assert_story("1 Unavailable", "2 Unavailable")
            self.assertEqual(self.read(point), [1])

    def test_tc_o_39_while_faulted(self) -> None:
        with self.booted() as point:
            self.show(state="Faulted")
            self.assertEqual(self.read(point), [])
            point.at(lambda outlet, now: outlet.fault(now, "GroundFailure"))
            self.assertEqual(self.read(point), [1])


class Data(StationCase2):
    def test_tc_p_01_refused(self) -> None:
        with self.booted():
            self.ask("DataTransfer", {"vendorId": "com.example", "data": "x"}, "UnknownVendorId")

    def test_tc_p_03_custom_data(self) -> None:
        with self.booted():
            self.ask("ClearCache", {"customData": {"vendorId": "com.example", "anything": ["goes"]}})


class Only21(StationCase2):
    version = "2.1"

    def test_tc_o_100_language(self) -> None:
        with self.booted():
            content = {"format": "UTF8", "language": "xx", "content": "?"}
            message = {"id": 1, "priority": "NormalCycle", "message": content}
            self.ask("SetDisplayMessage", {"message": message}, "LanguageNotSupported")
