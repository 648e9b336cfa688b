"""How much a request may bring along.

Looked at before Django, which puts every body on disk before it asks who sent it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from django.conf import settings

from smartserver.api.paths import API
from smartserver.api.problems import CONTENT_TYPE, problem

Application = Callable[[Any, Any, Any], Awaitable[None]]

UPLOAD = "/api/v1/firmware/upload"
AROUND_A_FILE = 65_536
"""Bytes of a form beside its file."""


class LimitedBodies:
    """ASGI middleware for HTTP. Refuses what is announced as too large, and stops reading what turns out to be."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not scope["path"].startswith(API):
            await self._application(scope, receive, send)
            return
        limit = _limit(scope["path"])
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced[:20]) > limit:
            await _refuse(send, limit)
            return
        left = limit

        async def limited() -> Any:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left >= 0:
                return message
            # Without a length (chunked) there was no telling before. Django, which reads the body before it does
            # anything else, takes it for a client that went away.
            await _refuse(send, limit)
            return {"type": "http.disconnect"}

        await self._application(scope, limited, send)


def _limit(path: str) -> int:
    if path.rstrip("/") == UPLOAD:
        return int(settings.FIRMWARE_MAX_BYTES) + AROUND_A_FILE
    return int(settings.API_MAX_BODY)


async def _refuse(send: Any, limit: int) -> None:
    body = orjson.dumps(problem(413, f"A request has at most {limit} bytes here."))
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
