"""The emulator fetches firmware and delivers diagnostics over HTTP."""

from __future__ import annotations

from smartserver.core import change
from smartserver.core.batch import Batch
from stations.models import FileJob
from stations.services.files import open_upload, request_diagnostics, start_firmware_update, store_firmware
from tests.certification.station.support import BOOTED, StationCase
from tests.certification.support import OPERATOR
from tests.waiting import eventually

IMAGE = b"firmware " * 1000

State = FileJob.State


class Firmware(StationCase):
    def update(self, *, fetchable: bool = True) -> FileJob:
        file = store_firmware(name="wallbox-9.8.7.bin", chunks=[IMAGE], version="9.8.7", by=OPERATOR)

        def unit(batch: Batch) -> FileJob:
            job = start_firmware_update(batch, station_id=self.station.pk, firmware_id=file.pk, retries=0, by=OPERATOR)
            if not fetchable:
                FileJob.objects.filter(pk=job.pk).update(address_expires_at=batch.now)
            return job

        return change.store(unit)

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
            job = self.update(fetchable=False)
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
