"""One emulated device on a real socket."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from devices.emulator.model import House, Values, underscored
from devices.emulator.statistics import Statistics

COALESCE_SECONDS = 0.2
REPLY_TIMEOUT = 5.0
RECONNECT_SECONDS = 5.0
NATURAL_SECONDS = 3.0
"""Mean time between two changes that a device reports when no rate is asked for."""
MESSAGE_IDS = 10_000
OPENING = 50
"""Handshakes at the same time; a real fleet does not connect within one millisecond either."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What all devices of a run have in common."""

    url: str
    key: str = ""
    interval: float | None = None
    """Seconds between two updates of one device; None: as it happens."""
    reconnect: float = RECONNECT_SECONDS
    reply_timeout: float = REPLY_TIMEOUT


@dataclass(slots=True)
class _Message:
    capping: str
    frame: str


class _Lost(Exception):
    """The connection is gone."""


class DeviceClient:
    """Connects, reports, waits for answers, repeats what got none, and connects again."""

    def __init__(
        self, house: House, plan: Plan, statistics: Statistics, *, gate: asyncio.Semaphore, dumps_attributes: bool
    ) -> None:
        self._house = house
        self._plan = plan
        self._statistics = statistics
        self._gate = gate
        self._dumps_attributes = dumps_attributes
        self._chance = random.Random(f"client/{house.serial}")
        self._reported: Values = {}
        self._pending: _Message | None = None
        self._next_id = 0
        self._connected_once = False
        self._due = 0.0
        self._stepped = 0.0
        self.last_error = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set: then the last message gets its answer or its time-out."""
        loop = asyncio.get_running_loop()
        started = self._stepped = loop.time()
        self._due = started + self._chance.random() * self._pause()
        while not stop.is_set():
            try:
                async with self._connection() as socket:
                    await self._live(socket, started, stop)
            except (_Lost, OSError, TimeoutError, WebSocketException) as error:
                self.last_error = _reason(error)
            if not stop.is_set():
                await _sleep(self._plan.reconnect * self._chance.uniform(0.5, 1.5), stop)
        if self._pending is not None:
            self._statistics.unanswered += 1

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[ClientConnection]:
        headers = {}
        if self._plan.key:
            credentials = f"{self._house.serial}:{self._plan.key}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(credentials).decode()}"
        async with self._gate:
            socket = await connect(
                self._plan.url, additional_headers=headers, compression=None, proxy=None, open_timeout=20
            )
        statistics = self._statistics
        statistics.reconnects += self._connected_once
        self._connected_once = True
        statistics.online += 1
        try:
            yield socket
        finally:
            statistics.online -= 1
            await socket.close()

    async def _live(self, socket: ClientConnection, started: float, stop: asyncio.Event) -> None:
        if self._pending is not None:  # the connection broke before its answer: it counts once
            self._statistics.resent += 1
            await self._deliver(socket, self._pending)
        await self._report(socket, self._first())
        while not stop.is_set():
            loop = asyncio.get_running_loop()
            await _sleep(self._due - loop.time(), stop)
            if stop.is_set():
                return
            now = loop.time()
            self._house.step(now - started, now - self._stepped, datetime.now().isoformat(sep=" "))
            self._stepped = now
            self._due = max(self._due + self._pause(), now - 1.0)  # a late device hurries, but not for ever
            if changes := self._changes():
                await self._report(socket, ("UPDT", changes))

    def _pause(self) -> float:
        if self._plan.interval is not None:
            return self._plan.interval
        return max(COALESCE_SECONDS, self._chance.expovariate(1 / NATURAL_SECONDS))

    def _first(self) -> tuple[str, Values]:
        everything = self._house.everything()
        return ("INIT", underscored(everything)) if self._dumps_attributes else ("UPDT", everything)

    def _changes(self) -> Values:
        changes = {name: value for name, value in self._house.status().items() if self._reported.get(name) != value}
        if self._plan.interval is None and len(changes) > 1:
            # In nature the four values do not all change at the same moment.
            kept = self._chance.sample(sorted(changes), self._chance.randint(1, len(changes)))
            changes = {name: changes[name] for name in kept}
        return changes

    async def _report(self, socket: ClientConnection, message: tuple[str, Values]) -> None:
        kind, values = message
        capping = f"{self._next_id:04d}:{self._house.serial}"
        self._next_id = (self._next_id + 1) % MESSAGE_IDS
        frame = json.dumps({"type": kind, "message": f"{capping}:{json.dumps(values)}"})
        self._pending = _Message(capping, frame)
        self._reported |= {name.lstrip("_"): value for name, value in values.items()}
        self._statistics.sent += 1
        await self._deliver(socket, self._pending)

    async def _deliver(self, socket: ClientConnection, message: _Message) -> None:
        """Send a message, again after each time-out, until it is answered."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for attempt in range(3):
            self._statistics.resent += attempt > 0
            await socket.send(message.frame)
            try:
                async with asyncio.timeout(self._plan.reply_timeout):
                    verdict = await _answer(socket, message.capping)
            except TimeoutError:
                continue
            self._pending = None
            self._statistics.answered(loop.time() - begun, stored=verdict == "OK")
            return
        raise _Lost("no answer")


async def _answer(socket: ClientConnection, capping: str) -> str:
    """What the server says to the message with this capping; anything else is skipped."""
    while True:
        frame = json.loads(await socket.recv())
        text = str(frame.get("message", ""))
        if text.startswith(f"{capping}:"):
            return text[len(capping) + 1 :]


async def _sleep(seconds: float, stop: asyncio.Event) -> None:
    if seconds <= 0:
        await asyncio.sleep(0)
        return
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass


def _reason(error: Exception) -> str:
    if isinstance(error, InvalidHandshake | _Lost):
        return str(error)
    return f"{type(error).__name__}: {error}"


async def run_fleet(plan: Plan, *, count: int, seed: int, statistics: Statistics, stop: asyncio.Event) -> list[str]:
    """Run devices 0001… until `stop` is set; what went wrong, once each."""
    gate = asyncio.Semaphore(OPENING)
    clients = [
        DeviceClient(House.build(number, seed), plan, statistics, gate=gate, dumps_attributes=number % 2 == 0)
        for number in range(1, count + 1)
    ]
    await asyncio.gather(*(client.run(stop) for client in clients))
    return sorted({client.last_error for client in clients if client.last_error})
