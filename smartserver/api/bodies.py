"""How much a request may bring along, and how long it may take for it.

Looked at before Django, which puts every body on disk before it asks who sent it, however long that takes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import IO, Any, NamedTuple

import orjson
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest

from smartserver.accounts.roles import Role
from smartserver.api.early import EarlyRoles
from smartserver.api.paths import API
from smartserver.api.problems import CONTENT_TYPE, problem

Application = Callable[[Any, Any, Any], Awaitable[None]]

UPLOAD = "/api/v1/firmware/upload"
AROUND_A_FILE = 65_536
"""Bytes of a form beside its file."""

IDLE_SECONDS = 30.0
"""A body of which nothing comes for so long has no end."""

BODY_SECONDS = 120.0
"""So long a body may take in all; a file TRANSFER_SECONDS."""


class Allowance(NamedTuple):
    """What one request may bring: bytes, in how many seconds; and the answer to more of it."""

    size: int
    seconds: float
    status: int
    text: str


class LimitedBodies:
    """ASGI middleware for HTTP.

    Refuses what is announced as too large, and stops reading what turns out to be, or what never ends.
    Only who may upload a file may send one.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._roles = EarlyRoles()

    def close(self) -> None:
        """Give back the thread; for tests, since a process just ends."""
        self._roles.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        allowed = await self._allowance(scope["path"], headers)
        announced = headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced[:20]) > allowed.size:
            await _refuse(send, allowed.status, allowed.text)
            return
        await self._application(scope, _Body(receive, send, allowed), send)

    async def _allowance(self, path: str, headers: dict[bytes, bytes]) -> Allowance:
        if path.rstrip("/") == UPLOAD:
            role = await self._roles.of(headers)
            if role == Role.ADMINISTRATOR:
                size = int(settings.FIRMWARE_MAX_BYTES) + AROUND_A_FILE
                return Allowance(size, settings.TRANSFER_SECONDS, 413, _too_large(size))
            # A small body goes on to the view, which says the same and puts it on record.
            status, text = (401, "Log in first.") if role is None else (403, "Only administrators may upload firmware.")
            return Allowance(int(settings.API_MAX_BODY), BODY_SECONDS, status, text)
        # Forms of the administration beside the API: what Django itself takes of them.
        size = settings.API_MAX_BODY if path.startswith(API) else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return Allowance(int(size), BODY_SECONDS, 413, _too_large(size))


class _Body:
    """`receive` of a request, within its allowance.

    Whatever is beyond it looks to Django, which reads the body before it does anything else, like a client that
    went away.
    """

    def __init__(self, receive: Any, send: Any, allowed: Allowance) -> None:
        self._receive = receive
        self._send = send
        self._allowed = allowed
        self._left = allowed.size
        self._until = asyncio.get_running_loop().time() + allowed.seconds
        self._complete = False

    async def __call__(self) -> Any:
        if self._complete:
            return await self._receive()  # only that the client goes away can come now, whenever that is
        left = self._until - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(max(0.0, min(IDLE_SECONDS, left))):
                message = await self._receive()
        except TimeoutError:
            return await self._end(408, "The body did not come in time.")
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            # Without a length (chunked) there was no telling before.
            return await self._end(self._allowed.status, self._allowed.text)
        self._complete = not message.get("more_body", False)
        return message

    async def _end(self, status: int, text: str) -> Any:
        self._complete = True
        await _refuse(self._send, status, text)
        return {"type": "http.disconnect"}


class MeasuredRequest(ASGIRequest):
    """A request whose body may have come in chunks (RFC 9112 section 7.1), without a length in its head.

    Django has read all of it by now; without a length its forms, and DRF, would take it for empty.
    """

    def __init__(self, scope: Mapping[str, Any], body_file: IO[bytes]) -> None:
        super().__init__(scope, body_file)
        if "CONTENT_LENGTH" not in self.META:
            self.META["CONTENT_LENGTH"] = str(body_file.seek(0, os.SEEK_END))
            body_file.seek(0)


def _too_large(size: int) -> str:
    return f"A request has at most {size} bytes here."


async def _refuse(send: Any, status: int, text: str) -> None:
    body = orjson.dumps(problem(status, text))
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="SMART-Server"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
