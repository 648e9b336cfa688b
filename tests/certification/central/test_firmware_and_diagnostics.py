"""Firmware updates and diagnostics, with files over HTTP."""

from __future__ import annotations

import requests

from stations.models import FileJob
from stations.services.files import open_upload, request_diagnostics, start_firmware_update, store_firmware
from tests.certification.central.support import CentralCase, ScriptedStation
from tests.certification.support import OPERATOR

IMAGE = b"firmware " * 1000
LOG = b"12:00 all is well\n"

State = FileJob.State


class Firmware(CentralCase):
    def update(self, client: ScriptedStation) -> tuple[FileJob, str]:
        """The job, and the address that the station is told."""
        file = store_firmware(name="wallbox-2.0.bin", chunks=[IMAGE], version="2.0", by=OPERATOR)
        job = self.order(start_firmware_update, firmware_id=file.pk, retries=0)
        request = client.expect("UpdateFirmware")
        self.assertEqual(request["retries"], 0)
        client.reply({})
        self.assert_answered(self.newest("UpdateFirmware"))
        return job, request["location"]

    def tell(self, client: ScriptedStation, *statuses: str) -> None:
        for status in statuses:
            self.assertEqual(client.call("FirmwareStatusNotification", status=status), {})

    def assert_job(self, job: FileJob, state: str, status: str) -> None:
        job.refresh_from_db()
        self.assertEqual((job.state, job.status), (state, status), job.history)
        self.station.refresh_from_db()
        self.assertEqual(self.station.firmware_status, status)

    def test_tc_044_1_fetched_and_installed(self) -> None:
        with self.booted() as client:
            job, location = self.update(client)
            self.tell(client, "Downloading")
            self.assertEqual(requests.get(location, timeout=10).content, IMAGE)
            self.tell(client, "Downloaded")
            client.tell(1, "Unavailable")
            self.tell(client, "Installing")
            self.assert_job(job, State.RUNNING, "Installing")
        with self.booted() as client:
            self.tell(client, "Installed")
            self.assert_job(job, State.DONE, "Installed")
            self.assertEqual(requests.get(location, timeout=10).status_code, 410, "the address is closed")

    def test_tc_044_2_cannot_be_fetched(self) -> None:
        with self.booted() as client:
            job, _ = self.update(client)
            self.tell(client, "Downloading", "DownloadFailed")
            self.assert_job(job, State.FAILED, "DownloadFailed")

    def test_tc_044_3_cannot_be_installed(self) -> None:
        with self.booted() as client:
            job, location = self.update(client)
            self.tell(client, "Downloading")
            requests.get(location, timeout=10).raise_for_status()
            self.tell(client, "Downloaded", "Installing", "InstallationFailed")
            self.assert_job(job, State.FAILED, "InstallationFailed")


class Diagnostics(CentralCase):
    def request(self, client: ScriptedStation) -> tuple[FileJob, str]:
        job = self.order(request_diagnostics, retries=0)
        location = client.expect("GetDiagnostics")["location"]
        client.reply({"fileName": "diagnostics.txt"})
        self.assert_answered(self.newest("GetDiagnostics"))
        self.assertEqual(client.call("DiagnosticsStatusNotification", status="Uploading"), {})
        return job, location

    def test_tc_045_1_delivered(self) -> None:
        with self.booted() as client:
            job, location = self.request(client)
            requests.put(location, data=LOG, timeout=10).raise_for_status()
            self.assertEqual(client.call("DiagnosticsStatusNotification", status="Uploaded"), {})
            job.refresh_from_db()
            self.assertEqual((job.state, job.file_name), (State.DONE, "diagnostics.txt"))
            with open_upload(job).file as file:
                self.assertEqual(file.read(), LOG)

    def test_tc_045_2_cannot_be_delivered(self) -> None:
        with self.booted() as client:
            job, _ = self.request(client)
            self.assertEqual(client.call("DiagnosticsStatusNotification", status="UploadFailed"), {})
            job.refresh_from_db()
            self.assertEqual((job.state, job.status), (State.FAILED, "UploadFailed"))
