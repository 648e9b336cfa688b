"""TLS in front of the server, as in production (docker/nginx.conf): several of them lead to one server.

Each has a root of its own, so that a station can be sent from one central system to another.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import tempfile
import threading
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stations.services.certificates import authority
from tests.certification.certificates import Issued

CHUNK = 65_536


class Front:
    """Use `front()`. What comes in leaves to `port`, with X-Forwarded-Proto in the head of the request."""

    def __init__(self, port: int, context: ssl.SSLContext, root: Issued) -> None:
        self.root = root
        self.shown: list[int] = []
        """Serial numbers of the certificates that stations have shown, one for each connection; 0: none."""
        self._behind = port
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda loop, context: None)  # handshakes that fail are what tests are about
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.url = f"wss://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def trusting(self) -> ssl.SSLContext:
        """For a station that knows its root."""
        return ssl.create_default_context(cadata=self.root.pem)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown = writer.get_extra_info("peercert") or {}
        self.shown.append(int(str(shown.get("serialNumber", "0")), 16))
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        both: list[asyncio.Task[None]] = []
        try:
            head = await reader.readuntil(b"\r\n")
            far_writer.write(head + b"X-Forwarded-Proto: https\r\n")
            both = [asyncio.create_task(_pump(reader, far_writer)), asyncio.create_task(_pump(far_reader, writer))]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.IncompleteReadError):
            pass  # it is gone already
        finally:
            for task in both:
                task.cancel()
            for each in (writer, far_writer):
                each.transport.abort()
                with contextlib.suppress(OSError, asyncio.CancelledError):
                    await each.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()


@contextmanager
def front(port: int, *, client_certificates: bool = False) -> Iterator[Front]:
    """`client_certificates`: stations have to show one that our own authority has signed (profile 3)."""
    root, context = _of_a_server()
    if client_certificates:
        context.load_verify_locations(cadata=authority.root_pem())
        context.verify_mode = ssl.CERT_REQUIRED
    found = Front(port, context, root)
    try:
        yield found
    finally:
        found.stop()


def _of_a_server() -> tuple[Issued, ssl.SSLContext]:
    """A root of a name of its own, and what a server shows that comes from it."""
    root = Issued(f"Root {uuid.uuid4()}")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.TemporaryDirectory() as folder:
        context.load_cert_chain(*Issued("127.0.0.1", root).save(Path(folder), "server"))
    return root, context


@contextmanager
def outdated(refusals: list[str]) -> Iterator[tuple[str, Issued]]:
    """The address of a server that knows no TLS after 1.1, and its root; why it came to no connection with whom."""
    root, context = _of_a_server()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # that is the point of it
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return  # the end
            with line:
                try:
                    context.wrap_socket(line, server_side=True).close()
                    refusals.append("none")
                except OSError as error:
                    refusals.append(getattr(error, "reason", None) or type(error).__name__)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"wss://127.0.0.1:{listener.getsockname()[1]}", root
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
