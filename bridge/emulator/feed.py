"""The event sockets of an emulated charger: every client gets every event from now on, or is cut."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

QUEUED = 1000
"""Events that may wait for one client; who is slower is cut."""

PATH = "/events/stream"


class Feed:
    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[str | None]] = set()
        self.sent = 0
        self.overflows = 0

    @property
    def clients(self) -> int:
        return len(self._queues)

    def publish(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            text = orjson.dumps(event).decode()
            for queue in list(self._queues):
                try:
                    queue.put_nowait(text)
                except asyncio.QueueFull:
                    self.overflows += 1
                    self._end(queue)

    def _end(self, queue: asyncio.Queue[str | None]) -> None:
        self._queues.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)

    def cut(self) -> None:
        """All clients lose their connections."""
        for queue in list(self._queues):
            self._end(queue)

    async def serve(self, receive: Any, send: Any) -> None:
        """One client's socket, until it goes or has to be cut; returning is cutting."""
        await receive()  # websocket.connect
        queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUED)
        await send({"type": "websocket.accept"})
        self._queues.add(queue)
        sender = asyncio.create_task(self._send(queue, send))
        reader = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({sender, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._queues.discard(queue)
            for task in (sender, reader):
                task.cancel()
            await asyncio.gather(sender, reader, return_exceptions=True)

    async def _send(self, queue: asyncio.Queue[str | None], send: Any) -> None:
        while (text := await queue.get()) is not None:
            await send({"type": "websocket.send", "text": text})
            self.sent += 1


async def _until_gone(receive: Any) -> None:
    """What clients say is nobody's business."""
    while (await receive())["type"] != "websocket.disconnect":
        pass
