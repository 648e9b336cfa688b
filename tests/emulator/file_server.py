"""A real HTTP server that gives out files and takes them in."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FileServer(ThreadingHTTPServer):
    """Gives out `files`, takes in `received`; `/answers/404` answers with that status, or redirects to `/elsewhere`."""

    def __init__(self, login: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.login = login
        """`user:password`, without which nothing is taken in."""
        self.scheme = "http"
        self.files: dict[str, bytes] = {}
        self.received: dict[str, bytes] = {}
        self.asked = 0
        self.slow = threading.Event()
        """Cleared: uploads get no answer until it is set."""
        self.slow.set()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def answer(self, path: str, authorization: str) -> int:
        """The status of the answer to an upload."""
        folder, _, status = path.rpartition("/")
        if folder == "/answers":
            return int(status)
        wanted = "Basic " + base64.b64encode(self.login.encode()).decode()
        return 401 if self.login and authorization != wanted else 201


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def do_PUT(self) -> None:
        self.server.asked += 1
        self.server.slow.wait(10)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.answer(self.path, self.headers.get("Authorization", ""))
        if status == 201:
            self.server.received[self.path] = body
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"{self.server.url}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """A test is quiet."""


@contextmanager
def file_server(*, login: str = "", certificate: tuple[str, str] | None = None) -> Iterator[FileServer]:
    """`certificate`: the files of one and of its key, for HTTPS."""
    with FileServer(login) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            server.scheme = "https"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.slow.set()
            server.shutdown()
            thread.join()
