"""Firmware, what local controllers publish, and logs of 2.x stations (blocks L and N)."""

from __future__ import annotations

import hashlib

import requests
from django.core.files.uploadedfile import SimpleUploadedFile

from stations.models import FileJob
from stations.ocpp.frames import Payload
from stations.services.certificates import authority
from tests.actions.registry import received, sent, speaking
from tests.actions.support import ACCEPTED, ActionCase
from tests.stations.files.support import digest

IMAGE = bytes(range(256)) * 100
MD5 = hashlib.md5(IMAGE, usedforsecurity=False).hexdigest()
LOG = b"2026-06-21 boot\n" * 10_000
JOBS = "`/api/v1/jobs`, the station's page"


class FileCase(ActionCase):
    def firmware(self, **more: str) -> int:
        answer = self.client.post("/api/v1/firmware/upload", {"file": SimpleUploadedFile("fw-2.0.bin", IMAGE), **more})
        self.assertEqual(answer.status_code, 201, answer.content)
        number: int = answer.json()["id"]
        return number

    def begin(self, path: str, body: Payload, action: str, reply: Payload = ACCEPTED) -> tuple[Payload, int]:
        """Begin a job; what the station hears, and the job's number, which is the requestId."""
        job = self.do(f"stations/CP1/{path}", body)
        frame = self.hear(action)
        self.say(frame, reply)
        self.settled(job["command"])
        heard: Payload = frame[3]
        self.assertEqual(heard["requestId"], job["id"])
        return heard, job["id"]

    def report(self, action: str, number: int, *statuses: str, **more: object) -> None:
        for status in statuses:
            self.assertEqual(self.tell(action, {"status": status, "requestId": number} | more), {})

    def check(self, number: int, state: str, status: str, history: list[str] | None = None) -> Payload:
        """The job as the operator sees it is the one that is stored."""
        seen: Payload = self.see(f"jobs/{number}")
        self.assertEqual((seen["state"], seen["status"]), (state, status))
        row = FileJob.objects.get(pk=number)
        self.assertEqual((row.state, row.status), (state, status))
        if history is not None:
            self.assertEqual([each["status"] for each in seen["history"]], history)
        return seen


@speaking("2.0.1", "2.1")
class Firmware(FileCase):
    def update(self, reply: Payload = ACCEPTED, **order: object) -> tuple[Payload, int]:
        signature = {"signature": "c2lnbmF0dXJl", "signing_certificate": authority.root_pem()}
        body = {"firmware": self.firmware(**signature)} | order
        return self.begin("firmware-update", body, "UpdateFirmware", reply)

    def fetch(self, heard: Payload) -> None:
        self.assertEqual(requests.get(heard["firmware"]["location"], timeout=10).content, IMAGE)

    @sent("UpdateFirmware", stored="`FileJob`, `FirmwareFile`", seen=f"{JOBS}; `/api/v1/firmware`")
    def test_update_firmware(self) -> None:
        heard, number = self.update(signed=True, install_at="2030-01-01T00:00:00Z")
        self.assertEqual(heard["firmware"]["signature"], "c2lnbmF0dXJl")
        self.assertEqual(heard["firmware"]["signingCertificate"], authority.root_pem().strip())
        self.assertEqual(heard["firmware"]["installDateTime"], "2030-01-01T00:00:00.000Z")
        self.fetch(heard)
        self.check(number, "running", "")
        # The next one takes its place: L01.FR.24.
        heard, newer = self.update({"status": "AcceptedCanceled"})
        self.assertNotIn("signature", heard["firmware"])
        self.assertEqual(self.check(number, "cancelled", "")["reason"], f"Displaced by job {newer}.")
        self.check(newer, "running", "")

    def test_update_that_is_refused(self) -> None:
        for word in ("Rejected", "InvalidCertificate", "RevokedCertificate"):
            heard, number = self.update({"status": word}, signed=True)
            self.assertEqual(self.check(number, "failed", "")["reason"], f"The station answered {word}.")
            gone = requests.get(heard["firmware"]["location"], timeout=10)
            self.assertEqual(gone.status_code, 410, "its address is closed")

    @received("FirmwareStatusNotification", stored="`Station.firmware_status`, `FileJob`", seen=JOBS)
    def test_firmware_status_notification(self) -> None:
        heard, number = self.update(signed=True)
        steps = ["DownloadScheduled", "Downloading", "DownloadPaused", "Downloading"]
        self.report("FirmwareStatusNotification", number, *steps)
        self.fetch(heard)
        steps += ["Downloaded", "SignatureVerified", "InstallScheduled", "Installing", "InstallRebooting"]
        self.report("FirmwareStatusNotification", number, *steps[4:])
        self.check(number, "running", "InstallRebooting")
        self.assertEqual(self.see("stations/CP1")["firmware_status"], "InstallRebooting")
        self.report("FirmwareStatusNotification", number, "Installed")
        seen = self.check(number, "done", "Installed")
        told = [each["status"] for each in seen["history"] if not each["status"].startswith("File ")]
        self.assertEqual(told, ["Accepted", *steps, "Installed"])
        for status in ("InvalidSignature", "DownloadFailed", "InstallVerificationFailed", "InstallationFailed"):
            _, number = self.update()
            self.report("FirmwareStatusNotification", number, status)
            self.assertEqual(self.check(number, "failed", status)["reason"], f"The station reports {status}.")
        # Nothing of an unknown update, and Idle says nothing of the last one.
        self.report("FirmwareStatusNotification", 4711, "Installed")
        self.tell("FirmwareStatusNotification", {"status": "Idle"})
        self.check(number, "failed", status)

    @sent("PublishFirmware", stored="`FileJob`, `FirmwareFile`", seen=JOBS)
    def test_publish_firmware(self) -> None:
        heard, number = self.begin("firmware-publication", {"firmware": self.firmware()}, "PublishFirmware")
        self.assertEqual(heard["checksum"], MD5)
        self.assertEqual(requests.get(heard["location"], timeout=10).content, IMAGE)
        self.assertEqual(self.check(number, "running", "")["checksum"], MD5)
        token = heard["location"].split("/")[5]
        self.assertNotIn(token, str(self.see("messages", action="PublishFirmware")))
        body = {"firmware": self.firmware(), "retries": 2, "retry_interval": 60}
        heard, number = self.begin("firmware-publication", body, "PublishFirmware", {"status": "Rejected"})
        self.assertEqual((heard["retries"], heard["retryInterval"]), (2, 60))
        self.assertEqual(self.check(number, "failed", "")["reason"], "The station answered Rejected.")

    def publish(self) -> int:
        _, number = self.begin("firmware-publication", {"firmware": self.firmware()}, "PublishFirmware")
        self.report("PublishFirmwareStatusNotification", number, "Downloading", "Downloaded", "ChecksumVerified")
        self.check(number, "running", "ChecksumVerified")
        places = ["https://controller/fw.bin", "ftp://controller/fw.bin"]
        self.report("PublishFirmwareStatusNotification", number, "Published", location=places)
        self.assertEqual(self.check(number, "done", "Published")["locations"], places)
        return number

    @received("PublishFirmwareStatusNotification", stored="`FileJob`", seen=JOBS)
    def test_publish_firmware_status_notification(self) -> None:
        self.publish()
        for status in ("InvalidChecksum", "DownloadFailed", "PublishFailed"):
            _, number = self.begin("firmware-publication", {"firmware": self.firmware()}, "PublishFirmware")
            self.report("PublishFirmwareStatusNotification", number, "Downloading", status)
            self.assertEqual(self.check(number, "failed", status)["reason"], f"The station reports {status}.")
        self.tell("PublishFirmwareStatusNotification", {"status": "Idle"})
        self.check(number, "failed", status)

    @sent("UnpublishFirmware", stored="`FileJob.unpublished_at`", seen=JOBS)
    def test_unpublish_firmware(self) -> None:
        number = self.publish()
        for word, over in (("DownloadOngoing", False), ("Unpublished", True), ("NoFirmware", True)):
            seen = self.ask("UnpublishFirmware", {"checksum": MD5}, {"status": word})
            self.assertEqual(seen["result"], word)
            self.assertEqual(self.see(f"jobs/{number}")["unpublished_at"] is not None, over)
        history = [each["status"] for each in self.see(f"jobs/{number}")["history"]]
        self.assertEqual(history[-2:], ["UnpublishFirmware: DownloadOngoing", "UnpublishFirmware: Unpublished"])


@speaking("2.0.1", "2.1")
class Logs(FileCase):
    def deliver(self, heard: Payload, number: int, name: str) -> None:
        self.report("LogStatusNotification", number, "Uploading")
        self.assertEqual(requests.put(heard["log"]["remoteLocation"], LOG, timeout=10).status_code, 200)
        self.report("LogStatusNotification", number, "Uploaded")
        seen = self.check(number, "done", "Uploaded")
        self.assertEqual((seen["file_name"], seen["size"], seen["sha256"]), (name, len(LOG), digest(LOG)))
        answer = self.client.get(f"/api/v1/jobs/{number}/file")
        self.assertEqual(b"".join(answer.streaming_content), LOG)  # type: ignore[attr-defined]

    @sent("GetLog", stored="`FileJob`, the file", seen=f"{JOBS}; `/api/v1/jobs/{{id}}/file`")
    def test_get_log(self) -> None:
        order = {"log_type": "SecurityLog", "oldest": "2026-06-21T12:00:00Z"}
        heard, number = self.begin("log", order, "GetLog", {"status": "Accepted", "filename": "security.log"})
        self.assertEqual(
            (heard["logType"], heard["log"]["oldestTimestamp"]), ("SecurityLog", "2026-06-21T12:00:00.000Z")
        )
        self.deliver(heard, number, "security.log")
        # What 1.6 has a call of its own for is a log here.
        heard, number = self.begin("diagnostics", {}, "GetLog", {"status": "Accepted", "filename": "all.log"})
        self.assertEqual((heard["logType"], self.see(f"jobs/{number}")["kind"]), ("DiagnosticsLog", "log"))
        self.deliver(heard, number, "all.log")
        _, number = self.begin("log", {"log_type": "SecurityLog"}, "GetLog", {"status": "Rejected"})
        self.assertEqual(self.check(number, "failed", "")["reason"], "The station answered Rejected.")

    def test_log_of_the_data_collector(self) -> None:
        order = {"log_type": "DataCollectorLog"}
        if self.version == "2.1":
            heard, number = self.begin("log", order, "GetLog", {"status": "Accepted", "filename": "data.csv"})
            self.assertEqual(heard["logType"], "DataCollectorLog")
            self.deliver(heard, number, "data.csv")
            return
        with self.assertLogs("django.request", "WARNING"):
            answer = self.client.post("/api/v1/stations/CP1/log", order, content_type="application/json")
        self.assertEqual((answer.status_code, answer.json()["code"]), (400, "invalid_payload"))
        self.assertFalse(FileJob.objects.exists())

    @received("LogStatusNotification", stored="`Station.diagnostics_status`, `FileJob`", seen=JOBS)
    def test_log_status_notification(self) -> None:
        for status in ("UploadFailure", "BadMessage", "PermissionDenied", "NotSupportedOperation"):
            _, number = self.begin("log", {"log_type": "DiagnosticsLog"}, "GetLog")
            self.report("LogStatusNotification", number, "Uploading", status)
            self.check(number, "failed", status)
            self.assertEqual(self.see("stations/CP1")["diagnostics_status"], status)
        # Another one is asked for while it uploads: N01.FR.12 and N01.FR.20.
        _, first = self.begin("log", {"log_type": "DiagnosticsLog"}, "GetLog")
        self.report("LogStatusNotification", first, "Uploading")
        heard, second = self.begin("log", {"log_type": "SecurityLog"}, "GetLog", {"status": "AcceptedCanceled"})
        self.assertEqual(self.check(first, "cancelled", "Uploading")["reason"], f"Displaced by job {second}.")
        self.report("LogStatusNotification", first, "AcceptedCanceled")
        self.check(first, "cancelled", "Uploading", ["Accepted", "Uploading", "AcceptedCanceled"])
        self.deliver(heard, second, "")
