from __future__ import annotations

from datetime import timedelta

from smartserver.core import clock
from stations.models import FileJob
from stations.services.files import open_upload, request_diagnostics, start_firmware_update, store_firmware
from tests.certification.station.support import BOOTED, StationCase
from tests.certification.support import OPERATOR, eventually

IMAGE = b"firmware " * 1000

State = FileJob.State


class Firmware(StationCase):
    def update(self, seconds: float = 0.0) -> FileJob:
        """To be fetched so many seconds from now."""
        file = store_firmware(name="wallbox-9.8.7.bin", chunks=[IMAGE], version="9.8.7", by=OPERATOR)
        at = clock.now() + timedelta(seconds=seconds)
        return self.order(start_firmware_update, firmware_id=file.pk, retries=0, retrieve_at=at)

    def assert_firmware(self, job: FileJob, *statuses: str, state: str) -> None:
        self.assert_calls(*(f"FirmwareStatusNotification {status}" for status in statuses))
        job.refresh_from_db()
        self.assertEqual((job.state, job.status), (state, statuses[-1]))

    def test_tc_044_1_fetched_and_installed(self) -> None:
        with self.booted():
            job = self.update()
            statuses = ("Downloading", "Downloaded", "Installing", "Installed")
            self.assert_firmware(job, *statuses, state=State.DONE)
            self.assert_story(*BOOTED)
            self.assertEqual(self.row()["firmware_version"], "9.8.7")

    def test_tc_044_2_cannot_be_fetched(self) -> None:
        with self.booted():
            job = self.update(seconds=1.0)
            self.assert_answered(self.newest("UpdateFirmware"))
            FileJob.objects.filter(pk=job.pk).update(address_expires_at=clock.now())
            self.assert_firmware(job, "Downloading", "DownloadFailed", state=State.FAILED)

    def test_tc_044_3_cannot_be_installed(self) -> None:
        with self.booted() as point:
            point.do(lambda model, now: setattr(model.firmware, "fails", True))
            job = self.update()
            statuses = ("Downloading", "Downloaded", "Installing", "InstallationFailed")
            self.assert_firmware(job, *statuses, state=State.FAILED)
            self.assertNotEqual(self.row()["firmware_version"], "9.8.7")


class Diagnostics(StationCase):
    def test_tc_045_1_delivered(self) -> None:
        with self.booted():
            job = self.order(request_diagnostics, retries=0)
            self.assert_story("DiagnosticsStatusNotification Uploading", "DiagnosticsStatusNotification Uploaded")
            eventually(lambda: FileJob.objects.get(pk=job.pk).state == State.DONE)
            job.refresh_from_db()
            reply = self.newest("GetDiagnostics").reply
            assert reply is not None
            self.assertEqual(job.file_name, reply["fileName"])
            with open_upload(job).file as file:
                self.assertIn(b"BootNotification", file.read(), "it is the station's own journal")

    def test_tc_045_2_cannot_be_delivered(self) -> None:
        with self.booted():
            self.ask("GetDiagnostics", {"location": f"{self.server.http}/files/uploads/nowhere", "retries": 0}, "")
            self.assert_story("DiagnosticsStatusNotification Uploading", "DiagnosticsStatusNotification UploadFailed")
            self.station.refresh_from_db()
            self.assertEqual(self.station.diagnostics_status, "UploadFailed")
