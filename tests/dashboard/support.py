"""A real server around the sockets of the dashboard, and browsers that talk to it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import websocket
from django.contrib.auth.models import User
from django.test import TransactionTestCase, override_settings

import devices.selectors
import stations.message_selectors
import stations.selectors
from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from smartserver.core.runtime import Runtime
from smartserver.dashboard.consumers import LIVE_PROTOCOL
from smartserver.routing import websockets
from stations.models import Station
from tests.core.reference import Page
from tests.serving import RuntimeThread
from tests.waiting import eventually

TOPICS = (stations.selectors.TOPIC, devices.selectors.TOPIC, stations.message_selectors.TOPIC)
SUMMARIES = (stations.selectors.STATES, devices.selectors.STATES)


class Site(RuntimeThread):
    """The sockets of one process, on a port of their own."""

    def __init__(self) -> None:
        runtime = Runtime(topics=TOPICS, summaries=SUMMARIES)
        super().__init__(websockets(runtime), runtime)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

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
        """The snapshot, or the error. What was seen of the topic before may change once more until then."""
        self.pages.setdefault(topic, Page())
        self.say({"type": "subscribe", "topic": topic, "query": list(query)})
        while (message := self.take())["type"] == "changes":
            pass
        return message

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

    def log_in(self, name: str = "viewer") -> str:
        """A cookie of somebody who may look."""
        self.client.force_login(User.objects.create_user(name))
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
