"""Jobs with files: asked for, sent, answered and reported as a station does it, without a socket."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.test import TestCase, override_settings

from smartserver.core import clock
from stations import settlement
from stations.models import FileJob, FirmwareFile
from stations.models import State as StationState
from stations.ocpp.frames import Payload
from stations.services import files
from stations.services.commands import Requester
from stations.settlement import Outgoing
from stations.storage import Kept
from tests.stations.factories import StationFactory
from tests.stations.support import NOON, call
from tests.units import run

State = FileJob.State
OLGA = Requester("olga")
LATER = timedelta(minutes=5)
CHECKSUM = "0123456789abcdef0123456789abcdef"
FILE = Kept("uploads/a-file", 5, "sum")


@override_settings(PUBLIC_URL="https://charging.example.org")
class JobCase(TestCase):
    version = "1.6"

    def setUp(self) -> None:
        self.now = NOON
        self.locations: dict[int, str] = {}
        self.station = StationFactory.create(connection=7, state=StationState.ONLINE, ocpp_version=self.version)
        self.firmware = FirmwareFile.objects.create(
            name="image v2.bin",
            version="2.0",
            path="firmware/x",
            size=4,
            sha256="x",
            signature="c2ln",
            signing_certificate="PEM",
            created_at=NOON,
        )

    def do(self, unit: Any) -> Any:
        with clock.frozen(self.now):
            return run(unit)[0]

    def wait(self, time: timedelta = LATER) -> datetime:
        self.now += time
        return self.now

    def update(self, **options: Any) -> FileJob:
        wanted: dict[str, Any] = {"station_id": self.station.pk, "firmware_id": self.firmware.pk, "by": OLGA} | options
        return self.remember(self.do(lambda batch: files.start_firmware_update(batch, **wanted)))

    def diagnostics(self, **options: Any) -> FileJob:
        wanted: dict[str, Any] = {"station_id": self.station.pk, "by": OLGA} | options
        return self.remember(self.do(lambda batch: files.request_diagnostics(batch, **wanted)))

    def log(self, log_type: str = "SecurityLog", **options: Any) -> FileJob:
        wanted: dict[str, Any] = {"station_id": self.station.pk, "log_type": log_type, "by": OLGA} | options
        return self.remember(self.do(lambda batch: files.request_log(batch, **wanted)))

    def publication(self, **options: Any) -> FileJob:
        wanted: dict[str, Any] = {
            "station_id": self.station.pk,
            "firmware_id": self.firmware.pk,
            "checksum": CHECKSUM,
            "by": OLGA,
        }
        return self.remember(self.do(lambda batch: files.publish_firmware(batch, **wanted | options)))

    def send(self) -> Outgoing:
        """The next command leaves."""
        sent = self.do(
            lambda batch: settlement.take_next(batch, station_id=self.station.pk, generation=7, version=self.version)
        )
        assert isinstance(sent, Outgoing)
        return sent

    def answer(self, reply: Payload | None = None) -> None:
        sent = self.send()
        self.do(lambda batch: settlement.take_answer(batch, sent=sent, reply=reply or {}))

    def report(self, action: str, status: str, **fields: Any) -> None:
        answer = self.do(call(self.station, action, {"status": status} | fields, version=self.version, at=self.now))
        self.assertEqual(answer, {})

    def arrive(self, job: FileJob, kept: Kept = FILE, name: str = "") -> bool:
        token = urlsplit(self.location(job)).path.split("/")[3]
        taken: bool = self.do(lambda batch: files.receive_file(batch, token=token, kept=kept, name=name))
        return taken

    def remember(self, job: FileJob) -> FileJob:
        """The address that the station is told; after its end the command holds it no more."""
        assert job.command is not None
        payload = job.command.payload
        log, image = payload.get("log"), payload.get("firmware")
        self.locations[job.pk] = log["remoteLocation"] if log else (image or payload)["location"]
        return job

    def location(self, job: FileJob) -> str:
        return self.locations[job.pk]

    def check(self, job: FileJob, state: str, *, reason: str = "", history: list[str] | None = None) -> None:
        job.refresh_from_db()
        self.assertEqual((job.state, job.reason), (state, reason))
        self.assertEqual(job.ended_at is not None, state in ("done", "failed", "cancelled"))
        self.assertEqual(job.due_at is None, state in ("done", "failed", "cancelled"))
        if history is not None:
            self.assertEqual([text for _, text in job.history], history)

    def is_closed(self, job: FileJob) -> bool:
        job.refresh_from_db()
        assert job.address_expires_at is not None
        return job.address_expires_at <= self.now
