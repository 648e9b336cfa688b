"""Messages a second, acknowledged and stored: against a reference that stores nothing, or a version against 1.6.

    python -m benchmarks.ocpp_throughput [--seconds 8] [--rounds 3] [--stations 100]
    python -m benchmarks.ocpp_throughput --version 2.1

What is compared runs in turn in the same run. Ours: one process, SQLite with synchronous=FULL, message log on, one
browser attached that watches all stations. With `--version` ours is compared with itself: stations say in that version
what they say in 1.6.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

import uvloop
import websockets

from benchmarks import loads, raw_client

ROOT = Path(__file__).resolve().parent.parent


class Load(NamedTuple):
    """What is said to a server of a kind (ours, or the reference), in a version; `name` is what it is called here."""

    name: str
    kind: str
    version: str
    frames: list[bytes]


class Comparison(NamedTuple):
    """Two loads, and how many times the rate of the second the first should have."""

    title: str
    first: Load
    second: Load
    goal: float


def against_reference() -> list[Comparison]:
    """Ours and the reference, both with 1.6."""
    said = {"MeterValues": (loads.meter_values("1.6"), 3.0), "Heartbeat": (loads.heartbeats(), 2.0)}
    return [
        Comparison(name, Load("ours", "ours", "1.6", frames), Load("reference", "reference", "1.6", frames), goal)
        for name, (frames, goal) in said.items()
    ]


def against_16(version: str) -> list[Comparison]:
    """Ours with a version, and with 1.6."""
    said = {
        "MeterValues / MeterValues": (loads.meter_values, 0.8),
        "TransactionEvent (Started) / StartTransaction": (loads.starts, 0.8),
        "TransactionEvent (Updated) / MeterValues of a session": (loads.session, 0.8),
    }
    return [
        Comparison(name, Load(version, "ours", version, make(version)), Load("1.6", "ours", "1.6", make("1.6")), goal)
        for name, (make, goal) in said.items()
    ]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A server process for one measurement."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory()
        environment = os.environ | {
            "SMARTSERVER_DATA_DIR": self._folder.name,
            "SMARTSERVER_OPEN": "1",
            "DATABASE_URL": "",
            "REDIS_URL": "",
        }
        command = (
            [sys.executable, "manage.py", "serve", "--port", str(self.port)]
            if kind == "ours"
            else [sys.executable, "-m", "benchmarks.reference_server", str(self.port)]
        )
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.kind == "ours":
                    urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=1).close()
                else:
                    socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"The {self.kind} server did not start.")

    def stored_rows(self) -> int:
        import sqlite3

        with sqlite3.connect(Path(self._folder.name) / "smartserver.sqlite3") as database:
            rows: int = database.execute("SELECT count(*) FROM stations_message").fetchone()[0]
            return rows

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)

    def clean(self) -> None:
        self._folder.cleanup()


async def watch(port: int, counted: list[int]) -> None:
    """The browser: watches all stations and takes every change."""
    async with websockets.connect(
        f"ws://127.0.0.1:{port}/client/",
        subprotocols=[websockets.Subprotocol("smartserver.live.v1")],
        max_size=None,
        compression=None,
    ) as page:
        await page.send(json.dumps({"type": "subscribe", "topic": "stations", "query": []}))
        async for _ in page:
            counted[0] += 1


async def measure(server: Server, load: Load, stations: int, seconds: float) -> tuple[float, float]:
    """Answers a second, and the 99th percentile of the reply time in ms."""
    counted = [0]
    page = asyncio.create_task(watch(server.port, counted)) if server.kind == "ours" else None
    await asyncio.sleep(0.5)
    path = "/ocpp/" if server.kind == "ours" else "/"
    first, protocol = loads.boot(load.version), f"ocpp{load.version}"
    tally = await raw_client.run(server.port, path, stations, load.frames, seconds, first, protocol)
    if page is not None:
        page.cancel()
        if counted[0] < seconds:
            raise RuntimeError("The browser saw no changes.")
    if tally.errors:
        raise RuntimeError(f"{tally.errors} calls were refused.")
    return tally.answered / seconds, sorted(tally.times)[int(len(tally.times) * 0.99)] * 1000


def run(load: Load, stations: int, seconds: float) -> float:
    server = Server(load.kind)
    try:
        rate, p99 = uvloop.run(measure(server, load, stations, seconds))
    finally:
        server.stop()
    stored = ""
    if load.kind == "ours":
        rows = server.stored_rows()
        if rows < rate * seconds:
            raise RuntimeError(f"Only {rows} exchanges are stored.")
        stored = f", {rows} exchanges stored"
    server.clean()
    print(f"    {load.name:9} {rate:8.0f}/s   p99 {p99:6.1f} ms{stored}", flush=True)
    return rate


def compare(comparison: Comparison, options: argparse.Namespace) -> bool:
    """Whether the goal is reached, by the medians of all rounds."""
    print(f"{comparison.title}, {options.stations} stations:")
    both = (comparison.second, comparison.first)
    rates: list[list[float]] = [[], []]
    for _ in range(options.rounds):
        for load, found in zip(both, rates, strict=True):
            found.append(run(load, options.stations, options.seconds))
    second, first = map(statistics.median, rates)
    ratio = first / second
    names = f"{comparison.first.name} {first:.0f}/s, {comparison.second.name} {second:.0f}/s"
    print(f"  median: {names}: {ratio:.2f} times (goal {comparison.goal:g})")
    return ratio >= comparison.goal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stations", type=int, default=100)
    parser.add_argument("--version", choices=("2.0.1", "2.1"), help="compare ours in this version with ours in 1.6")
    options = parser.parse_args()
    print(raw_client.describe_machine())
    comparisons = against_16(options.version) if options.version else against_reference()
    reached = [compare(each, options) for each in comparisons]
    sys.exit(0 if all(reached) else 1)


if __name__ == "__main__":
    main()
