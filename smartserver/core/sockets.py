"""The base of every WebSocket of the server: a lean receive loop, one sender, clear refusals.

A subclass says who may connect (`open`), what a message means (`on_message`) and what waits to be
sent (`next_frame`). It never awaits inside `on_message` except for room in a queue: that is how a
full queue makes the socket stop reading.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from smartserver.core.errors import Unavailable

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

GOING_AWAY = 1001
PROTOCOL_ERROR = 1002
UNSUPPORTED_DATA = 1003
POLICY_VIOLATION = 1008
TOO_BIG = 1009
INTERNAL_ERROR = 1011
RESTART = 1012
TRY_AGAIN = 1013

SEND_TIMEOUT = 30.0
"""Seconds for one frame to leave; a peer that takes longer is gone or hopeless."""

CLOSE_TIMEOUT = 5.0


class Refused(Exception):
    """The handshake is refused with this HTTP status."""

    def __init__(self, status: int, text: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.headers = tuple(headers)


class Socket:
    """One connection. `await run()` lives as long as it does."""

    purpose: ClassVar[str] = "socket"

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self._receive = receive
        self._send = send
        self._awake = False
        self._waiter: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._sender: asyncio.Task[None] | None = None
        self._sending_since: float | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._aborting: asyncio.Task[None] | None = None
        self._progress = asyncio.Event()
        self._mute = True  # nobody sends: not yet, or no more
        self._closing: tuple[int, str] | None = None
        self._closed = False

    # -- for subclasses ----------------------------------------------------------------

    async def open(self) -> str | None:
        """Decide about the handshake: return the subprotocol (or None) or raise `Refused`."""
        raise NotImplementedError  # pragma: no cover  (every subclass has its own)

    async def opened(self) -> None:
        """The handshake is complete."""

    async def on_message(self, data: str | bytes) -> None:
        raise NotImplementedError  # pragma: no cover  (every subclass has its own)

    async def closed(self, code: int) -> None:
        """The connection is gone."""

    def next_frame(self) -> str | None:
        """The next frame to send, or None when nothing waits."""
        return None

    def wake(self) -> None:
        """Something waits to be sent."""
        self._awake = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait_while(self, full: Callable[[], bool]) -> None:
        """Return when `full()` has become false, or nothing more can be sent.

        For sockets whose answers are behind: they stop reading until some have left.
        """
        while full() and not self._mute and self._closing is None:
            self._progress.clear()
            await self._progress.wait()

    def close(self, code: int, reason: str = "") -> None:
        """Send what waits, then close."""
        if self._closing is None:
            self._closing = (code, reason)
            self._progress.set()
            self.wake()

    # -- the life of a connection ------------------------------------------------------

    async def run(self) -> None:
        message = await self._receive()
        if message["type"] != "websocket.connect":
            return
        try:
            check_origin(self.headers)
            subprotocol = await self.open()
        except Refused as refused:
            await self._refuse(refused)
            return
        except Unavailable as error:
            await self._refuse(Refused(error.status, str(error), [(b"retry-after", b"5")]))
            return
        try:
            await self._live(subprotocol)
        finally:
            self._closed = True

    async def _live(self, subprotocol: str | None) -> None:
        code = 1006
        try:
            await self._send({"type": "websocket.accept", "subprotocol": subprotocol})
            self._mute = False
            self._sender = self._loop.create_task(self._send_frames())
            self._watch_sender()
            await self.opened()
            code = await self._read()
        except asyncio.CancelledError:
            code = GOING_AWAY
            raise
        except Exception:
            logger.exception("A %s failed.", self.purpose)
            code = INTERNAL_ERROR
            self.close(code, "internal error")
        finally:
            await self._finish(code)

    async def _read(self) -> int:
        receive, on_message = self._receive, self.on_message
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return int(message.get("code") or 1005)
            text = message.get("text")
            await on_message(text if text is not None else message.get("bytes") or b"")

    async def _finish(self, code: int) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
        if self._sender is not None:
            if self._closing is not None and not self._sender.done():
                await asyncio.wait([self._sender], timeout=CLOSE_TIMEOUT)
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        await self.closed(code)

    async def _send_frames(self) -> None:
        try:
            while True:
                if not self._awake:
                    self._waiter = self._loop.create_future()
                    await self._waiter
                    self._waiter = None
                self._awake = False
                self._sending_since = self._loop.time()
                while (frame := self.next_frame()) is not None:
                    await self._send({"type": "websocket.send", "text": frame})
                    self._progress.set()
                self._sending_since = None
                if self._closing is not None:
                    code, reason = self._closing
                    await self._send({"type": "websocket.close", "code": code, "reason": reason[:120]})
                    return
        except OSError:
            pass  # the peer is gone; the receive loop hears of it too
        finally:
            self._mute = True
            self._progress.set()

    def _watch_sender(self) -> None:
        """Give up on a peer that does not take its messages. One timer a connection, none a frame."""
        self._watchdog = self._loop.call_later(SEND_TIMEOUT / 2, self._watch_sender)
        since = self._sending_since
        if since is not None and self._loop.time() - since > SEND_TIMEOUT and self._sender is not None:
            logger.info("A %s does not take its messages; closed.", self.purpose)
            self._watchdog.cancel()
            self._sender.cancel()
            self._aborting = self._loop.create_task(self._abort())

    async def _abort(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._send({"type": "websocket.close", "code": TRY_AGAIN, "reason": "too slow"})
        except (TimeoutError, OSError):
            pass

    async def _refuse(self, refused: Refused) -> None:
        if "websocket.http.response" not in self.scope.get("extensions", {}):
            await self._send({"type": "websocket.close", "code": POLICY_VIOLATION})  # the server makes this a 403
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8"), *refused.headers]
        await self._send({"type": "websocket.http.response.start", "status": refused.status, "headers": headers})
        body = f"{refused}\n".encode()
        await self._send({"type": "websocket.http.response.body", "body": body, "more_body": False})


def check_origin(headers: dict[bytes, bytes]) -> None:
    """Refuse a web page of somebody else that opens one of our sockets from its visitor's browser.

    Browsers always send `Origin`; chargers and devices do not, so its absence is fine. It has to
    name the very host and port that were asked (`Host`, itself checked against ALLOWED_HOSTS), or
    stand in CSRF_TRUSTED_ORIGINS.
    """
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin or origin in settings.CSRF_TRUSTED_ORIGINS:
        return
    host = headers.get(b"host", b"").decode("latin-1").lower()
    name, _ = split_domain_port(host)
    same = urlsplit(origin).netloc.lower() == host
    if not (same and name and validate_host(name, settings.ALLOWED_HOSTS)):
        raise Refused(403, "This page may not open a socket here.")
