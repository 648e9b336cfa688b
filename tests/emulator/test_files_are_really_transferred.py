"""Downloads and uploads over a real HTTP server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import mock

from django.test import SimpleTestCase

from stations.emulator import transfers
from stations.emulator.transfers import Trust, deliver, fetch


class FileServer(ThreadingHTTPServer):
    """Gives out `files`, takes in `received`; a path that begins with /no fails."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.received: dict[str, bytes] = {}
        self.asked = 0
        self.slow = threading.Event()
        """Cleared: uploads get no answer until it is set."""
        self.slow.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


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
        refused = self.path.startswith("/no")
        if not refused:
            self.server.received[self.path] = body
        self.send_response(403 if refused else 201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """A test is quiet."""


@contextmanager
def file_server() -> Iterator[FileServer]:
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Transfers(SimpleTestCase):
    def test_fetch_a_file(self) -> None:
        with file_server() as server:
            server.files["/image.bin"] = b"image" * 50_000
            self.assertEqual(fetch(f"{server.url}/image.bin", Trust()), server.files["/image.bin"])
            self.assertIsNone(fetch(f"{server.url}/other.bin", Trust()))

    def test_do_not_fetch_without_end(self) -> None:
        with file_server() as server, mock.patch.object(transfers, "LARGEST", 10):
            server.files["/image.bin"] = b"image" * 50_000
            self.assertIsNone(fetch(f"{server.url}/image.bin", Trust()))

    def test_deliver_to_an_address_or_into_a_folder(self) -> None:
        with file_server() as server:
            self.assertTrue(deliver(f"{server.url}/file?token=1", "log.txt", b"text", Trust()))
            self.assertTrue(deliver(f"{server.url}/folder/", "log.txt", b"text", Trust()))
            self.assertEqual(server.received, {"/file?token=1": b"text", "/folder/log.txt": b"text"})
            self.assertFalse(deliver(f"{server.url}/no", "log.txt", b"text", Trust()))

    def test_fail_where_nobody_is_or_where_the_way_is_unknown(self) -> None:
        with file_server() as server:
            gone = server.url
        for url in (f"{gone}/file", "ftp://127.0.0.1/file", "http://", "nonsense"):
            self.assertIsNone(fetch(url, Trust()), url)
            self.assertFalse(deliver(url, "log.txt", b"text", Trust()), url)

    def test_believe_whom_they_are_told_to(self) -> None:
        self.assertIs(Trust().verify, True)
        self.assertEqual(Trust("root.pem").verify, "root.pem")
        self.assertIs(Trust("root.pem", insecure=True).verify, False)
