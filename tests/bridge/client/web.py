"""A small HTTP and WebSocket server whose behaviour a test decides, request by request."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from websockets.frames import Opcode
from websockets.protocol import Protocol, Side, State

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Drop(Exception):
    """Close the connection instead of an answer."""


class Raw(Exception):
    """These bytes, piece by piece, instead of an answer; then the connection is closed."""

    def __init__(self, pieces: Any) -> None:
        super().__init__()
        self.pieces = pieces


class Peer:
    """The server's end of a WebSocket."""

    def __init__(self, connection: socket.socket, path: str, headers: dict[str, str]) -> None:
        self._connection = connection
        self._protocol = Protocol(Side.SERVER, state=State.OPEN)
        self._lock = threading.Lock()
        self.path = path
        self.headers = headers
        self.messages: list[str] = []
        self.answers_pings = True
        self.is_open = True

    def send(self, text: str) -> None:
        with self._lock:
            self._protocol.send_text(text.encode())
            self._flush()

    def send_raw(self, content: bytes) -> None:
        self._connection.sendall(content)

    def drop(self) -> None:
        self.is_open = False
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def serve(self, on_message: Callable[[Peer, str], None]) -> None:
        """Until the connection ends."""
        while True:
            try:
                content = self._connection.recv(65_536)
            except OSError:
                return
            if not content:
                return
            with self._lock:
                self._protocol.receive_data(content)
                frames = self._protocol.events_received()
                if self.answers_pings:
                    self._flush()
            for frame in frames:
                if getattr(frame, "opcode", None) is Opcode.TEXT:
                    text = bytes(frame.data).decode()  # type: ignore[union-attr]
                    self.messages.append(text)
                    on_message(self, text)
                elif getattr(frame, "opcode", None) is Opcode.CLOSE:
                    return

    def _flush(self) -> None:
        for content in self._protocol.data_to_send():
            if content:
                self._connection.sendall(content)


class Server:
    """`answer` is called for each request in a thread of its own; `upgrade` says which WebSockets are let in."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.peers: list[Peer] = []
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self.port: int = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        for peer in self.peers:
            peer.drop()
        self._http.shutdown()
        self._http.server_close()

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def upgrade(self, request: Request) -> bool:
        return False

    def on_message(self, peer: Peer, text: str) -> None:
        """A text came over a WebSocket."""

    @property
    def live(self) -> list[Peer]:
        """The WebSockets that are open, oldest first."""
        return [peer for peer in list(self.peers) if peer.is_open]


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    owner: Server

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Those who ask may leave."""


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True

    def _all(self) -> None:
        owner = self.server.owner
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        if headers.get("upgrade", "").lower() == "websocket":
            self._websocket(Request(self.command, parts.path, {}, headers, b""))
            return
        body = self.rfile.read(int(headers.get("content-length", 0)))
        request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        owner.requests.append(request)
        try:
            answer = owner.answer(request)
        except Drop:
            self.close_connection = True
            return
        except Raw as raw:
            self.close_connection = True
            for piece in raw.pieces:
                self.wfile.write(piece)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _all

    def _websocket(self, request: Request) -> None:
        owner = self.server.owner
        self.close_connection = True
        if not owner.upgrade(request):
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        accept = base64.b64encode(hashlib.sha1((request.headers["sec-websocket-key"] + GUID).encode()).digest())
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept.decode())
        self.end_headers()
        self.connection.settimeout(None)
        peer = Peer(self.connection, request.path, request.headers)
        owner.peers.append(peer)
        try:
            peer.serve(owner.on_message)
        finally:
            owner.peers.remove(peer)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests say what they see themselves."""


def slowly(pieces: list[bytes], seconds: float, until: threading.Event) -> Any:
    """Piece by piece, with a pause between two, until the event is set."""
    for piece in pieces:
        yield piece
        if until.wait(seconds):
            return
    deadline = time.monotonic() + 60
    until.wait(max(0.0, deadline - time.monotonic()))
