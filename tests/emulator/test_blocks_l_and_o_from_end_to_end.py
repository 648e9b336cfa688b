"""Emulated 2.x stations at the real server: files travel over HTTP, and the server knows what displays show."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import override_settings

from smartserver.core import change, clock
from stations.emulator.keys import StationKeys
from stations.emulator.transfers import Trust, fetch
from stations.models import DisplayMessage, FileJob, Station
from stations.services import displays, files
from stations.services.commands import Requester
from tests.emulator.certificates import Authority
from tests.field.support import Emulated, FieldCase
from tests.stations.files.support import WholeServer, digest
from tests.waiting import eventually

IMAGE = bytes(range(256)) * 2000


class EndToEnd(FieldCase):
    server_class = WholeServer
    version: ClassVar[str] = "2.0.1"

    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(override_settings(PUBLIC_URL=self.server.http, FILES_DIR=Path(folder)))
        self.row = Station.objects.create(identity="CP1", configured_at=clock.now(), ocpp_version=self.version)
        self.emulator = self.enterContext(self.emulated(version=self.version, speed=20.0))
        self.emulator.wait_ready()

    def begin(self, function: Any, **options: Any) -> FileJob:
        job: FileJob = change.store(partial(function, station_id=self.row.pk, **options))
        return job

    def ended(self, job: FileJob, state: str) -> list[str]:
        """What is on record of a job that has ended."""
        eventually(lambda: FileJob.objects.get(pk=job.pk).ended_at is not None)
        job.refresh_from_db()
        self.assertEqual(job.state, state, job.history)
        return [text for _, text in job.history]

    def firmware(self, **signature: str) -> int:
        return files.store_firmware(
            name="image-9.8.7.bin", chunks=[IMAGE], version="9.8.7", by=Requester("test"), **signature
        ).pk

    def asked(self, action: str, payload: dict[str, Any]) -> str:
        """The station's status."""
        return self.settled(self.command(action, payload)).result


class Files(EndToEnd):
    def signature(self, content: bytes) -> dict[str, str]:
        """By a maker whom the station has no reason to mistrust."""
        self.emulator.act(lambda model, now: setattr(model.security, "keys", StationKeys()))
        key, certificate = Authority("Maker", since=clock.now()).issue("Signer")
        signed = base64.b64encode(key.sign(content, ec.ECDSA(hashes.SHA256()))).decode()
        return {"signature": signed, "signing_certificate": certificate}

    def test_firmware_is_updated(self) -> None:
        job = self.begin(files.start_firmware_update, firmware_id=self.firmware(**self.signature(IMAGE)), signed=True)
        history = self.ended(job, "done")
        for status in ("File sent", "SignatureVerified", "InstallRebooting", "Booted with 9.8.7"):
            self.assertIn(status, history)
        eventually(lambda: Station.objects.get().firmware_version == "9.8.7")

    def test_firmware_of_another_signature_is_not_installed(self) -> None:
        job = self.begin(
            files.start_firmware_update, firmware_id=self.firmware(**self.signature(b"another")), signed=True
        )
        self.assertEqual(self.ended(job, "failed")[-1], "InvalidSignature")

    def test_a_log_is_delivered(self) -> None:
        job = self.begin(files.request_log, log_type="DiagnosticsLog")
        self.assertIn("File received", self.ended(job, "done"))
        with files.open_upload(job).file as file:
            content = file.read()
        self.assertIn(b"BootNotification answered", content)
        self.assertEqual(digest(content), job.sha256)

    def test_firmware_is_published_fetched_and_withdrawn(self) -> None:
        checksum = hashlib.md5(IMAGE, usedforsecurity=False).hexdigest()
        self.assertEqual(self.asked("UnpublishFirmware", {"checksum": checksum}), "NoFirmware")
        job = self.begin(files.publish_firmware, firmware_id=self.firmware(), checksum=checksum)
        self.assertEqual(self.ended(job, "done")[-2:], ["ChecksumVerified", "Published"])
        (place,) = job.locations
        self.assertEqual(fetch(place, Trust()), IMAGE)
        # Another station is updated from there.
        Station.objects.create(identity="CP2", configured_at=clock.now(), ocpp_version=self.version)
        with Emulated(self.server.ws, "CP2", version=self.version, speed=20.0) as other:
            other.wait_ready()
            update = {"requestId": 1, "firmware": {"location": place, "retrieveDateTime": "2020-01-01T00:00:00Z"}}
            self.assertEqual(self.settled(self.command("UpdateFirmware", update, "CP2")).result, "Accepted")
            eventually(lambda: Station.objects.get(identity="CP2").firmware_version == "9.8.7")
        self.assertEqual(self.asked("UnpublishFirmware", {"checksum": checksum}), "Unpublished")
        job.refresh_from_db()
        self.assertIsNotNone(job.unpublished_at)
        self.assertIsNone(fetch(place, Trust()))


class Displays(EndToEnd):
    version = "2.1"

    def held(self) -> list[int]:
        return list(displays.held_by(self.row.pk, clock.now()).values_list("number", flat=True))

    def set(self, number: int, **more: Any) -> str:
        content = {"format": "UTF8", "language": "en", "content": "Out of order"}
        return self.asked(
            "SetDisplayMessage", {"message": {"id": number, "priority": "NormalCycle", "message": content} | more}
        )

    def test_the_server_knows_what_the_station_has(self) -> None:
        german = [{"format": "UTF8", "language": "de", "content": "Außer Betrieb"}]
        for number in range(1, 7):
            self.assertEqual(self.set(number, messageExtra=german), "Accepted")
        self.assertEqual(self.set(7, state="Discharging"), "NotSupportedState")
        self.assertEqual(self.set(7, transactionId="unknown"), "UnknownTransaction")
        self.assertEqual(self.asked("ClearDisplayMessage", {"id": 2}), "Accepted")
        self.assertEqual(self.held(), [1, 3, 4, 5, 6])
        # Somebody clears one and writes another at the station itself.
        DisplayMessage.objects.filter(number=3).delete()
        self.emulator.act(lambda model, now: model.display.clear(4, now))
        self.assertEqual(self.asked("GetDisplayMessages", {"requestId": 9}), "Accepted")
        eventually(lambda: self.held() == [1, 3, 5, 6])
        self.assertEqual(DisplayMessage.objects.get(number=3).contents[1]["content"], "Außer Betrieb")

    def test_a_message_goes_with_its_transaction(self) -> None:
        session = self.session(self.emulator)
        self.assertEqual(self.set(1, transactionId=session.reference), "Accepted")
        self.assertEqual(self.held(), [1])
        self.emulator.unplug()
        eventually(lambda: self.held() == [])
        self.assertEqual(self.asked("GetDisplayMessages", {"requestId": 9}), "Unknown")
        self.assertFalse(DisplayMessage.objects.exists())
