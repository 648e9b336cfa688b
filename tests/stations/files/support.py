"""A real server around the addresses of files, and jobs whose address a test knows."""

from __future__ import annotations

import hashlib
import http.client
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.test import TransactionTestCase, override_settings

from smartserver.core import clock
from smartserver.core.runtime import Runtime, Task
from stations import storage
from stations.files.application import FilesFirst
from stations.models import FileJob, FirmwareFile, Station
from stations.services.files.addresses import hash_of
from tests.serving import RuntimeThread
from tests.stations.support import Server
from tests.waiting import eventually

FIRMWARE = bytes(range(256)) * 4000  # about 1 MB, every byte telling where it stands
TOKEN = "a-token-that-nobody-can-guess-0001"


class FilesServer(RuntimeThread):
    """The addresses of files on a port of their own. What Django would answer is 404 with `django`."""

    def __init__(self, *tasks: Task) -> None:
        runtime = Runtime(topics=(), tasks=tasks)
        self.files = FilesFirst(_django, runtime)
        super().__init__(self.files, runtime)

    def stop(self) -> None:
        super().stop()
        self.files.close()

    @property
    def busy(self) -> int:
        """Transfers that are under way."""
        return self.files._transfers.total()

    @contextmanager
    def line(self) -> Iterator[socket.socket]:
        """A bare connection, for what no HTTP client would do."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            yield line


class WholeServer(Server):
    """The station socket and the addresses of files, on one port as in the real server."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.files = FilesFirst(_django, self.runtime)

    async def _accept(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self.files(scope, receive, send)
        else:
            await super()._accept(scope, receive, send)

    def stop(self) -> None:
        super().stop()
        self.files.close()


async def _django(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"6")]})
    await send({"type": "http.response.body", "body": b"django"})


def answer_on(line: socket.socket) -> http.client.HTTPResponse:
    """The answer on a bare connection; its head is read."""
    response = http.client.HTTPResponse(line)
    response.begin()
    return response


class FilesCase(TransactionTestCase):
    """Tests with a folder of files and a server of their own; one server for all tests of a class."""

    server: FilesServer

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = FilesServer()
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        override = override_settings(FILES_DIR=self.folder)
        override.enable()
        self.addCleanup(override.disable)
        self.station = Station.objects.create(identity="CP1")

    def tearDown(self) -> None:
        eventually(lambda: self.server.busy == 0)

    def url(self, job: FileJob, name: str = "", *, token: str = TOKEN) -> str:
        folder = "firmware" if job.firmware_id else "uploads"
        return f"{self.server.http}/files/{folder}/{token}{name}"

    def path(self, job: FileJob, name: str = "") -> str:
        return urlsplit(self.url(job, name)).path

    def stored_files(self) -> list[str]:
        """All files there are, as paths relative to the folder."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


def upload_job(station: Station, *, token: str = TOKEN, expires: datetime | None = None, **fields: Any) -> FileJob:
    """A diagnostics job that the station has accepted."""
    defaults: dict[str, Any] = {
        "kind": FileJob.Kind.DIAGNOSTICS,
        "state": FileJob.State.RUNNING,
        "created_at": clock.now(),
        "token_hash": hash_of(token),
        "address_expires_at": expires or clock.now() + timedelta(hours=1),
    }
    return FileJob.objects.create(station=station, **defaults | fields)


def firmware(content: bytes = FIRMWARE, **fields: Any) -> FirmwareFile:
    draft = storage.Draft(len(content))
    draft.write(content)
    kept = draft.keep(storage.FIRMWARE)
    defaults: dict[str, Any] = {"name": "image.bin", "version": "2.0", "created_at": clock.now()}
    return FirmwareFile.objects.create(path=kept.path, size=kept.size, sha256=kept.sha256, **defaults | fields)


def firmware_job(station: Station, file: FirmwareFile | None = None, **fields: Any) -> FileJob:
    """A firmware update that the station has accepted."""
    defaults: dict[str, Any] = {"kind": FileJob.Kind.FIRMWARE, "firmware": file or firmware()}
    return upload_job(station, **defaults | fields)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
