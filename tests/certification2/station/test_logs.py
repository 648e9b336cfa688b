"""Logs on their way to where the emulator is told to deliver them (block N)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stations.emulator.tls import Tls
from stations.models import FileJob
from stations.services.files import open_upload, request_log
from tests.certification.certificates import Issued
from tests.certification.station.support import ChargePoint
from tests.certification2.station.support import StationCase2
from tests.emulator.file_server import FileServer, file_server
from tests.waiting import eventually

UPLOADING, UPLOADED = "LogStatusNotification Uploading", "LogStatusNotification Uploaded"


class LogCase(StationCase2):
    def get_log(self, place: str, result: str = "Accepted", *, number: int = 1, **log: str) -> str:
        """The name of the file."""
        request = {"logType": "DiagnosticsLog", "requestId": number, "retries": 0}
        reply = self.ask("GetLog", request | {"log": {"remoteLocation": place} | log}, result)
        return str(reply.get("filename", ""))

    def numbers(self) -> list[tuple[int, str]]:
        """What it has told of which request."""
        return [(each["requestId"], each["status"]) for each in self.requests("LogStatusNotification")]


class Logs(LogCase):
    def test_tc_n_34_rejected(self) -> None:
        """There is nothing of the time that is asked for."""
        with self.booted(), file_server() as files:
            name = self.get_log(f"{files.url}/", "Rejected", oldestTimestamp="2099-01-01T00:00:00Z")
            self.assertEqual((name, files.asked), ("", 0))
            self.assert_story()

    def test_tc_n_36_second(self) -> None:
        with self.booted(), file_server() as files:
            files.slow.clear()
            self.get_log(f"{files.url}/first/")
            eventually(lambda: files.asked == 1)
            name = self.get_log(f"{files.url}/second/", "AcceptedCanceled", number=2)
            eventually(lambda: files.asked == 2)
            files.slow.set()
            self.assert_story(UPLOADING, "LogStatusNotification AcceptedCanceled", UPLOADING, UPLOADED)
            expected = [(1, "Uploading"), (1, "AcceptedCanceled"), (2, "Uploading"), (2, "Uploaded")]
            self.assertEqual(self.numbers(), expected)
            self.assertIn(b"BootNotification", files.received[f"/second/{name}"])


class Only21(LogCase):
    version = "2.1"

    def test_tc_n_100_data_collector(self) -> None:
        with self.booted() as point:
            self.charge(point)
            job = self.order(request_log, log_type="DataCollectorLog", retries=0)
            self.assert_story(UPLOADING, UPLOADED)
            eventually(lambda: FileJob.objects.get(pk=job.pk).state == FileJob.State.DONE)
            job.refresh_from_db()
            with open_upload(job).file as file:
                self.assertRegex(file.read().decode(), r"^\S+Z EVSE 1: \d+ Wh, [1-9]\d* W\n")

    def test_tc_n_101_not_followed(self) -> None:
        with self.booted(), file_server() as files:
            for status in (302, 307):
                self.get_log(f"{files.url}/answers/{status}", number=status)
                self.assert_story(UPLOADING, "LogStatusNotification UploadFailure")
            self.assertEqual((files.asked, files.received), (2, {}))

    @contextmanager
    def guarded(self, **options: Any) -> Iterator[tuple[FileServer, ChargePoint]]:
        """A place that wants to know who delivers, and a station that knows whom it may believe."""
        with tempfile.TemporaryDirectory() as folder:
            authority = Issued("Files")
            authority_file, _ = authority.save(Path(folder), "authority")
            if options.pop("secure", False):
                options["certificate"] = Issued("127.0.0.1", authority).save(Path(folder), "server")
            with file_server(login="user:secret", **options) as files:
                point = self.charge_point(tls=Tls(ca_file=authority_file))
                with point:
                    self.wait_booted()
                    yield files, point

    def delivered(self, files: FileServer) -> None:
        scheme, _, host = files.url.partition("://")
        name = self.get_log(f"{scheme}://user:secret@{host}/logs/")
        self.assert_story(UPLOADING, UPLOADED)
        self.assertIn(b"BootNotification", files.received[f"/logs/{name}"])
        self.get_log(f"{scheme}://user:wrong@{host}/logs/", number=2)
        self.assert_story(UPLOADING, "LogStatusNotification PermissionDenied")

    def test_tc_n_102_user_and_password(self) -> None:
        with self.guarded() as (files, _):
            self.delivered(files)

    def test_tc_n_103_user_and_password_over_tls(self) -> None:
        with self.guarded(secure=True) as (files, _):
            self.delivered(files)
