"""The server's side of a WebSocket by hand: what `receive` yields and where `send` goes, for tests of sockets."""

from __future__ import annotations

import asyncio
from typing import Any

from smartserver.core.sockets import Scope

Message = dict[str, Any]


class Peer:
    """The far end of an ASGI socket. It can stop taking messages, and go away."""

    def __init__(self, *, refusals: bool = True, subprotocols: tuple[str, ...] = (), **headers: str) -> None:
        self.scope: Scope = {
            "type": "websocket",
            "path": "/client/",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
            "subprotocols": list(subprotocols),
            "extensions": {"websocket.http.response": {}} if refusals else {},
        }
        self.sent: list[Message] = []
        self.fault: Exception | None = None
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        self._reads = asyncio.Event()
        self._reads.set()
        self.connect()

    # -- for the socket ----------------------------------------------------------------

    async def receive(self) -> Message:
        return await self._incoming.get()

    async def send(self, message: Message) -> None:
        await self._reads.wait()
        if self.fault is not None:
            raise self.fault
        self.sent.append(message)
        if message["type"] == "websocket.close":
            self.go(message["code"])

    # -- for the test ------------------------------------------------------------------

    def connect(self) -> None:
        self._incoming.put_nowait({"type": "websocket.connect"})

    def say(self, text: str | bytes) -> None:
        kind = "text" if isinstance(text, str) else "bytes"
        self._incoming.put_nowait({"type": "websocket.receive", kind: text})

    def go(self, code: int | None = 1000) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect"} | ({"code": code} if code else {}))

    def stop_reading(self) -> None:
        self._reads.clear()

    def read_again(self) -> None:
        self._reads.set()

    @property
    def types(self) -> list[str]:
        return [message["type"].removeprefix("websocket.") for message in self.sent]

    @property
    def heard(self) -> list[str]:
        return [message["text"] for message in self.sent if message["type"] == "websocket.send"]

    @property
    def close(self) -> tuple[int, str] | None:
        """Code and reason with which the server closed."""
        found = [(message["code"], message.get("reason", "")) for message in self.sent if "code" in message]
        return found[0] if found else None
