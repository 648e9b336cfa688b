"""Logs, customers and data of vendors at the emulator (blocks N and P)."""

from __future__ import annotations

from typing import Any

from stations.models import FileJob, Report
from stations.services.files import open_upload, request_log
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import StationCase2
from tests.certification2.support import token
from tests.waiting import eventually


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


class Data(StationCase2):
    def test_tc_p_01_refused(self) -> None:
        with self.booted():
            self.ask("DataTransfer", {"vendorId": "com.example", "data": "x"}, "UnknownVendorId")

    def test_tc_p_03_custom_data(self) -> None:
        with self.booted():
            self.ask("ClearCache", {"customData": {"vendorId": "com.example", "anything": ["goes"]}})
