"""A real server around the two wires of bridges, and a bridge's end of the push channel that says what a test wants."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar
from urllib.parse import quote

import orjson
import requests
from django.test import TransactionTestCase

from bridge import push
from bridge.cms.application import ChargersFirst
from bridge.cms.consumers import PushSocket
from bridge.cms.language import REQUEST
from bridge.cms.models import Charger
from smartserver.core.events import HINT_PUSH
from smartserver.core.runtime import Runtime, Task
from stations.connections import Connections
from stations.models import Command
from stations.services.commands import queue_command
from tests.serving import RuntimeThread
from tests.stations.support import Client
from tests.waiting import eventually

logging.getLogger("websocket").setLevel(logging.CRITICAL)  # it would report every close

NAME = "CHARGER-1"
STATE = orjson.dumps([{"outlet": 1, "busy": False, "meter_wh": 1200}, {"outlet": 2, "busy": False}]).decode()
SESSION = {"type": "session_start", "outlet": 1, "timestamp": 1_782_043_200_000, "payload": {"session": "S-1"}}


class Server(RuntimeThread):
    """The push socket and the six calls on a port of its own."""

    def __init__(self, *tasks: Task) -> None:
        # Longer frames than those of the channel get as far as its own limit.
        super().__init__(self._accept, Runtime(topics=[], tasks=tasks), ws_max_size=4 * push.MAX_FRAME)
        self.connections = Connections(HINT_PUSH)
        self._calls = ChargersFirst(_nothing, self.runtime)

    async def _accept(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await PushSocket(scope, receive, send, runtime=self.runtime, connections=self.connections).run()
        else:
            await self._calls(scope, receive, send)

    def channel(self, name: str = NAME) -> PushSocket:
        """The server's end of a charger's newest channel."""
        key = Charger.objects.values_list("station", flat=True).get(station__identity=name)
        eventually(lambda: self.connections.find(key) is not None)
        found = self.connections.find(key)
        assert isinstance(found, PushSocket)
        return found

    @contextmanager
    def bridge(self, name: str = NAME, **options: Any) -> Iterator[Bridge]:
        """A bridge whose push channel is open."""
        bridge = Bridge(self.ws, name, **options)
        try:
            yield bridge
        finally:
            bridge.close()

    def feed(self, name: str = NAME, *, ours: bool = True) -> Any:
        """Post a live feed; the command in its reply, None without one."""
        agent = "smart-server-bridge/1" if ours else "original"
        body = {"Name": name, "Busy_A": False, "Evsestat_A": 1, "Pilot_A": 0, "ErrorCode_A": 0}
        url = f"{self.http}/api/charger/LiveFeeds"
        reply = requests.post(url, json=body, headers={"User-Agent": agent}, timeout=10)
        assert reply.status_code == 200, reply.text
        return orjson.loads(reply.json()) if reply.json() else None

    def queue(self, name: str = NAME, **payload: Any) -> int:
        """Ask something of the hardware; the number of the command."""
        station = Charger.objects.values_list("station", flat=True).get(station__identity=name)
        asked = {"method": "GET", "path": "/version"} | payload
        return self.store(partial(queue_command, station_id=station, action=REQUEST, payload=asked)).pk


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("Nothing else is asked here.")


class Bridge(Client):
    """The bridge's end."""

    def __init__(self, ws: str, name: str = NAME, **options: Any) -> None:
        self.name = name
        super().__init__(f"{ws}{push.PATH}{quote(name, safe='')}", versions=(), **options)

    def tell(self, kind: str, payload: dict[str, Any] | None = None, *, charger: str | None = None) -> None:
        name = self.name if charger is None else charger
        self.say(push.Envelope(kind, name, int(time.time() * 1000), payload or {}).encode())

    def next(self) -> tuple[str, dict[str, Any]]:
        """Type and payload of the server's next frame."""
        envelope = push.decode(self.socket.recv())
        assert envelope.charger_id == self.name
        return envelope.type, envelope.payload

    def event(self, key: str = "e-1", event: Any = SESSION, state: str | None = None) -> None:
        self.tell(push.EVENT, {"key": key, "event": event, "state": state})

    def result(self, number: Any, status: Any = 200, response: Any = "done") -> None:
        payload = {"command_id": number, "status_code": status, "response": response, "execution_time_ms": 5}
        self.tell(push.COMMAND_RESULT, payload)

    def command(self) -> dict[str, Any]:
        """The command that comes next."""
        kind, payload = self.next()
        assert kind == push.COMMAND, (kind, payload)
        return payload

    def reason(self, key: str = "") -> str:
        """Why the last frame is refused."""
        kind, payload = self.next()
        assert (kind, payload["key"]) == (push.REFUSED, key), (kind, payload)
        reason: str = payload["reason"]
        return reason

    def is_heard(self) -> bool:
        """Whether the channel goes on: what it said before was read, and a result is taken."""
        self.result(9_999_999)
        return self.next() == (push.ACK, {"key": "command-9999999"})


class PushCase(TransactionTestCase):
    """Tests that talk to a real server; one for all tests of a class."""

    server: ClassVar[Server]
    tasks: ClassVar[tuple[Task, ...]] = ()

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = Server(*cls.tasks)
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)

    def tearDown(self) -> None:
        # What the closed sockets still have to store must not fall into the next test.
        eventually(lambda: len(self.server.connections) == 0 and self.server.runtime.writer.waiting == 0)

    def charger(self, name: str = NAME) -> Charger:
        return Charger.objects.select_related("station").get(station__identity=name)

    def assert_settled(self, number: int, state: str, result: str) -> Command:
        eventually(lambda: Command.objects.filter(pk=number, settled_at__isnull=False).exists())
        command = Command.objects.get(pk=number)
        self.assertEqual((command.state, command.result), (state, result))
        return command
