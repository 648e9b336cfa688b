"""GetDiagnostics and GetLog, as far as the station itself goes."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point.effects import Delivery, Upload
from tests.emulator.scripted import Scripted

URL = "http://files/"


class LogCase(SimpleTestCase):
    version = "1.6"

    def setUp(self) -> None:
        self.drive = Scripted(self, self.version)
        self.station = self.drive.station

    def upload(self) -> Upload:
        effects = self.station.take_effects()
        self.assertEqual(len(effects), 1, effects)
        assert isinstance(effects[0], Upload)
        return effects[0]

    def finish(self, delivery: Delivery = Delivery.ARRIVED) -> None:
        self.station.uploaded(self.upload().job, delivery, self.drive.now)
        self.drive.run(0)

    def told(self, action: str) -> list[Any]:
        return [(each["status"], each.get("requestId")) for each in self.drive.of(action)]


class Diagnostics(LogCase):
    action = "DiagnosticsStatusNotification"

    def test_hold_what_happened(self) -> None:
        self.drive.charge()
        name = self.drive.ask("GetDiagnostics", location=URL)["fileName"]
        upload = self.upload()
        self.assertEqual((upload.url, upload.name), (URL, name))
        self.assertIn("StartTransaction answered", upload.body.decode())
        self.assertTrue(upload.body.startswith(b"2025-03-01T08:00:00.000Z Connected\n"))
        self.station.uploaded(upload.job, Delivery.ARRIVED, self.drive.now)
        self.drive.run(0)
        self.assertEqual(self.told(self.action), [("Uploading", None), ("Uploaded", None)])

    def test_of_a_span_without_events_are_none(self) -> None:
        span = {"startTime": self.drive.at(3600), "stopTime": self.drive.at(7200)}
        self.assertEqual(self.drive.ask("GetDiagnostics", location=URL, **span), {})
        self.assertEqual(self.station.take_effects(), [])

    def test_are_tried_again(self) -> None:
        self.drive.ask("GetDiagnostics", location=URL, retries=1, retryInterval=10)
        self.finish(Delivery.FAILED)
        self.drive.ask("TriggerMessage", requestedMessage=self.action)
        self.drive.run(11)
        self.finish(Delivery.FAILED)
        self.drive.run(600)
        self.drive.ask("TriggerMessage", requestedMessage=self.action)
        statuses = ["Uploading", "Uploading", "UploadFailed", "Idle"]
        self.assertEqual([status for status, _ in self.told(self.action)], statuses)


class GetLogCase(LogCase):
    action = "LogStatusNotification"

    def get(self, request: int, kind: str = "DiagnosticsLog") -> dict[str, Any]:
        return self.drive.ask("GetLog", logType=kind, requestId=request, log={"remoteLocation": URL})


class Logs(GetLogCase):
    def test_carry_the_number_of_their_request(self) -> None:
        self.drive.ask("ExtendedTriggerMessage", requestedMessage=self.action)
        self.assertEqual(self.get(4)["status"], "Accepted")
        self.drive.ask("ExtendedTriggerMessage", requestedMessage=self.action)
        self.finish()
        self.assertEqual(self.told(self.action), [("Idle", None), ("Uploading", 4), ("Uploading", 4), ("Uploaded", 4)])

    def test_of_security_hold_only_that(self) -> None:
        self.get(1, "SecurityLog")
        body = self.upload().body.decode()
        self.assertEqual(body, "2025-03-01T08:00:00.000Z StartupOfTheDevice\n")

    def test_of_a_newer_request_take_the_place_of_the_older(self) -> None:
        self.get(1)
        old = self.upload()
        self.assertEqual(self.get(2)["status"], "AcceptedCanceled")
        self.station.uploaded(old.job, Delivery.ARRIVED, self.drive.now)
        self.finish()
        self.assertEqual(self.told(self.action), [("Uploading", 1), ("Uploading", 2), ("Uploaded", 2)])

    def test_fail_in_their_own_word(self) -> None:
        self.drive.ask("GetLog", logType="DiagnosticsLog", requestId=1, retries=0, log={"remoteLocation": URL})
        self.finish(Delivery.FAILED)
        self.assertEqual(self.told(self.action)[-1], ("UploadFailure", 1))

    def test_without_entries_are_rejected(self) -> None:
        log = {"remoteLocation": URL, "oldestTimestamp": self.drive.at(60)}
        answer = self.drive.ask("GetLog", logType="DiagnosticsLog", requestId=1, log=log)
        self.assertEqual(answer, {"status": "Rejected"})


class Of2(GetLogCase):
    version = "2.1"

    def test_are_delivered(self) -> None:
        self.drive.ask("TriggerMessage", requestedMessage=self.action)
        answer = self.get(4)
        upload = self.upload()
        self.assertEqual(answer, {"status": "Accepted", "filename": upload.name})
        self.assertIn("BootNotification answered", upload.body.decode())
        self.station.uploaded(upload.job, Delivery.ARRIVED, self.drive.now)
        self.drive.run(0)
        self.assertEqual(self.told(self.action), [("Idle", None), ("Uploading", 4), ("Uploaded", 4)])

    def test_that_make_way_are_told_of(self) -> None:
        self.get(1)
        self.upload()
        self.assertEqual(self.get(2)["status"], "AcceptedCanceled")
        self.finish()
        steps = [("Uploading", 1), ("AcceptedCanceled", 1), ("Uploading", 2), ("Uploaded", 2)]
        self.assertEqual(self.told(self.action), steps)

    def test_of_a_data_collector_there_are_none(self) -> None:
        self.assertEqual(self.get(1, "DataCollectorLog"), {"status": "Rejected"})
