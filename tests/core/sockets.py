"""Sockets for tests of their base, in a loop whose clock is set."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from django.test import SimpleTestCase

from smartserver.core.sockets import Socket
from tests.core.asgi import Peer
from tests.core.support import SetClockLoop, run_with_set_clock


class Echo(Socket):
    """Answers each message with the same; some words do something else."""

    purpose = "echo socket"
    refusal: Exception | None = None

    def __init__(self, peer: Peer) -> None:
        super().__init__(peer.scope, peer.receive, peer.send)
        self.waiting: deque[str] = deque()
        self.codes: list[int] = []
        self.task = asyncio.ensure_future(self.run())

    async def open(self) -> str | None:
        if self.refusal is not None:
            raise self.refusal
        return "echo"

    async def on_message(self, data: str | bytes) -> None:
        if data == "fail":
            self.say("last words")
            raise ValueError("a bug")
        if data == "bye":
            self.say("so long")
            self.close(1008, "r" * 200)
            self.close(1011, "only the first counts")
        else:
            self.say(data if isinstance(data, str) else f"{data!r}")

    async def closed(self, code: int) -> None:
        self.codes.append(code)

    def next_frame(self) -> str | None:
        frame = self.waiting.popleft() if self.waiting else None
        if frame == "poison":
            raise ValueError("cannot be encoded")
        return frame

    def say(self, text: str) -> None:
        self.waiting.append(text)
        self.wake()


class Silent(Socket):
    """Has nothing to say and nothing of its own."""

    async def open(self) -> str | None:
        return None


Test = Callable[[SetClockLoop], Coroutine[Any, Any, None]]


class SocketCase(SimpleTestCase):
    run_test = staticmethod(run_with_set_clock)
