"""Monitoring, logs, customers and data of vendors, as the server sees them (blocks N and P)."""

from __future__ import annotations

from typing import Any

import requests

from stations.models import (
    DisplayMessage,
    EventStream,
    FileJob,
    IdToken,
    LocalList,
    Monitor,
    Monitoring,
    MonitoringEvent,
    Report,
)
from stations.ocpp.frames import Payload
from stations.services.authorization.customers import forget_customer
from stations.services.authorization.local_lists import send_local_list, wanted_entries
from stations.services.files import open_upload, request_log
from tests.certification2.central.support import ACCEPTED, REJECTED, CentralCase2, ScriptedStation2, now
from tests.certification2.support import named, token

POWER = named("EVSE", "Power", evse=1)
LIMIT: Payload = {"type": "UpperThreshold", "severity": 4} | POWER


class MonitoringCase(CentralCase2):
    def put(self, client: ScriptedStation2, *monitors: tuple[Payload, int | None]) -> None:
        """Each with the number that the station gives it; None: it refuses."""
        asked = [data | {"value": 9000.0} for data, _ in monitors]
        results = [
            data | ({"status": "Rejected"} if number is None else {"status": "Accepted", "id": number})
            for data, number in monitors
        ]
        reply = {"setMonitoringResult": results}
        self.ask(client, "SetVariableMonitoring", {"setMonitoringData": asked}, reply, "")

    def kept(self) -> set[int]:
        return set(Monitor.objects.filter(station=self.station).values_list("number", flat=True))


class Monitors(MonitoringCase):
    def reported(self, **criteria: Any) -> None:
        with self.booted() as client:
            self.ask(client, "GetMonitoringReport", {"requestId": 8, **criteria}, ACCEPTED)
            told = {"id": 1, "transaction": False, "value": 9000.0, "type": "UpperThreshold", "severity": 4}
            part = {"requestId": 8, "seqNo": 0, "tbc": False, "generatedAt": now()}
            client.call("NotifyMonitoringReport", **part, monitor=[POWER | {"variableMonitoring": [told]}])
            self.assertEqual((Report.objects.get(request=8).state, self.kept()), ("complete", {1}))

    def test_tc_n_01_report_by_kind(self) -> None:
        self.reported(monitoringCriteria=["ThresholdMonitoring"])

    def test_tc_n_02_report_of_named(self) -> None:
        self.reported(componentVariable=[POWER])

    def test_tc_n_03_report_of_named_by_kind(self) -> None:
        self.reported(componentVariable=[POWER], monitoringCriteria=["ThresholdMonitoring"])

    def test_tc_n_60_report_of_several_named_by_kind(self) -> None:
        wanted = [POWER, named("EVSE", "Power", evse=2)]
        self.reported(componentVariable=wanted, monitoringCriteria=["ThresholdMonitoring"])

    def test_tc_n_47_report_of_all(self) -> None:
        self.reported()

    def test_tc_n_05_base(self) -> None:
        self.asked("SetMonitoringBase", {"monitoringBase": "HardWiredOnly"})
        self.assertEqual(Monitoring.objects.get().base, "HardWiredOnly")

    def test_tc_n_08_set_one(self) -> None:
        with self.booted() as client:
            self.put(client, (LIMIT, 5))
            self.assertEqual(self.kept(), {5})

    def test_tc_n_09_set_several(self) -> None:
        with self.booted() as client:
            self.put(client, (LIMIT, 5), (LIMIT | {"type": "LowerThreshold"}, 6), (LIMIT | {"type": "Delta"}, None))
            self.assertEqual(self.kept(), {5, 6})

    def test_tc_n_16_level(self) -> None:
        self.asked("SetMonitoringLevel", {"severity": 4})
        self.assertEqual(Monitoring.objects.get().level, 4)

    def test_tc_n_17_level_out_of_range(self) -> None:
        self.asked("SetMonitoringLevel", {"severity": 10}, "Rejected")
        self.assertFalse(Monitoring.objects.filter(level=10).exists())

    def test_tc_n_48_what_can_only_be_written(self) -> None:
        with self.booted() as client:
            self.put(client, ({"type": "Delta", "severity": 4} | named("SecurityCtrlr", "BasicAuthPassword"), None))
            self.assertEqual(self.kept(), set())

    def cleared(self, status: str, left: set[int]) -> None:
        with self.booted() as client:
            self.put(client, (LIMIT, 5), (LIMIT | {"type": "LowerThreshold"}, 6))
            reply = {"clearMonitoringResult": [{"id": 5, "status": status}]}
            self.ask(client, "ClearVariableMonitoring", {"id": [5]}, reply, "")
            self.assertEqual(self.kept(), left)

    def test_tc_n_18_cleared(self) -> None:
        self.cleared("Accepted", {6})

    def test_tc_n_44_stays(self) -> None:
        self.cleared("Rejected", {5, 6})

    def test_tc_n_24_periodic(self) -> None:
        with self.booted() as client:
            self.put(client, (LIMIT | {"type": "Periodic"}, 5))
            self.assertEqual(Monitor.objects.get().type, "Periodic")

    def event(self, client: ScriptedStation2, number: int, trigger: str = "Alerting", **more: Any) -> MonitoringEvent:
        data = POWER | {
            "eventId": number,
            "timestamp": now(),
            "trigger": trigger,
            "actualValue": "9500",
            "eventNotificationType": "CustomMonitor",
        }
        part = {"generatedAt": now(), "seqNo": 0, "tbc": False}
        self.assertEqual(client.call("NotifyEvent", **part, eventData=[data | more]), {})
        return MonitoringEvent.objects.get(number=number)

    def test_tc_n_21_hard_wired(self) -> None:
        with self.booted() as client:
            found = self.event(client, 1, eventNotificationType="HardWiredMonitor")
            self.assertEqual((found.kind, found.value), ("HardWiredMonitor", "9500"))

    def test_tc_n_49_cleared_after_a_boot(self) -> None:
        with self.booted() as client:
            self.put(client, (LIMIT, 5))
            self.assertFalse(self.event(client, 1, variableMonitoringId=5).cleared)
            client.power_up("Watchdog")
            self.assertTrue(self.event(client, 2, variableMonitoringId=5, cleared=True).cleared)

    def test_tc_n_50_periodic_reports(self) -> None:
        with self.booted() as client:
            self.put(client, (LIMIT | {"type": "Periodic"}, 5))
            found = self.event(client, 1, "Periodic", variableMonitoringId=5)
            self.assertEqual((found.trigger, found.monitor, found.severity), ("Periodic", 5, 4))


class LogCase(CentralCase2):
    def log(
        self, client: ScriptedStation2, kind: str, reply: Payload | None = None, **more: bool
    ) -> tuple[FileJob, str]:
        """Asked for; the job, and where the station is to deliver it."""
        job = self.order(request_log, log_type=kind, retries=0, **more)
        request = client.expect("GetLog")
        self.assertEqual((request["logType"], request["requestId"]), (kind, job.pk))
        client.reply(reply or {"status": "Accepted", "filename": "log.txt"})
        self.settled(self.newest("GetLog"))
        return job, request["log"]["remoteLocation"]


class Logs(LogCase):
    def delivered(self, kind: str) -> None:
        with self.booted() as client:
            job, place = self.log(client, kind)
            client.call("LogStatusNotification", status="Uploading", requestId=job.pk)
            requests.put(place, data=b"a line\n", timeout=10).raise_for_status()
            client.call("LogStatusNotification", status="Uploaded", requestId=job.pk)
            job.refresh_from_db()
            self.assertEqual((job.state, job.file_name), (FileJob.State.DONE, "log.txt"))
            with open_upload(job).file as file:
                self.assertEqual(file.read(), b"a line\n")

    def test_tc_n_25_diagnostics(self) -> None:
        self.delivered("DiagnosticsLog")

    def test_tc_n_35_security(self) -> None:
        self.delivered("SecurityLog")

    def test_tc_n_34_rejected(self) -> None:
        with self.booted() as client:
            job, _ = self.log(client, "DiagnosticsLog", REJECTED)
            job.refresh_from_db()
            self.assertEqual(job.state, FileJob.State.FAILED)

    def test_tc_n_36_second(self) -> None:
        with self.booted() as client:
            first, _ = self.log(client, "DiagnosticsLog")
            client.call("LogStatusNotification", status="Uploading", requestId=first.pk)
            self.log(client, "DiagnosticsLog", {"status": "AcceptedCanceled", "filename": "log.txt"})
            client.call("LogStatusNotification", status="AcceptedCanceled", requestId=first.pk)
            first.refresh_from_db()
            self.assertEqual(first.state, FileJob.State.CANCELLED)


class Customers(CentralCase2):
    def informed(self, text: str, *, clear: bool = False, **who: Any) -> None:
        request = {"requestId": 5, "report": True, "clear": clear} | (who or {"idToken": token()})
        with self.booted() as client:
            self.ask(client, "CustomerInformation", request, ACCEPTED)
            part = {"requestId": 5, "generatedAt": now(), "seqNo": 0, "tbc": False}
            self.assertEqual(client.call("NotifyCustomerInformation", **part, data=text), {})
            report = Report.objects.get(request=5)
            self.assertEqual((report.state, report.text), ("complete", text))

    def test_tc_n_27_known(self) -> None:
        self.informed("Customer since 2024")

    def test_tc_n_28_not_known(self) -> None:
        self.informed("")

    def test_tc_n_29_not_told(self) -> None:
        request = {"requestId": 5, "report": True, "clear": False, "idToken": token()}
        self.asked("CustomerInformation", request, "Rejected")
        self.assertEqual(Report.objects.get(request=5).state, "refused")

    def test_tc_n_30_forgotten_and_told(self) -> None:
        self.informed("Customer since 2024", clear=True)

    def test_tc_n_31_forgotten_and_nothing_known(self) -> None:
        self.informed("", clear=True)

    def test_tc_n_32_forgotten_without_telling(self) -> None:
        request = {"requestId": 5, "report": False, "clear": True, "idToken": token()}
        self.asked("CustomerInformation", request)
        self.assertFalse(Report.objects.filter(request=5).exists())

    def test_tc_n_46_taken_out_of_the_local_list(self) -> None:
        IdToken.objects.filter(pk=self.card.pk).update(in_local_list=True)
        IdToken.objects.create(value="04AABBCCDDEEFF", in_local_list=True)
        with self.booted() as client:
            self.order(send_local_list)
            self.assertEqual(len(client.expect("SendLocalList")["localAuthorizationList"]), 2)
            client.reply(ACCEPTED)
            self.settled(self.newest("SendLocalList"))

            command = self.order(forget_customer, token_id=self.card.pk)
            asked = client.expect("CustomerInformation")
            self.assertEqual((asked["clear"], asked["report"], asked["idToken"]), (True, False, token()))
            client.reply(ACCEPTED)
            self.assert_answered(command, "Accepted")
            change = client.expect("SendLocalList")
            self.assertEqual(
                (change["updateType"], change["localAuthorizationList"]), ("Differential", [{"idToken": token()}])
            )
            client.reply(ACCEPTED)
            self.assert_answered(self.newest("SendLocalList"), "Accepted")
            self.assertEqual(list(LocalList.objects.get().entries), ["ISO14443:04AABBCCDDEEFF"])
            self.assertEqual(list(wanted_entries(self.station.pk, "2.0.1")), ["ISO14443:04AABBCCDDEEFF"])

    def test_tc_n_62_by_identifier(self) -> None:
        self.informed("gone", clear=True, customerIdentifier="4711")

    def test_tc_n_63_by_certificate(self) -> None:
        named_by = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "1"}
        self.informed("gone", clear=True, customerCertificate=named_by)


class Data(CentralCase2):
    def test_tc_p_02_refused(self) -> None:
        with self.booted() as client:
            answer = client.call("DataTransfer", vendorId="com.example", messageId="greet", data="hello")
            self.assertEqual(answer, {"status": "UnknownVendorId"})

    def test_tc_p_03_custom_data(self) -> None:
        with self.booted() as client:
            custom = {"vendorId": "com.example", "anything": ["goes"]}
            self.assertIn("currentTime", client.call("Heartbeat", customData=custom))


class Only21(MonitoringCase, LogCase):
    version = "2.1"

    def test_tc_o_100_language(self) -> None:
        content = {"format": "UTF8", "language": "xx", "content": "?"}
        message = {"id": 1, "priority": "NormalCycle", "message": content}
        self.asked("SetDisplayMessage", {"message": message}, "LanguageNotSupported")
        self.assertFalse(DisplayMessage.objects.exists())

    def test_tc_n_100_data_collector(self) -> None:
        with self.booted() as client:
            job, _ = self.log(client, "DataCollectorLog")
            client.call("LogStatusNotification", status="Uploading", requestId=job.pk)
            job.refresh_from_db()
            self.assertEqual((job.state, job.log_type), (FileJob.State.RUNNING, "DataCollectorLog"))

    def test_tc_n_104_report_of_a_target(self) -> None:
        with self.booted() as client:
            self.ask(
                client, "GetMonitoringReport", {"requestId": 8, "monitoringCriteria": ["DeltaMonitoring"]}, ACCEPTED
            )
            told = {"id": 1, "transaction": False, "value": 5.0, "type": "TargetDelta", "severity": 4}
            monitored = POWER | {"variableMonitoring": [told | {"eventNotificationType": "PreconfiguredMonitor"}]}
            part = {"requestId": 8, "seqNo": 0, "tbc": False, "generatedAt": now()}
            client.call("NotifyMonitoringReport", **part, monitor=[monitored])
            self.assertEqual(Monitor.objects.get().type, "TargetDelta")

    def test_tc_n_105_streams(self) -> None:
        with self.booted() as client:
            self.put(client, (LIMIT | {"type": "Periodic"}, 5))
            data = {"id": 1, "variableMonitoringId": 5, "params": {"interval": 60}}
            self.assertEqual(client.call("OpenPeriodicEventStream", constantStreamData=data), ACCEPTED)
            self.assertEqual((EventStream.objects.get().monitor, EventStream.objects.get().state), (5, "open"))

    def test_tc_n_107_what_streams_there_are(self) -> None:
        with self.booted() as client:
            listed = [{"id": 2, "variableMonitoringId": 6, "params": {"values": 4}}]
            self.ask(client, "GetPeriodicEventStream", {}, {"constantStreamData": listed}, "")
            self.assertEqual(EventStream.objects.get().monitor, 6)
