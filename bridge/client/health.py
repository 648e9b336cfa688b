"""A small HTTP server that says how the bridge is.

| Path | Answer |
|---|---|
| /healthz | 200 where all tasks of all chargers run, else 503 |
| /status | the `Status` as JSON |
| /metrics | Prometheus' text format |

It is meant for probes and people nearby: few requests at a time, each short, answered and closed.
"""

from __future__ import annotations

import io
import logging
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from bridge.client.metrics import StatusCollector
from bridge.client.options import Options
from bridge.client.status import Status
from bridge.client.values import bracketed

REQUEST_SECONDS = 5.0
"""Until the whole head of a request is there, and for the answer."""

STOP_SECONDS = 0.1
"""Between looks whether it shall stop."""

MAX_HEAD = 8192
MAX_REQUESTS = 8
"""At the same time; whoever comes then is turned away at once."""

logger = logging.getLogger(__name__)


class HealthError(Exception):
    """It cannot be served; `str(error)` says why, and what to do."""


class Answer(NamedTuple):
    status: HTTPStatus
    kind: str
    body: bytes


class Health:
    """Serves while it is entered as a context manager; not at all where the port is 0."""

    def __init__(self, options: Options, status: Callable[[], Status], registry: CollectorRegistry) -> None:
        self._status = status
        self._registry = registry
        self._place = (options.health_host, options.health_port)
        self._server: _Server | None = None
        registry.register(StatusCollector(status))

    def __enter__(self) -> Self:
        if self._place[1]:
            self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> int:
        """The port that is served, found by the system where the options say 0. `HealthError` where there is none."""
        host, port = self._place
        try:
            self._server = _Server(host, port, self.answer)
        except OSError as error:
            raise HealthError(
                f"Health cannot be served on {bracketed(host)}:{port} ({error.strerror or error}). "
                "Choose another place with --health-host and --health-port; --health-port 0 goes without."
            ) from None
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(STOP_SECONDS,), name="health", daemon=True).start()
        return int(self._server.server_address[1])

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, path: str) -> Answer:
        """What is said at this path, whatever its query."""
        match path.partition("?")[0]:
            case "/healthz":
                chargers = self._status()["chargers"]
                if chargers and all(charger["is_alive"] for charger in chargers):
                    return Answer(HTTPStatus.OK, "text/plain; charset=utf-8", b"ok\n")
                return Answer(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", b"tasks have ended\n")
            case "/status":
                return Answer(HTTPStatus.OK, "application/json", orjson.dumps(self._status()))
            case "/metrics":
                return Answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self._registry))
        return Answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"/healthz, /status or /metrics\n")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = MAX_REQUESTS

    def __init__(self, host: str, port: int, answer: Callable[[str], Answer]) -> None:
        family, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        self.address_family = family
        self.answer = answer
        self._places = threading.BoundedSemaphore(MAX_REQUESTS)
        super().__init__((str(place[0]), int(place[1])), _Handler)

    def server_bind(self) -> None:
        """Without HTTPServer's question to the DNS for our own name, which lasts where there is no DNS."""
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # the system has no thread left
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # those who ask may leave
            logger.warning("A request for the bridge's health failed", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    """Reads the head of a request whole, within a size and a time, and answers it once."""

    server: _Server
    server_version = "noc-bridge"
    sys_version = ""
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(code)d %(message)s\n"
    timeout = REQUEST_SECONDS

    def handle(self) -> None:
        head = _head(self.connection, time.monotonic() + REQUEST_SECONDS)
        if len(head) > MAX_HEAD:
            self.requestline = self.request_version = self.command = ""
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        self.rfile = io.BytesIO(head)
        self.handle_one_request()

    def do_GET(self) -> None:
        answer = self.server.answer(self.path)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(answer.body)

    def refuse(self) -> None:
        self.send_response(HTTPStatus.METHOD_NOT_ALLOWED)
        self.send_header("Allow", "GET")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = refuse

    def log_message(self, format: str, *args: Any) -> None:
        """Probes ask every few seconds; that is no news."""


def _head(connection: socket.socket, deadline: float) -> bytes:
    """What comes until an empty line; empty where it does not come in time, more than MAX_HEAD bytes where it is too
    long."""
    head = b""
    while b"\r\n\r\n" not in head and b"\n\n" not in head and len(head) <= MAX_HEAD:
        try:
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
            piece = connection.recv(MAX_HEAD + 1 - len(head))
        except OSError:
            return b""
        if not piece:
            return b""
        head += piece
    connection.settimeout(REQUEST_SECONDS)
    return head
