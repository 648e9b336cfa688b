"""One HTTP exchange as ASGI tells it: headers, the body under time limits, short answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import orjson

from smartserver.core.errors import SmartServerError

Headers = Iterable[tuple[bytes, bytes]]

DRAIN_SECONDS = 5.0
"""After an early answer so much longer is listened: who still sends would see a reset instead of the answer."""

NO_STORE = (b"cache-control", b"no-store")


class Interrupted(Exception):
    """The peer went away before the end."""


class TooSlow(SmartServerError):
    code = "too_slow"
    status = 408


class Exchange:
    """A request and its answer."""

    def __init__(self, scope: Any, receive: Any, send: Any, *, idle: float, seconds: float) -> None:
        self.method = str(scope["method"])
        self.send = send
        self.receive = receive
        self.idle = idle
        self.allow(seconds)
        self._headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        self._unread = self.method in ("POST", "PUT")
        self._touched = False

    def header(self, name: str) -> str:
        return str(self._headers.get(name.encode(), ""))

    def time_left(self) -> asyncio.Timeout:
        """A limit for one step: the peer may not be idle for too long, nor take too long altogether."""
        left = self.deadline - asyncio.get_running_loop().time()
        return asyncio.timeout(max(0.0, min(self.idle, left)))

    def allow(self, seconds: float) -> None:
        """From now on it may take so long."""
        self.deadline = asyncio.get_running_loop().time() + seconds

    async def body(self) -> AsyncIterator[bytes]:
        """The pieces of the body; `Interrupted` or `TooSlow` when its end does not come."""
        while self._unread:
            self._touched = True
            try:
                async with self.time_left():
                    message = await self.receive()
            except TimeoutError:
                raise TooSlow("The transfer took too long.") from None
            if message["type"] == "http.disconnect":
                raise Interrupted
            self._unread = message.get("more_body", False)
            if data := message.get("body"):
                yield data

    async def answer(self, status: int, content: dict[str, Any], headers: Headers = ()) -> None:
        """A short answer in JSON; problems as RFC 9457 has them."""
        body = orjson.dumps(content)
        kind = b"application/problem+json" if status >= 400 else b"application/json"
        fixed = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), NO_STORE]
        if self._unread:
            fixed.append((b"connection", b"close"))
        await self.send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
        shown = b"" if self.method == "HEAD" else body
        await self.send({"type": "http.response.body", "body": shown, "more_body": self._unread})
        if self._unread:
            await self._drain()
            await self.send({"type": "http.response.body", "body": b""})

    async def refuse(self, error: SmartServerError, headers: Headers = ()) -> None:
        content = {"type": "about:blank", "status": error.status, "code": error.code, "detail": str(error)}
        await self.answer(error.status, content | error.details, headers)

    async def _drain(self) -> None:
        """Take what is still being sent, and drop it.

        Who waits for “100 Continue” (RFC 9110 section 10.1.1) sends nothing.
        """
        if not self._touched and self.header("expect").lower() == "100-continue":
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._unread:
                    message = await self.receive()
                    self._unread = message.get("more_body", False)
