"""Short messages between the server processes, over the channel layer.

Only hints travel here ("these rows changed", "this station connected to me"): what matters is in
the database. Every message is numbered by its sender, so that a process that misses one notices
it, at the latest with the next beat, and reads everything again.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import orjson
from channels.layers import BaseChannelLayer

logger = logging.getLogger(__name__)

GROUP = "smartserver.peers"
BEAT_SECONDS = 5.0
QUEUE = 1000
KIND_BEAT = "beat"

Handler = Callable[[dict[str, Any]], None]


class Peers:
    """This process among the others. Without a layer it is alone and sends nothing."""

    def __init__(self, layer: BaseChannelLayer | None, *, beat: float = BEAT_SECONDS) -> None:
        self.origin = uuid.uuid4().hex
        self.lost_hints = 0
        self._layer = layer
        self._beat = beat
        self._handlers: defaultdict[str, list[Handler]] = defaultdict(list)
        self._on_gap: list[Callable[[], None]] = []
        self._seen: dict[str, int] = {}
        self._seq = 0
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(QUEUE)
        self._tasks: list[asyncio.Task[None]] = []

    def on(self, kind: str, handler: Handler) -> None:
        """Call `handler(data)` in the event loop for every message of this kind; several may ask for the same kind."""
        self._handlers[kind].append(handler)

    def on_gap(self, handler: Callable[[], None]) -> None:
        """Call `handler()` when messages of another process were lost."""
        self._on_gap.append(handler)

    def send(self, kind: str, data: dict[str, Any]) -> None:
        """Tell all other processes; never blocks, and never fails the caller."""
        if self._layer is None:
            return
        self._seq += 1
        message = {
            "type": "peer",
            "origin": self.origin,
            "seq": self._seq,
            "kind": kind,
            "data": orjson.dumps(data).decode(),
        }
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self.lost_hints += 1  # the number is used up: the others will notice

    def share(self, kind: str, data: dict[str, Any]) -> None:
        """Tell all processes, this one included."""
        self._hand_over(kind, data)
        self.send(kind, data)

    async def start(self) -> None:
        if self._layer is not None:
            loop = asyncio.get_running_loop()
            self._tasks = [loop.create_task(work()) for work in (self._send, self._receive, self._keep_beat)]

    async def stop(self) -> None:
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            # More than once, because the Redis client now and then swallows a cancellation.
            _, pending = await asyncio.wait(self._tasks, timeout=0.2)
            self._tasks = list(pending)

    async def _send(self) -> None:
        assert self._layer is not None
        while True:
            message = await self._queue.get()
            try:
                await self._layer.group_send(GROUP, message)
            except Exception as error:  # noqa: BLE001  (any failure of the layer is the same to us)
                self.lost_hints += 1
                logger.warning("Other processes could not be told of a change: %s", error)
                await asyncio.sleep(0.2)

    async def _keep_beat(self) -> None:
        while True:
            await asyncio.sleep(self._beat)
            self.send(KIND_BEAT, {})

    async def _receive(self) -> None:
        assert self._layer is not None
        while True:
            try:
                channel = await self._layer.new_channel()
                await self._layer.group_add(GROUP, channel)
                while True:
                    self._take(await self._layer.receive(channel))
            except Exception as error:  # noqa: BLE001  (as above)
                logger.warning("The channel layer failed, trying again: %s", error)
                self._gap()
                await asyncio.sleep(1.0)

    def _take(self, message: dict[str, Any]) -> None:
        origin, seq, kind = message["origin"], message["seq"], message["kind"]
        if origin == self.origin:
            return
        expected = self._seen.get(origin, 0) + 1
        self._seen[origin] = seq
        if seq != expected:
            if expected > 1:  # else it began before we listened: also then its news may have been missed
                logger.warning("Missed %d messages of another process.", seq - expected)
            self._gap()
        self._hand_over(kind, orjson.loads(message["data"]))

    def _hand_over(self, kind: str, data: dict[str, Any]) -> None:
        for handler in self._handlers.get(kind, ()):
            handler(data)

    def _gap(self) -> None:
        for handler in self._on_gap:
            handler()
