"""A real server around the sockets of the dashboard, and browsers that talk to it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import uvicorn
import websocket
from django.contrib.auth.models import User
from django.test import TransactionTestCase, override_settings

import devices.selectors
import stations.selectors
from smartserver.core.batch import Batch, Unit
from smartserver.core.events import TOPIC_STATIONS
from smartserver.core.runtime import Lifespan, Runtime
from smartserver.dashboard.consumers import LIVE_PROTOCOL
from smartserver.routing import websockets
from stations.models import Station
from tests.core.reference import Page
from tests.devices.support import eventually

T = TypeVar("T")

TOPICS = (stations.selectors.TOPIC, devices.selectors.TOPIC)


class Site:
    """The sockets of one process, served on a port of its own in a thread."""

    def __init__(self) -> None:
        self.runtime = Runtime(topics=TOPICS)
        self._route = websockets(self.runtime)
        self._loop: asyncio.AbstractEventLoop | None = None
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            port=0,
            ws="websockets-sansio",
            lifespan="on",
            log_level="critical",
            ws_ping_interval=None,
            ws_per_message_deflate=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            self._loop = asyncio.get_running_loop()
            await Lifespan(self.runtime)(scope, receive, send)
        else:
            await self._route(scope, receive, send)

    def start(self) -> None:
        self._thread.start()
        eventually(lambda: self._server.started or not self._thread.is_alive())
        assert self._server.started, "The server ended while it started."

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()

    @property
    def address(self) -> str:
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        return f"127.0.0.1:{port}"

    def store(self, unit: Unit[T]) -> T:
        """Run a unit as messages do; return after its commit."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(self.runtime.writer.run(unit), self._loop).result(10)

    def in_loop(self, function: Callable[[], T]) -> T:
        """Call a function in the server's event loop."""

        async def call() -> T:
            return function()

        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(10)

    def settle(self) -> None:
        """Return when everything that was committed has been handed out."""
        hub = self.runtime.hub
        eventually(lambda: self.in_loop(lambda: hub._timer is None and not hub._reading))

    @property
    def browsers(self) -> int:
        return len(self.runtime.hub.listeners)


class Client:
    """A browser's end of a socket."""

    def __init__(self, address: str, *, protocols: tuple[str, ...] = (), cookie: str = "", origin: str = "") -> None:
        host, port = address.split(":")
        self._line = line = socket.create_connection((host, int(port)), timeout=10)
        try:
            # `suppress_origin`: the library would else send one of its own.
            self.socket = websocket.create_connection(
                f"ws://{address}/client/",
                subprotocols=list(protocols) or None,
                cookie=cookie or None,
                origin=origin or None,
                suppress_origin=not origin,
                socket=line,
                timeout=10,
            )
        except websocket.WebSocketException:
            line.close()  # the library leaves it open when the handshake is refused
            raise

    def say(self, message: Any) -> None:
        self.socket.send(message if isinstance(message, str) else json.dumps(message))

    def hear(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.socket.recv())
        return found

    def ask(self, message: Any) -> dict[str, Any]:
        self.say(message)
        return self.hear()

    def close_code(self) -> int:
        while True:
            opcode, data = self.socket.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big")

    def close(self) -> None:
        self.socket.close()
        self._line.close()


class LiveClient(Client):
    """Our own page, as far as the protocol goes: the rows of its topics as it would show them."""

    def __init__(self, address: str, **options: Any) -> None:
        super().__init__(address, protocols=(LIVE_PROTOCOL,), **options)
        self.pages: dict[str, Page] = {}
        self.hello = self.hear()

    def subscribe(self, topic: str, *query: str) -> dict[str, Any]:
        self.pages[topic] = Page()
        self.say({"type": "subscribe", "topic": topic, "query": list(query)})
        return self.take()

    def take(self) -> dict[str, Any]:
        """The next message, applied to what the page shows."""
        text = self.socket.recv()
        message: dict[str, Any] = json.loads(text)
        if message["type"] in ("snapshot", "changes"):
            self.pages[message["topic"]].take(text)
        return message

    def wait(self, topic: str, condition: Callable[[list[list[Any]]], bool]) -> list[list[Any]]:
        """Take changes until the rows of a topic are as they should be."""
        while not condition(self.pages[topic].rows):
            assert self.take()["type"] in ("snapshot", "changes")
        return self.pages[topic].rows


class SiteCase(TransactionTestCase):
    """Each test has a server of its own; open unless `open` says otherwise."""

    open = True

    def setUp(self) -> None:
        settings = override_settings(OPEN=self.open)
        settings.enable()
        self.addCleanup(settings.disable)
        self.site = Site()
        self.site.start()
        self.addCleanup(self.site.stop)

    def live(self, **options: Any) -> LiveClient:
        client = LiveClient(self.site.address, **options)
        self.addCleanup(client.close)
        return client

    def plain(self, **options: Any) -> Client:
        client = Client(self.site.address, **options)
        self.addCleanup(client.close)
        return client

    def log_in(self) -> str:
        """A cookie of somebody who may look."""
        self.client.force_login(User.objects.create_user("viewer"))
        return f"sessionid={self.client.cookies['sessionid'].value}"

    def refusal(self, **options: Any) -> int:
        """The HTTP status with which the handshake is refused."""
        with self.assertRaises(websocket.WebSocketBadStatusException) as caught:
            Client(self.site.address, **options)
        status: int = caught.exception.status_code
        return status

    def station(self, identity: str, **values: Any) -> int:
        """Store a station as a message of it would; its key."""

        def unit(batch: Batch) -> int:
            found, _ = Station.objects.update_or_create(identity=identity, defaults=values)
            batch.changed(TOPIC_STATIONS, found.pk)
            return found.pk

        return self.site.store(unit)

    def remove(self, identity: str) -> None:
        def unit(batch: Batch) -> None:
            for station in Station.objects.filter(identity=identity):
                batch.changed(TOPIC_STATIONS, station.pk)
                station.delete()

        self.site.store(unit)
