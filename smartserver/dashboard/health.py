"""`/healthz` and `/readyz`, answered before Django looks at the request.

Whoever probes a server asks for its IP address, not for one of its ALLOWED_HOSTS, and without TLS;
and a process is alive even when Django has no thread free.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection

from smartserver.core.runtime import Runtime

Application = Callable[[Any, Any, Any], Awaitable[None]]

ALIVE = "/healthz"
READY = "/readyz"


class HealthFirst:
    """ASGI middleware for HTTP."""

    def __init__(self, application: Application, runtime: Runtime) -> None:
        self._application = application
        self._runtime = runtime

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] not in (ALIVE, READY):
            await self._application(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await _answer(scope, send, 405, {"code": "method_not_allowed"})
        elif scope["path"] == ALIVE:
            await _answer(scope, send, 200, {"alive": True})
        else:
            checks = {"database": await sync_to_async(_database_answers)(), "writer": self._runtime.ready}
            ready = all(checks.values())
            await _answer(scope, send, 200 if ready else 503, {"ready": ready, "checks": checks})


def _database_answers() -> bool:
    try:
        connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


async def _answer(scope: Any, send: Any, status: int, content: dict[str, Any]) -> None:
    body = orjson.dumps(content)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
