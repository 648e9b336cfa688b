"""The CMS wire on a real port, and requests as the original client and our bridge send them."""

from __future__ import annotations

import gzip
import http.client
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import orjson
import requests
from django.test import TransactionTestCase, override_settings

from bridge.cms.language import REQUEST
from bridge.cms.models import Charger
from stations.models import Command, FileJob, Station
from stations.services.commands import queue_command
from tests.bridge.cms.pushing import Server
from tests.waiting import eventually

NAME = "EC-1"

ORIGINAL = {
    "User-Agent": "python-requests/2.31.0",
    "Accept-Encoding": "gzip, deflate",
    "Accept": "*/*",
    "Connection": "keep-alive",
}
"""What the original's HTTP library sends along."""

OURS = {"User-Agent": "smart-server-bridge/1.0"}

FEED = {"Name": NAME, "Busy_A": False, "Evsestat_A": 0, "Pilot_A": 12, "ErrorCode_A": 0} | {
    "Busy_B": True,
    "Evsestat_B": 3,
    "Pilot_B": 6,
    "ErrorCode_B": 0,
}


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: http.client.HTTPMessage


class CallCase(TransactionTestCase):
    """Tests that talk to a real server, with a folder of files of its own; one server for all tests of a class."""

    server: ClassVar[Server]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = Server()
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        override = override_settings(FILES_DIR=self.folder)
        override.enable()
        self.addCleanup(override.disable)

    def tearDown(self) -> None:
        eventually(lambda: self.server.runtime.writer.waiting == 0)

    # -- requests ------------------------------------------------------------------------------

    @contextmanager
    def line(self) -> Iterator[socket.socket]:
        """A bare connection, for what no HTTP client would do."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as line:
            yield line

    def raw(self, request: bytes) -> Answer:
        """The answer to these very bytes."""
        with self.line() as line:
            line.sendall(request)
            return self.answer_on(line, request.partition(b" ")[0].decode())

    def answer_on(self, line: socket.socket, method: str = "POST") -> Answer:
        response = http.client.HTTPResponse(line, method=method)
        response.begin()
        return Answer(response.status, response.read(), response.headers)

    def original(self, method: str, target: str, body: bytes | None = None, kind: str = "application/json") -> Answer:
        """A request of the original client, in its exact form."""
        headers = {"Host": f"127.0.0.1:{self.server.port}"} | ORIGINAL
        if method == "POST":
            headers["Content-Length"] = str(len(body or b""))
        if body:
            headers["Content-Type"] = kind
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return self.raw(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + (body or b""))

    def post(
        self, call: str, body: Any = b"", *, expect: int = 200, headers: dict[str, str] | None = None, **query: Any
    ) -> requests.Response:
        """A request of our bridge. What is no bytes is sent as JSON. `auth` in the query: name and password."""
        auth = query.pop("auth", None)
        data = body if isinstance(body, bytes) or hasattr(body, "__next__") else orjson.dumps(body)
        answer = requests.post(
            f"{self.server.http}/api/charger/{call}",
            data=data,
            params=query,
            headers=OURS | (headers or {}),
            auth=auth,
            timeout=30,
        )
        self.assertEqual(answer.status_code, expect, answer.text[:500])
        if expect >= 400:
            self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
            self.assertTrue(answer.json()["detail"])
        return answer

    def event(self, event: Any, *, name: str = NAME, key: str = "", expect: int = 200, **query: Any) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        text = event if isinstance(event, str) else orjson.dumps(event).decode()
        return self.post("LogEvent", expect=expect, headers=headers, id=name, ev=text, **query).json()

    def feed(self, *, name: str = NAME, expect: int = 200, ours: bool = True, **fields: Any) -> Any:
        """Post a live feed; the command in its answer, None without one."""
        headers = OURS if ours else {"User-Agent": ORIGINAL["User-Agent"]}
        text = self.post("LiveFeeds", FEED | {"Name": name} | fields, expect=expect, headers=headers).json()
        return orjson.loads(text) if expect == 200 and text else None

    # -- what came of it -----------------------------------------------------------------------

    def stored_files(self) -> list[str]:
        """All files there are, as paths relative to the folder."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def content(self, job: FileJob) -> bytes:
        return (self.folder / job.path).read_bytes()

    def station(self, name: str = NAME) -> Station:
        return Station.objects.get(identity=name)

    def queue(self, action: str = REQUEST, name: str = NAME, **payload: Any) -> int:
        """Ask something of the hardware; the number of the command."""
        station = Charger.objects.values_list("station", flat=True).get(station__identity=name)
        asked = ({"method": "GET", "path": "/version"} if action == REQUEST else {}) | payload
        return self.server.store(partial(queue_command, station_id=station, action=action, payload=asked)).pk

    def settled(self, number: int) -> tuple[str, str]:
        command = Command.objects.get(pk=number)
        return command.state, command.result


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
