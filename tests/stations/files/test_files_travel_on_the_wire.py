"""The whole way: asked over the socket, transferred over HTTP, reported over the socket."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import requests
from django.test import override_settings

from smartserver.core import change, clock
from stations.models import Certificate, FileJob, Message, Station
from stations.services import files
from stations.services.certificates import pem
from tests.stations.files.support import FIRMWARE, WholeServer, digest, firmware
from tests.stations.signing import csr_pem
from tests.stations.support import Client, SocketCase
from tests.waiting import eventually


@override_settings(OPEN=True)
class WireTests(SocketCase):
    server_class = WholeServer

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.enterContext(
            override_settings(
                FILES_DIR=self.folder,
                CA_DIR=self.folder / "authority",
                PUBLIC_URL=self.server.http,
            )
        )
        # Its configuration was read before, so nothing is asked but what these tests ask.
        self.station = Station.objects.create(identity="CP1", configured_at=clock.now(), ocpp_version="1.6")

    def start(self, function: Any, **options: Any) -> FileJob:
        job: FileJob = change.store(partial(function, station_id=self.station.pk, **options))
        return job

    def hear(self, client: Client, action: str, reply: dict[str, Any]) -> dict[str, Any]:
        """The next call of the server, which has to be this one."""
        frame = client.hear_call()
        self.assertEqual(frame[2], action)
        client.say([3, frame[1], reply])
        payload: dict[str, Any] = frame[3]
        return payload

    def ended(self, job: FileJob) -> FileJob:
        eventually(lambda: FileJob.objects.get(pk=job.pk).ended_at is not None)
        job.refresh_from_db()
        return job

    def test_an_update(self) -> None:
        with self.server.station() as client:
            client.boot()
            job = self.start(files.start_firmware_update, firmware_id=firmware().pk)
            location = self.hear(client, "UpdateFirmware", {})["location"]
            client.ask("FirmwareStatusNotification", {"status": "Downloading"})
            self.assertEqual(requests.get(location, timeout=10).content, FIRMWARE)
            for status in ("Downloaded", "Installing", "Installed"):
                client.ask("FirmwareStatusNotification", {"status": status})
            self.assertEqual(self.ended(job).state, "done")
            self.assertEqual(requests.get(location, timeout=10).status_code, 410)

    def test_diagnostics(self) -> None:
        with self.server.station() as client:
            client.boot()
            job = self.start(files.request_diagnostics)
            location = self.hear(client, "GetDiagnostics", {"fileName": "diag.zip"})["location"]
            client.ask("DiagnosticsStatusNotification", {"status": "Uploading"})
            self.assertEqual(requests.put(f"{location}/diag.zip", b"content", timeout=10).status_code, 200)
            client.ask("DiagnosticsStatusNotification", {"status": "Uploaded"})
            self.assertEqual(
                (self.ended(job).state, job.sha256, job.file_name), ("done", digest(b"content"), "diag.zip")
            )
            with files.open_upload(job).file as file:
                self.assertEqual(file.read(), b"content")
            self.assertNotIn(location.rsplit("/", 1)[1], self.everything_logged())

    def test_a_security_log(self) -> None:
        with self.server.station() as client:
            client.boot()
            job = self.start(files.request_log, log_type="SecurityLog")
            asked = self.hear(client, "GetLog", {"status": "Accepted", "filename": "security.log"})
            client.ask("LogStatusNotification", {"status": "Uploading", "requestId": asked["requestId"]})
            form = {"file": ("security.log", b"log")}
            location = asked["log"]["remoteLocation"]
            self.assertEqual(requests.post(location, files=form, timeout=10).status_code, 200)
            client.ask("LogStatusNotification", {"status": "Uploaded", "requestId": asked["requestId"]})
            self.assertEqual(self.ended(job).state, "done")
            self.assertNotIn(location.rsplit("/", 1)[1], self.everything_logged())

    def test_a_refusal(self) -> None:
        with self.server.station() as client:
            client.boot()
            job = self.start(files.request_log, log_type="DiagnosticsLog")
            location = self.hear(client, "GetLog", {"status": "Rejected"})["log"]["remoteLocation"]
            self.assertEqual((self.ended(job).state, job.reason), ("failed", "The station answered Rejected."))
            self.assertEqual(requests.put(location, b"x", timeout=10).status_code, 410)

    def test_a_certificate(self) -> None:
        with self.server.station() as client:
            client.boot()
            answer = client.ask("SignCertificate", {"csr": csr_pem("CP1")})
            self.assertEqual(answer[2], {"status": "Accepted"})
            chain = self.hear(client, "CertificateSigned", {"status": "Accepted"})["certificateChain"]
            self.assertEqual(pem.facts_of(pem.read_certificate(chain)).subject, "CN=CP1")
            eventually(lambda: Certificate.objects.filter(state="installed").exists())

    def everything_logged(self) -> str:
        return "\n".join(row.request + row.reply for row in Message.objects.all())
