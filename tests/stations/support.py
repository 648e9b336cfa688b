"""A real server around the station socket, and short ways to talk to it and to the services."""

from __future__ import annotations

import asyncio
import base64
import itertools
import logging
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

import orjson
import websocket
from django.test import TransactionTestCase

from smartserver.core.batch import Batch, Unit
from smartserver.core.runtime import Runtime, Task
from smartserver.core.topic import Topic
from stations import dispatch
from stations.connections import Connections
from stations.consumers import StationSocket
from stations.models import Message, Quirk, Station
from stations.ocpp.frames import Payload
from stations.selectors import TOPIC
from stations.services.context import Policy
from tests.serving import RuntimeThread
from tests.waiting import eventually

logging.getLogger("websocket").setLevel(logging.CRITICAL)  # it would report every close

NOON = datetime(2026, 6, 21, 12, 0, tzinfo=UTC)
NOON_TEXT = "2026-06-21T12:00:00Z"


# -- without sockets ----------------------------------------------------------------------------


def call(
    station: Station,
    action: str,
    payload: Payload,
    *,
    version: str = "1.6",
    at: datetime = NOON,
    strict: bool = False,
    accept_unknown: bool = False,
    message_id: str = "m1",
    quirks: tuple[str, ...] = (),
) -> Unit[Payload]:
    """The unit of a call as it came off the wire; its value is the payload of the answer.

    What has to be asked elsewhere for it is asked at once.
    """
    policy = Policy(accept_unknown, 300)
    unit = dispatch.prepare(
        dispatch.Incoming(station.pk, version, strict, message_id, action, payload, at, policy, quirks)
    )

    def answered(batch: Batch) -> Payload:
        told = unit(batch)
        if isinstance(told, dispatch.Pending):
            told = told.proceed(asyncio.run(_heard(told)))(batch)
        answer: Payload = orjson.loads(told)
        return answer

    return answered


async def _heard(pending: dispatch.Pending) -> Any:
    return await pending.ask()


def rules_of(station: Station) -> dict[str, int]:
    """The tolerance rules that a station needed, and how often."""
    found: dict[str, int] = {}
    for rule, times in Quirk.objects.filter(station=station).values_list("rule", "times"):
        found[rule] = found.get(rule, 0) + times
    return found


# -- with sockets -------------------------------------------------------------------------------


class Server(RuntimeThread):
    """The station socket on a port of its own."""

    def __init__(self, *tasks: Task, topics: Sequence[Topic] = (TOPIC,), **options: Any) -> None:
        super().__init__(self._accept, Runtime(topics=topics, tasks=tasks), **options)
        self.connections = Connections()

    async def _accept(self, scope: Any, receive: Any, send: Any) -> None:
        await StationSocket(scope, receive, send, runtime=self.runtime, connections=self.connections).run()

    def socket_of(self, identity: str) -> StationSocket:
        """The server's end of a station's newest connection."""
        key = Station.objects.values_list("pk", flat=True).get(identity=identity)
        eventually(lambda: self.connections.find(key) is not None)
        found = self.connections.find(key)
        assert isinstance(found, StationSocket)
        return found

    @contextmanager
    def station(self, identity: str = "CP1", *, configured: bool = True, **options: Any) -> Iterator[Client]:
        """A station that has connected. `configured`: its configuration is known, so the server does not ask for it."""
        client = Client(self.ws + f"/ocpp/{identity}", **options)
        try:
            if configured:
                Station.objects.filter(identity=identity).update(configured_at=NOON)
            yield client
        finally:
            client.close()


class Client:
    """The far end of a station socket, which sends whatever the test wants."""

    def __init__(
        self,
        url: str,
        *,
        versions: Sequence[str] = ("ocpp1.6",),
        user: str = "",
        password: bytes = b"",
        origin: str = "",
        headers: Sequence[str] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        # Not as an option of the library, which takes no connection without a common subprotocol.
        header = ["Sec-WebSocket-Protocol: " + ", ".join(versions)] if versions else []
        header += headers
        if user:
            header.append("Authorization: Basic " + base64.b64encode(user.encode() + b":" + password).decode())
        self._numbers = itertools.count(1)
        self._heard: list[list[Any]] = []  # frames that came before the one that was waited for
        address = urlsplit(url)
        self.line = socket.create_connection((address.hostname or "", address.port or 0), timeout=10)
        try:
            if tls is not None:
                self.line = tls.wrap_socket(self.line, server_hostname=address.hostname)
            self.socket = websocket.create_connection(
                url,
                header=header,
                origin=origin or None,
                suppress_origin=not origin,
                socket=self.line,
                timeout=10,
            )
        except BaseException:
            self.line.close()  # the library leaves it open when the handshake is refused
            raise

    @property
    def subprotocol(self) -> str | None:
        found: str | None = self.socket.headers.get("sec-websocket-protocol")
        return found

    def say(self, frame: list[Any] | str) -> None:
        self.socket.send(frame if isinstance(frame, str) else orjson.dumps(frame).decode())

    def hear(self) -> list[Any]:
        """The next frame, of whatever kind."""
        if self._heard:
            return self._heard.pop(0)
        frame: list[Any] = orjson.loads(self.socket.recv())
        return frame

    def hear_answer(self) -> list[Any]:
        """The next answer; calls of the server that come before it are kept for later."""
        return self._hear(lambda frame: frame[0] != 2)

    def hear_call(self) -> list[Any]:
        """The next call of the server; answers that come before it are kept for later."""
        return self._hear(lambda frame: frame[0] == 2)

    def _hear(self, wanted: Callable[[list[Any]], bool]) -> list[Any]:
        for frame in self._heard:
            if wanted(frame):
                self._heard.remove(frame)
                return frame
        while not wanted(frame := orjson.loads(self.socket.recv())):
            self._heard.append(frame)
        return frame

    def ask(self, action: str, payload: Payload | None = None, message_id: Any = None) -> list[Any]:
        """Call, and wait for the answer."""
        self.say([2, f"t{next(self._numbers)}" if message_id is None else message_id, action, payload or {}])
        return self.hear_answer()

    def boot(self) -> list[Any]:
        return self.ask("BootNotification", {"chargePointVendor": "Vendor", "chargePointModel": "Model"})

    def close_code(self) -> int:
        """The code with which the server closes the socket."""
        while True:
            frame: Any = self.socket.recv_frame()  # type: ignore[no-untyped-call]
            if frame.opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(frame.data[:2], "big")

    def vanish(self) -> None:
        """End without a word."""
        self.line.close()

    def close(self) -> None:
        try:
            self.socket.close(timeout=0.2)
        finally:
            self.line.close()


class SocketCase(TransactionTestCase):
    """Tests that talk to a real server; one for all tests of a class."""

    server_class: ClassVar[type[Server]] = Server
    server: ClassVar[Server]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = cls.server_class()
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)

    def tearDown(self) -> None:
        # What the closed sockets still have to store must not fall into the next test.
        eventually(lambda: len(self.server.connections) == 0 and self.server.runtime.writer.waiting == 0)

    def assert_refused(self, path: str, status: int, **options: Any) -> websocket.WebSocketBadStatusException:
        with self.assertRaises(websocket.WebSocketBadStatusException) as caught:
            Client(self.server.ws + path, **options)
        self.assertEqual(caught.exception.status_code, status)
        return caught.exception

    def logged(self, **conditions: Any) -> Message:
        """The row of the message log, as soon as it is there."""
        eventually(lambda: Message.objects.filter(**conditions).exists())
        return Message.objects.get(**conditions)
