"""A real server around the device socket, and short ways to talk to it and to the services."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import websocket

from devices import protocol
from devices.connections import Connections
from devices.consumers import DeviceSocket
from devices.models import SolMate
from devices.protocol import Update
from devices.selectors import TOPIC
from devices.services import store_update
from devices.storage import Receipt
from smartserver.core.batch import Batch, Unit
from smartserver.core.runtime import Runtime, Task
from tests.serving import RuntimeThread

NOON = datetime(2026, 6, 21, 12, 0, tzinfo=UTC)


def update(message: str, kind: str = "UPDT") -> Update:
    return protocol.parse(frame(message, kind))


def frame(message: str, kind: str = "UPDT") -> str:
    return json.dumps({"type": kind, "message": message})


def storing(message: str, *, at: datetime = NOON, generation: int | None = None) -> Unit[Receipt]:
    """A unit that stores a message."""
    parsed = update(message)

    def unit(batch: Batch) -> Receipt:
        return store_update(batch, update=parsed, received_at=at, generation=generation)

    return unit


def device(serial: str = "0001") -> SolMate:
    return SolMate.objects.get(serial_number=serial)


class Server(RuntimeThread):
    """The device socket on a port of its own."""

    def __init__(self, *tasks: Task) -> None:
        super().__init__(self._accept, Runtime(topics=[TOPIC], tasks=tasks))
        self.connections = Connections()
        self.sockets: list[DeviceSocket] = []

    async def _accept(self, scope: Any, receive: Any, send: Any) -> None:
        connection = DeviceSocket(scope, receive, send, runtime=self.runtime, connections=self.connections)
        self.sockets.append(connection)
        await connection.run()

    @property
    def url(self) -> str:
        return f"{self.ws}/update/"

    @contextmanager
    def device(self, **options: Any) -> Iterator[Client]:
        """A device that has connected and was welcomed."""
        client = Client(self.url, **options)
        try:
            assert client.hear() == protocol.WELCOME
            yield client
        finally:
            client.close()


class Client:
    """The far end of a device socket."""

    def __init__(self, url: str, *, user: str = "", key: str = "", origin: str = "") -> None:
        header = []
        if user:
            header.append("Authorization: Basic " + base64.b64encode(f"{user}:{key}".encode()).decode())
        address = urlsplit(url)
        self.line = socket.create_connection((address.hostname or "", address.port or 0), timeout=10)
        try:
            self.socket = websocket.create_connection(
                url, header=header, origin=origin or None, suppress_origin=not origin, socket=self.line, timeout=10
            )
        except websocket.WebSocketException:
            self.line.close()  # the library leaves it open when the handshake is refused
            raise

    def say(self, message: str, kind: str = "UPDT") -> None:
        self.socket.send(frame(message, kind))

    def hear(self) -> str:
        """The message of the next INFO frame."""
        envelope = json.loads(self.socket.recv())
        assert envelope["type"] == "INFO"
        text: str = envelope["message"]
        return text

    def ask(self, message: str, kind: str = "UPDT") -> str:
        self.say(message, kind)
        return self.hear()

    def close_code(self) -> int:
        """The code with which the server closes the socket."""
        while True:
            opcode, data = self.socket.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big")

    def vanish(self) -> None:
        """End without a word."""
        self.line.close()

    def close(self) -> None:
        self.socket.close()
        self.line.close()
