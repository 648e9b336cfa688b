"""A WebSocket client that costs next to nothing, so that the server is what is measured.

Frames are made once; of what comes back only the end of each frame is looked for. One call is
unanswered at a time on each connection, as OCPP wants it.
"""

from __future__ import annotations

import asyncio
import functools
import os
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import cast

UNDER_WAY = 3
"""Calls after which a station is: it has booted, and begun its session where it has one."""

MOST_WARM_UP = 60.0
"""Seconds that are waited for that."""


@dataclass
class Tally:
    """What all connections of a run counted."""

    answered: int = 0
    errors: int = 0
    counting: bool = False
    times: list[float] = field(default_factory=list)


def text_frame(text: str) -> bytes:
    """A masked text frame (RFC 6455 section 5.2); the mask is zero, which is legal and leaves the text as it is."""
    data = text.encode()
    if len(data) < 126:
        head = bytes([0x81, 0x80 | len(data)])
    elif len(data) < 65536:
        head = bytes([0x81, 0x80 | 126]) + len(data).to_bytes(2, "big")
    else:
        head = bytes([0x81, 0x80 | 127]) + len(data).to_bytes(8, "big")
    return head + b"\x00\x00\x00\x00" + data


class Socket(asyncio.Protocol, ABC):
    """The client's end of a WebSocket; `ready` when it is open. A subclass says what frames mean (`take`)."""

    def __init__(self, path: str, protocol: str = "") -> None:
        self._path = path
        self._protocol = protocol
        self._buffer = b""
        self._open = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False

    @abstractmethod
    def take(self, payload: bytes) -> None:
        """A frame has come."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport = cast(asyncio.Transport, transport)
        key = "AAAAAAAAAAAAAAAAAAAAAA=="
        protocol = f"Sec-WebSocket-Protocol: {self._protocol}\r\n" if self._protocol else ""
        head = (
            f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{protocol}\r\n"
        )
        transport.write(head.encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.ready.set_exception(RuntimeError(head.decode("latin-1")))
                return
            self._open, self._buffer = True, rest
            self.ready.set_result(None)
        while (payload := self._next_payload()) is not None:
            self.take(payload)

    def _next_payload(self) -> bytes | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length == 126:
            length, start = int.from_bytes(buffer[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return buffer[start : start + length]

    def write(self, frame: bytes) -> None:
        self._transport.write(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True

    def close(self) -> None:
        self._transport.close()


class Station(Socket):
    """Sends `frames` in turn, the next one when the last is answered."""

    def __init__(self, path: str, frames: list[bytes], tally: Tally, protocol: str) -> None:
        super().__init__(path, protocol)
        self._frames = frames
        self._tally = tally
        self._index = 0
        self._sent_at = 0.0
        self._said = 0
        self.under_way: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self, payload: bytes) -> None:
        if payload[:2] == b"[2":
            return  # a call of the server: not ours to answer here
        tally = self._tally
        if payload[:2] != b"[3":
            tally.errors += 1
        if tally.counting:
            tally.answered += 1
            tally.times.append(time.perf_counter() - self._sent_at)
        self.send()

    def send(self) -> None:
        self._sent_at = time.perf_counter()
        self.write(self._frames[self._index])
        self._index = (self._index + 1) % len(self._frames)
        self._said += 1
        if self._said == UNDER_WAY:
            self.under_way.set_result(None)


async def run(
    port: int, path: str, count: int, frames: list[bytes], seconds: float, first: bytes, protocol: str = "ocpp1.6"
) -> Tally:
    """`count` stations send for `seconds`, after a second that is not counted, and when each of them is under way."""
    tally = Tally()
    loop = asyncio.get_running_loop()
    stations: list[Station] = []
    for number in range(count):
        made = functools.partial(Station, f"{path}BENCH{number:04d}", frames, tally, protocol)
        _, station = await loop.create_connection(made, "127.0.0.1", port)
        await station.ready
        stations.append(station)
    for station in stations:  # only now: what the first ones have to say would keep the others waiting
        station.write(first)
    await asyncio.sleep(1.0)
    await asyncio.wait([station.under_way for station in stations], timeout=MOST_WARM_UP)
    tally.counting = True
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    tally.counting = False
    elapsed = time.perf_counter() - started
    if any(station.closed for station in stations):
        raise RuntimeError("The server closed connections.")
    for station in stations:
        station.close()
    tally.answered = round(tally.answered / elapsed * seconds)
    return tally


def describe_machine() -> str:
    """The machine in one line, for RESULTS.md."""
    model = "unknown CPU"
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{os.cpu_count()} cores ({model}), load {os.getloadavg()[0]:.1f}"
