"""A real server in a thread of the test's own process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import uvicorn
from django.conf import settings

from smartserver.core.batch import Unit
from smartserver.core.runtime import Lifespan, Runtime
from tests.waiting import eventually

T = TypeVar("T")


class ServerThread:
    """An ASGI application on a port of its own, with uvicorn configured as `manage.py serve` does it.

    With a `runtime` its parts start and stop with the server, and the application is only asked for connections;
    without one the application gets the lifespan messages too. `options` are uvicorn's.
    """

    def __init__(self, application: Any, runtime: Runtime | None = None, **options: Any) -> None:
        self._application = application
        self._lifespan = application if runtime is None else Lifespan(runtime)
        self._loop: asyncio.AbstractEventLoop | None = None
        common: dict[str, Any] = {
            "interface": "asgi3",
            "port": 0,
            "ws": "websockets-sansio",
            "ws_max_size": settings.MAX_FRAME_BYTES,
            "ws_per_message_deflate": False,
            "ws_ping_interval": None,
            "lifespan": "on",
            "log_level": "critical",
        }
        self._server = uvicorn.Server(uvicorn.Config(self._route, **common | options))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    async def _route(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            self._loop = asyncio.get_running_loop()
            await self._lifespan(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    def start(self) -> None:
        self._thread.start()
        eventually(lambda: self._server.started or not self._thread.is_alive())
        assert self._server.started, "The server ended while it started."

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()

    @property
    def port(self) -> int:
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        return port

    def show(self, certificate: str) -> None:
        """To whoever connects with TLS from now on: the certificate, and its key, in this file."""
        context = self._server.config.ssl
        assert context is not None
        self.in_loop(lambda: context.load_cert_chain(certificate))

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def in_loop(self, function: Callable[[], T]) -> T:
        """Call a function in the server's event loop; its value."""

        async def call() -> T:
            return function()

        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(10)


class RuntimeThread(ServerThread):
    """The same around a runtime of its own."""

    def __init__(self, application: Any, runtime: Runtime, **options: Any) -> None:
        super().__init__(application, runtime, **options)
        self.runtime = runtime

    def store(self, unit: Unit[T]) -> T:
        """Run a unit as messages do; its value, after its commit."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(self.runtime.writer.run(unit), self._loop).result(10)
