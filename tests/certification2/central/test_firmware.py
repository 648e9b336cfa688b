"""Firmware of stations, updated and published, as the server sees it (block L)."""

from __future__ import annotations

import hashlib
from typing import Any

import requests

from smartserver.core import clock
from stations.emulator.keys import StationKeys
from stations.models import FileJob
from stations.ocpp.frames import Payload
from stations.services.files import publish_firmware, start_firmware_update, store_firmware
from tests.certification.certificates import Issued
from tests.certification.support import OPERATOR
from tests.certification2.central.support import ACCEPTED, REJECTED, CentralCase2, ScriptedStation2

IMAGE = b"firmware " * 1000
MD5 = hashlib.md5(IMAGE).hexdigest()


class Firmware(CentralCase2):
    def begin(self, client: ScriptedStation2, reply: Payload = ACCEPTED, **more: object) -> tuple[FileJob, Payload]:
        """A signed update, and what the station hears of it."""
        signer = Issued("Firmware signer", Issued("Manufacturer"))
        file = store_firmware(
            name="wallbox-2.0.bin",
            chunks=[IMAGE],
            version="2.0",
            signature=signer.sign(IMAGE),
            signing_certificate=signer.pem,
            by=OPERATOR,
        )
        job = self.order(start_firmware_update, firmware_id=file.pk, signed=True, retries=0, **more)
        heard: Payload = client.expect("UpdateFirmware")
        client.reply(reply)
        self.assert_answered(self.newest("UpdateFirmware"), reply["status"])
        return job, heard["firmware"]

    def report(self, client: ScriptedStation2, job: FileJob, *statuses: str) -> None:
        for status in statuses:
            self.assertEqual(client.call("FirmwareStatusNotification", status=status, requestId=job.pk), {})
        job.refresh_from_db()

    def told(self, state: str, *statuses: str, **more: Any) -> None:
        """What becomes of the job, by what the station tells."""
        with self.booted() as client:
            job, firmware = self.begin(client, **more)
            self.assertEqual(requests.get(firmware["location"], timeout=10).content, IMAGE)
            self.assertTrue(StationKeys().verifies(firmware["signingCertificate"], firmware["signature"], IMAGE))
            self.report(client, job, *statuses)
            self.assertEqual((job.state, job.status), (state, statuses[-1]))

    FETCHED = ("Downloading", "Downloaded")
    CHECKED = (*FETCHED, "SignatureVerified")

    def test_tc_l_01_installed(self) -> None:
        self.told(FileJob.State.DONE, *self.CHECKED, "Installing", "InstallRebooting", "Installed")

    def test_tc_l_02_installed_later(self) -> None:
        later = ("InstallScheduled", "Installing", "Installed")
        self.told(FileJob.State.DONE, *self.CHECKED, *later, install_at=clock.now())

    def test_tc_l_03_fetched_later(self) -> None:
        later = ("DownloadScheduled", *self.CHECKED, "Installing", "Installed")
        self.told(FileJob.State.DONE, *later, retrieve_at=clock.now())

    def refused(self, answer: str) -> None:
        with self.booted() as client:
            job, _ = self.begin(client, {"status": answer})
            job.refresh_from_db()
            self.assertEqual((job.state, job.reason), (FileJob.State.FAILED, f"The station answered {answer}."))

    def test_tc_l_04_revoked_certificate(self) -> None:
        self.refused("RevokedCertificate")

    def test_tc_l_05_invalid_certificate(self) -> None:
        self.refused("InvalidCertificate")

    def test_tc_l_06_wrong_signature(self) -> None:
        self.told(FileJob.State.FAILED, *self.FETCHED, "InvalidSignature")

    def test_tc_l_07_not_fetched(self) -> None:
        self.told(FileJob.State.FAILED, "Downloading", "DownloadFailed")

    def test_tc_l_08_not_verified(self) -> None:
        self.told(FileJob.State.FAILED, *self.CHECKED, "Installing", "InstallVerificationFailed")

    def test_tc_l_09_not_installed(self) -> None:
        self.told(FileJob.State.FAILED, *self.CHECKED, "Installing", "InstallationFailed")

    def test_tc_l_10_another_takes_its_place(self) -> None:
        with self.booted() as client:
            first, _ = self.begin(client)
            self.report(client, first, "Downloading")
            self.begin(client, {"status": "AcceptedCanceled"})
            first.refresh_from_db()
            self.assertEqual(first.state, FileJob.State.CANCELLED)

    def test_tc_l_11_not_given_up_any_more(self) -> None:
        with self.booted() as client:
            first, _ = self.begin(client)
            self.report(client, first, "Downloading")
            second, _ = self.begin(client, REJECTED)
            for job, state in ((first, FileJob.State.RUNNING), (second, FileJob.State.FAILED)):
                job.refresh_from_db()
                self.assertEqual(job.state, state)

    def test_tc_l_13_waits_and_no_other_begins(self) -> None:
        with self.charging() as (client, _):
            job, _ = self.begin(client)
            client.tell(2, "Unavailable")
            self.report(client, job, "DownloadScheduled")
            self.assertEqual((job.state, job.status), (FileJob.State.RUNNING, "DownloadScheduled"))
            self.assertEqual((self.status(1), self.status(2)), ("Occupied", "Unavailable"))
            client.end("EVCommunicationLost", "EVDisconnected")
            client.tell(1, "Unavailable")
            self.report(client, job, *self.CHECKED, "Installing", "InstallRebooting")
            self.boot(client, "FirmwareUpdate")
            self.report(client, job, "Installed")
            self.assertEqual((job.state, self.status(2)), (FileJob.State.DONE, "Available"))
            self.assert_over("EVDisconnected")

    def published(self, state: str, *statuses: str) -> None:
        file = store_firmware(name="wallbox-2.0.bin", chunks=[IMAGE], version="2.0", by=OPERATOR)
        with self.booted() as client:
            job = self.order(publish_firmware, firmware_id=file.pk, checksum=MD5)
            heard = client.expect("PublishFirmware")
            self.assertEqual((heard["checksum"], heard["requestId"]), (MD5, job.pk))
            client.reply(ACCEPTED)
            self.assert_answered(self.newest("PublishFirmware"), "Accepted")
            for status in statuses:
                place = {"location": ["https://controller/fw.bin"]} if status == "Published" else {}
                client.call("PublishFirmwareStatusNotification", status=status, requestId=job.pk, **place)
            job.refresh_from_db()
            self.assertEqual((job.state, job.status), (state, statuses[-1]))

    def test_tc_l_17_published(self) -> None:
        self.published(FileJob.State.DONE, *self.FETCHED, "ChecksumVerified", "Published")

    def test_tc_l_19_wrong_checksum(self) -> None:
        self.published(FileJob.State.FAILED, *self.FETCHED, "InvalidChecksum")

    def test_tc_l_20_not_published(self) -> None:
        self.published(FileJob.State.FAILED, *self.FETCHED, "ChecksumVerified", "PublishFailed")

    def test_tc_l_24_not_fetched_for_publication(self) -> None:
        self.published(FileJob.State.FAILED, "Downloading", "DownloadFailed")

    def test_tc_l_21_withdrawn(self) -> None:
        self.asked("UnpublishFirmware", {"checksum": MD5}, "Unpublished")

    def test_tc_l_22_withdrawn_where_there_is_none(self) -> None:
        self.asked("UnpublishFirmware", {"checksum": MD5}, "NoFirmware")

    def test_tc_l_23_withdrawn_while_fetched(self) -> None:
        self.asked("UnpublishFirmware", {"checksum": MD5}, "DownloadOngoing")
