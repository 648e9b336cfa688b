"""Logs, customers and data of vendors at the emulator (blocks N and P)."""

from __future__ import annotations

import tempfile
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import override_settings

from smartserver.core import change
from stations.emulator.cars import ElectricCar
from stations.models import FileJob, IdToken, Report
from stations.services import certificates
from stations.services.files import open_upload, request_log
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD
from tests.certification2.station.support import StationCase2
from tests.certification2.support import token
from tests.waiting import eventually

EMAID = "DE8AA1A2B3C4D5"


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
    def information(self, number: int = 5, *, report: bool = True, clear: bool = False, **who: Any) -> str:
        """What the station tells."""
        request = {"requestId": number, "report": report, "clear": clear} | (who or {"idToken": token()})
        self.ask("CustomerInformation", request)
        if not report:
            return ""
        eventually(lambda: Report.objects.filter(request=number, state="complete").exists())
        return Report.objects.get(request=number).text

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

    def test_tc_n_29_not_told(self) -> None:
        """Neither told nor forgotten: there is nothing to do (N09)."""
        with self.booted() as point:
            self.known(point)
            request = {"requestId": 5, "report": False, "clear": False, "idToken": token()}
            self.ask("CustomerInformation", request, "Rejected")
            self.assertEqual((self.requests("NotifyCustomerInformation"), self.forgotten(point)), ([], False))

    def test_tc_n_63_by_certificate(self) -> None:
        car = self.car()
        with self.booted() as point:
            point.do(lambda model, now: model.security.contracts.request(car, "Install", now))
            eventually(lambda: car.emaid == EMAID)
            point.plug_in()
            point.do(lambda model, now: model.security.contracts.present(car, 1, now))
            eventually(lambda: point.charging)
            self.assertEqual(
                self.requests("TransactionEvent")[-1].get("idToken", token(EMAID, "eMAID"))["type"], "eMAID"
            )
            point.unplug()
            eventually(lambda: not len(point.model.outbox))
            keys = point.model.security.keys
            assert keys is not None
            certificate = keys.hashes(car.contract, "SHA384")[0].hash.data("SHA384")
            told = self.information(clear=True, customerCertificate=certificate)
            self.assertIn(f"eMAID:{EMAID} Accepted", told)
            self.assertIn("Contract certificate", told)
            self.assertEqual(point.do(lambda model, now: model.access.about(f"eMAID:{EMAID}")), [])
            self.assertIn("Nothing is known", self.information(6, customerCertificate=certificate))

    def car(self) -> ElectricCar:
        """One for which there is a contract, as soon as it asks."""
        self.enterContext(override_settings(V2G_DIR=Path(self.enterContext(tempfile.TemporaryDirectory()))))
        IdToken.objects.create(value=EMAID, type="eMAID")
        change.store(partial(certificates.register_contract, emaid=EMAID, vehicle="WP0EXAMPLE0000001"))
        out = StringIO()
        call_command("v2g", "vehicle", "WP0EXAMPLE0000001", stdout=out)
        return ElectricCar(out.getvalue())


class Data(StationCase2):
    def test_tc_p_01_refused(self) -> None:
        with self.booted():
            self.ask("DataTransfer", {"vendorId": "com.example", "data": "x"}, "UnknownVendorId")

    def test_tc_p_03_custom_data(self) -> None:
        with self.booted():
            self.ask("ClearCache", {"customData": {"vendorId": "com.example", "anything": ["goes"]}})

    def test_tc_p_04_custom_data_of_a_profile(self) -> None:
        """It is taken, kept, and reported as it came; the limits hold all the same."""
        custom = {"vendorId": "com.example", "anything": ["goes", {"and": "deeply"}]}
        period = {"startPeriod": 0, "limit": 3000.0, "customData": custom}
        schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period], "customData": custom}
        profile = {
            "id": 4,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": [schedule],
            "customData": custom,
        }
        with self.booted() as point:
            self.ask("SetChargingProfile", {"evseId": 1, "chargingProfile": profile, "customData": custom})
            self.ask("GetChargingProfiles", {"requestId": 6, "chargingProfile": {}})
            eventually(lambda: Report.objects.filter(request=6, state="complete").exists())
            self.assert_story("ReportChargingProfiles")
            self.assertEqual(self.requests("ReportChargingProfiles")[-1]["chargingProfile"], [profile])
            self.charge(point)
            self.assertLessEqual(point.at(lambda outlet, now: outlet.reading(now).power_w), 3000.0)
