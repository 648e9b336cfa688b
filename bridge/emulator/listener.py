"""The sockets of an emulated charger: HTTP and WebSocket by uvicorn's protocols, listening that can be interrupted.

uvicorn is a requirement of the server already, and its protocols stream bodies both ways; its `Server` would take
the signals and close politely, so the listening, and the cutting of connections, is done here.
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from uvicorn.server import ServerState

MAX_SOCKET_MESSAGE = 65_536


class Listener:
    """An ASGI application on a port; `port` 0 is a free one, which is kept when it opens again."""

    def __init__(self, application: Any, *, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._config = uvicorn.Config(
            application,
            interface="asgi3",
            http="h11",
            ws="websockets-sansio",
            ws_max_size=MAX_SOCKET_MESSAGE,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            log_level="critical",  # answers that break off are what was asked for
            server_header=False,
            date_header=False,
        )
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    @property
    def is_open(self) -> bool:
        return self._server is not None

    async def open(self) -> None:
        """`OSError` where the port cannot be had."""
        if not self._config.loaded:
            self._config.load()
        self._server = await asyncio.get_running_loop().create_server(self._protocol, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _protocol(self) -> asyncio.Protocol:
        make: Any = self._config.http_protocol_class
        protocol: asyncio.Protocol = make(config=self._config, server_state=self._state, app_state={})
        return protocol

    def _connections(self) -> list[Any]:
        return list(self._state.connections)

    def refuse(self) -> None:
        """New connections are refused; those that stand stay."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def cut(self, client: tuple[str, int] | None = None) -> None:
        """Cut the connection of this client, or all, at once: no closing frame, nothing that waits is sent."""
        for connection in self._connections():
            if client is None or connection.client == client:
                connection.transport.abort()

    def is_connected(self, client: tuple[str, int]) -> bool:
        return any(
            connection.client == client and not connection.transport.is_closing() for connection in self._connections()
        )

    async def close(self) -> None:
        """Refuse, cut, and wait until what was being answered has noticed."""
        self.refuse()
        self.cut()
        tasks = list(self._state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
