"""The base of every WebSocket of the server: a lean receive loop, one sender, clear refusals.

A subclass says who may connect (`open`), what a message means (`on_message`) and what waits to be
sent (`next_frame`). It never awaits inside `on_message` except for room in a queue: that is how a
full queue makes the socket stop reading.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from smartserver.core.eager import Waiting, begin
from smartserver.core.errors import Unavailable

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]

GOING_AWAY = 1001
PROTOCOL_ERROR = 1002
POLICY_VIOLATION = 1008
TOO_BIG = 1009
INTERNAL_ERROR = 1011
RESTART = 1012
TRY_AGAIN = 1013

FAILED = (INTERNAL_ERROR, "internal error")

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
        self._unsent: Waiting | None = None
        self._loop = asyncio.get_running_loop()
        self._sender: asyncio.Task[None] | None = None
        self._sending_since: float | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._aborting: asyncio.Task[None] | None = None
        self._progress = asyncio.Event()
        self._mute = True  # nobody sends: not yet, or no more
        self._task: asyncio.Task[None] | None = None
        self._given_up = False
        self._closing: tuple[int, str] | None = None

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
        """Something waits to be sent: it leaves at once, or by the sender's task when it cannot."""
        self._awake = True
        waiter = self._waiter
        if waiter is None or waiter.done():
            return  # the task is at work and looks again
        if self._closing is None and self._send_at_once():
            self._awake = False
        else:
            waiter.set_result(None)

    def _send_at_once(self) -> bool:
        """Send what waits without the task; False when the rest is the task's."""
        try:
            while (frame := self.next_frame()) is not None:
                self._unsent = begin(self._send({"type": "websocket.send", "text": frame}))
                if self._unsent is not None:
                    return False
                self._progress.set()
        except OSError:
            return False  # the task meets the same error and ends
        except Exception:
            logger.exception("A %s failed.", self.purpose)
            self._closing = self._closing or FAILED
            self._progress.set()
            return False
        return True

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
        await self._live(subprotocol)

    async def _live(self, subprotocol: str | None) -> None:
        code = 1006
        try:
            self._task = asyncio.current_task()
            try:
                await self._send({"type": "websocket.accept", "subprotocol": subprotocol})
            except OSError:
                return  # the peer went while it was looked up: nobody's fault, and nothing to report
            self._mute = False
            self._sender = self._loop.create_task(self._send_frames())
            self._watch_sender()
            await self.opened()
            code = await self._read()
        except asyncio.CancelledError:
            if not self._given_up:
                code = GOING_AWAY
                raise
        except Exception:
            logger.exception("A %s failed.", self.purpose)
            code = INTERNAL_ERROR
            self.close(*FAILED)
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
        if self._aborting is not None:
            self._aborting.cancel()
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
                if self._unsent is not None:
                    await self._unsent
                    self._unsent = None
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
        except Exception:
            logger.exception("A %s failed.", self.purpose)
            self._aborting = self._loop.create_task(self._abort(*FAILED))
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
            self._aborting = self._loop.create_task(self._abort(TRY_AGAIN, "too slow"))

    async def _abort(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except (TimeoutError, OSError):
            # Not even that leaves: the server would wait for this peer as long as it keeps its line open.
            self._given_up = True
            assert self._task is not None
            self._task.cancel()

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
    try:
        same = urlsplit(origin).netloc.lower() == host
    except ValueError:
        same = False
    if not (same and name and validate_host(name, settings.ALLOWED_HOSTS)):
        raise Refused(403, "This page may not open a socket here.")
