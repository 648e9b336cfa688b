"""A real receiver, and a server process that is nothing but writer and deliverer."""

from __future__ import annotations

import asyncio
import http.server
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.test import TransactionTestCase, override_settings

from smartserver.core.batch import Batch
from smartserver.core.change import store
from smartserver.core.events import DEVICE_ONLINE, STATION_CONNECTED
from smartserver.core.runtime import Runtime
from smartserver.webhooks import services, signing
from smartserver.webhooks.client import Line
from smartserver.webhooks.delivery import Deliverer
from smartserver.webhooks.outbox import Outbox
from smartserver.webhooks.schedule import Schedule

QUICK = Schedule(steps=(0.01, 0.02, 0.05), longest_pause=0.05, in_order=3, jitter=0.0)


@dataclass(frozen=True)
class Post:
    """What a receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    @property
    def station(self) -> str:
        return str(self.event["data"].get("station"))

    def verify(self, secret: str) -> None:
        signing.verify(secret, self.headers, self.body, now=time.time())


@dataclass(frozen=True)
class Answer:
    """What a receiver says. `hold` keeps it waiting until the test sets it."""

    status: int = 200
    body: bytes = b"thanks"
    headers: dict[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None


class Receiver:
    """A web server of an integrator. `answer(post)` decides; by default everything is taken."""

    def __init__(self, answer: Callable[[Post], Answer] = lambda post: Answer()) -> None:
        self.posts: list[Post] = []
        self.answer = answer
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                post = Post(self.path, dict(self.headers), body)
                receiver.posts.append(post)
                answer = receiver.answer(post)
                if answer.hold is not None:
                    answer.hold.wait(10)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        class QuietServer(http.server.ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # who posts may hang up at any time

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def stations(self) -> list[str]:
        """Of the posts in the order in which they came."""
        return [post.station for post in self.posts]


class Process:
    """The webhook part of a server process, in a thread."""

    def __init__(self, *, schedule: Schedule = QUICK, timeout: float = 5.0) -> None:
        self.outbox = Outbox()
        deliverer = Deliverer(
            self.outbox, schedule=schedule, line=lambda: Line(allow_private=True, timeout=timeout), poll=0.01
        )
        self.runtime = Runtime(topics=(), tasks=(deliverer,), sinks=(self.outbox,))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self.runtime.start())

    def stop(self) -> None:
        if self._loop.is_closed():
            return
        self._run(self.runtime.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self, work: Any) -> None:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        future.result(20)


@override_settings(WEBHOOK_ALLOW_PRIVATE=True)
class WebhookCase(TransactionTestCase):
    """Tests with a receiver; `start()` begins to deliver."""

    def setUp(self) -> None:
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)

    def start(self, **options: Any) -> Process:
        process = Process(**options)
        self.addCleanup(process.stop)
        return process

    def subscribe(self, **options: Any) -> services.Created:
        options.setdefault("url", self.receiver.url)
        return store(lambda batch: services.create_subscription(batch, **options))


def connected(*identities: str) -> None:
    """These stations connect, in this order, each in a transaction of its own."""
    for identity in identities:
        store(connecting(identity))


def connecting(identity: str) -> Callable[[Batch], None]:
    return lambda batch: batch.publish(STATION_CONNECTED, {"station": identity, "version": "1.6"})


def device_online(serial: str) -> None:
    store(lambda batch: batch.publish(DEVICE_ONLINE, {"device": serial}))
