"""Firmware that a local controller publishes, served over HTTP to whoever asks for it (2.x L03)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import quote

import h11

from stations.emulator.point.effects import Publish

HEAD_SECONDS, STALL_SECONDS = 10.0, 30.0
CHUNK = 64 * 1024
LARGEST_HEAD = 16 * 1024


class _File(NamedTuple):
    checksum: str
    content: bytes


class Shelf:
    """The files of one station. `fetching(checksum, begins)` is told when somebody begins or ends to fetch one."""

    def __init__(self, fetching: Callable[[str, bool], None]) -> None:
        self._fetching = fetching
        self._files: dict[str, _File] = {}
        """By path."""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, file: Publish, host: str, published: Callable[[str, tuple[str, ...]], None]) -> None:
        """Publish a file at an address of the station; `published` hears where, or nowhere."""

        async def run() -> None:
            try:
                port = await self._listen(host)
            except OSError:
                published(file.checksum, ())
                return
            path = f"/{file.checksum}/{quote(file.name, safe='')}"
            self.withdraw(file.checksum)
            self._files[path] = _File(file.checksum, file.content)
            shown = f"[{host}]" if ":" in host else host
            published(file.checksum, (f"http://{shown}:{port}{path}",))

        self._keep(asyncio.create_task(run()))

    def withdraw(self, checksum: str) -> None:
        self._files = {path: file for path, file in self._files.items() if file.checksum != checksum}

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _keep(self, task: asyncio.Task[None] | None) -> None:
        """Until it is done."""
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, host: str) -> int:
        """The port; the first file opens it."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, host, 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        self._keep(asyncio.current_task())
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
        try:
            with suppress(OSError, TimeoutError, h11.RemoteProtocolError):
                request = await asyncio.wait_for(_request(connection, reader), HEAD_SECONDS)
                if request is not None:
                    await self._answer(connection, request, writer)
        finally:
            writer.close()

    async def _answer(self, connection: h11.Connection, request: h11.Request, writer: asyncio.StreamWriter) -> None:
        file = self._files.get(request.target.decode("ascii", "replace").partition("?")[0])
        status = 405 if request.method not in (b"GET", b"HEAD") else 200 if file is not None else 404
        content = file.content if file is not None and status == 200 else b""
        headers = [
            (b"content-length", str(len(content)).encode()),
            (b"content-type", b"application/octet-stream"),
            (b"connection", b"close"),
        ]
        writer.write(connection.send(h11.Response(status_code=status, headers=headers)) or b"")
        if file is None or request.method != b"GET":
            await asyncio.wait_for(writer.drain(), STALL_SECONDS)
            return
        self._fetching(file.checksum, True)
        try:
            for start in range(0, len(content), CHUNK):
                writer.write(connection.send(h11.Data(data=content[start : start + CHUNK])) or b"")
                await asyncio.wait_for(writer.drain(), STALL_SECONDS)
        finally:
            self._fetching(file.checksum, False)


async def _request(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    """The head of a request; None when there is none."""
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(CHUNK))
    return event if isinstance(event, h11.Request) else None
