"""The sockets of one emulated station, and what its quirks do to them.

`Lines` makes the connections of a station one after the other; a `Line` is the one that it uses now.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from stations.emulator.quirks import Break, Quirk

OPEN_TIMEOUT = 20.0


class Broken(Exception):
    """The connection went wrong as a quirk wanted it."""


class _WithoutPongs(ClientConnection):
    def __init__(self, protocol: ClientProtocol, **options: Any) -> None:
        super().__init__(protocol, **options)
        self._send_frame = protocol.send_frame
        protocol.send_frame = self._send_other  # type: ignore[method-assign]

    def _send_other(self, frame: Frame) -> None:
        if frame.opcode is not Opcode.PONG:
            self._send_frame(frame)


class Lines:
    """The connections of one station."""

    def __init__(self, quirks: Quirk) -> None:
        self._quirks = quirks
        self._left: list[ClientConnection] = []
        """Connections that nobody uses, and that nobody has closed yet."""

    async def open(
        self, url: str, identity: str, *, subprotocol: str, password: bytes = b"", tls: ssl.SSLContext | None = None
    ) -> Line:
        """Connect to `<url>/<identity>`; errors are those of `connect`."""
        self._quirks.opens()
        headers = {}
        if password:
            credentials = identity.encode() + b":" + self._quirks.password(password)
            headers["Authorization"] = "Basic " + base64.b64encode(credentials).decode()
        offered = [Subprotocol(name) for name in self._quirks.subprotocols((subprotocol,))]
        for spare in range(self._quirks.spare_sockets + 1):
            socket = await connect(
                f"{url.rstrip('/')}/{self._quirks.path(quote(identity, safe=''))}",
                subprotocols=offered or None,
                additional_headers=headers,
                open_timeout=OPEN_TIMEOUT,
                compression=None,
                proxy=None,
                # A server that is gone is noticed by its silence; at 10,000 stations pings are a load of their own.
                ping_interval=None,
                create_connection=ClientConnection if self._quirks.answers_pings else _WithoutPongs,
                ssl=(tls or True) if url.startswith("wss:") else None,
            )
            if spare < self._quirks.spare_sockets:
                self._left.append(socket)
        return Line(socket, self._quirks, self, expected=bool(offered))

    def leave(self, socket: ClientConnection) -> None:
        """Keep a connection open that is of no use any more; it hears nothing, not even the server's close."""
        socket.transport.pause_reading()
        self._left.append(socket)

    async def close_left(self) -> None:
        """The late close."""
        left, self._left = self._left, []
        for socket in left:
            socket.transport.abort()
        await asyncio.gather(*(socket.wait_closed() for socket in left))


class Line:
    """One connection, over which texts go in and out."""

    def __init__(self, socket: ClientConnection, quirks: Quirk, lines: Lines, *, expected: bool) -> None:
        self._socket = socket
        self._quirks = quirks
        self._lines = lines
        self._expected = expected
        self._dead = False

    @property
    def agreed(self) -> bool:
        """Whether the server speaks the version, as far as it was asked."""
        return self._socket.subprotocol is not None or not self._expected

    @property
    def host(self) -> str:
        """The address of this end."""
        return str(self._socket.local_address[0])

    @property
    def closed_because(self) -> str:
        return f"{self._socket.close_code} {self._socket.close_reason}".rstrip()

    async def send(self, text: str) -> None:
        for frame in self._quirks.frames(text):
            if not self._dead:
                await self._socket.send(frame)

    async def ping(self) -> None:
        """Whether a pong comes does not matter: it keeps the way open (WebSocketPingInterval)."""
        await self._socket.ping()

    def abort(self) -> None:
        """The network is gone."""
        self._socket.transport.abort()

    async def texts(self) -> AsyncIterator[str]:
        """What comes in, until the connection is closed; `Broken` or `ConnectionClosed` when it breaks."""
        first = True
        async for data in self._socket:
            text = data if isinstance(data, str) else data.decode("utf-8", "replace")
            match self._quirks.breaks(text):
                case Break.ABORT:
                    self._socket.transport.abort()
                    raise Broken("The connection was reset.")
                case Break.ASIDE:
                    self._dead = True
                    raise Broken("A new connection takes the place of this one.")
                case Break.SILENCE:
                    self._dead = True
                    self._socket.transport.pause_reading()
                    await asyncio.Event().wait()  # until the station notices that nobody answers
                case None:
                    yield self._quirks.hears(text)
            if first:
                first = False
                await self._lines.close_left()

    async def close(self) -> None:
        """In an orderly way, unless it is dead."""
        if self._dead:
            self._lines.leave(self._socket)
        else:
            await self._socket.close()


__all__ = ("Broken", "ConnectionClosed", "Line", "Lines")
