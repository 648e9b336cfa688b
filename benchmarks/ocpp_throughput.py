"""Messages a second, acknowledged and stored, against a reference that stores nothing.

    python -m benchmarks.ocpp_throughput [--seconds 8] [--rounds 3] [--stations 100]

Both servers run in turn in the same run, from the same load. Ours: one process, SQLite with
synchronous=FULL, message log on, one browser attached that watches all stations.
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

import uvloop
import websockets

from benchmarks import raw_client

ROOT = Path(__file__).resolve().parent.parent

BOOT = raw_client.text_frame('[2,"boot","BootNotification",{"chargePointVendor":"Bench","chargePointModel":"B1"}]')


def heartbeats() -> list[bytes]:
    return [raw_client.text_frame(json.dumps([2, f"hb-{n:06d}", "Heartbeat", {}])) for n in range(500)]


def meter_values() -> list[bytes]:
    """500 readings with five sampled values each, no two alike."""
    frames = []
    for n in range(500):
        sampled = [
            {"value": str(100_000 + n * 7), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
            {"value": str(7000 + n % 90), "measurand": "Power.Active.Import", "unit": "W"},
            {"value": f"{30 + n % 3}.5", "measurand": "Current.Import", "unit": "A"},
            {"value": f"{229 + n % 5}.1", "measurand": "Voltage", "unit": "V"},
            {"value": str(20 + n % 70), "measurand": "SoC", "unit": "Percent"},
        ]
        reading = {"timestamp": f"2026-01-01T00:{n // 60 % 60:02d}:{n % 60:02d}Z", "sampledValue": sampled}
        frames.append(
            raw_client.text_frame(
                json.dumps([2, f"mv-{n:06d}", "MeterValues", {"connectorId": 1, "meterValue": [reading]}])
            )
        )
    return frames


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


async def measure(server: Server, frames: list[bytes], stations: int, seconds: float) -> tuple[float, float]:
    """Answers a second, and the 99th percentile of the reply time in ms."""
    counted = [0]
    page = asyncio.create_task(watch(server.port, counted)) if server.kind == "ours" else None
    await asyncio.sleep(0.5)
    path = "/ocpp/" if server.kind == "ours" else "/"
    tally = await raw_client.run(server.port, path, stations, frames, seconds, BOOT)
    if page is not None:
        page.cancel()
        if counted[0] < seconds:
            raise RuntimeError("The browser saw no changes.")
    if tally.errors:
        raise RuntimeError(f"{tally.errors} calls were refused.")
    return tally.answered / seconds, sorted(tally.times)[int(len(tally.times) * 0.99)] * 1000


def run(kind: str, frames: list[bytes], stations: int, seconds: float) -> float:
    server = Server(kind)
    try:
        rate, p99 = uvloop.run(measure(server, frames, stations, seconds))
    finally:
        server.stop()
    stored = ""
    if kind == "ours":
        rows = server.stored_rows()
        if rows < rate * seconds:
            raise RuntimeError(f"Only {rows} exchanges are stored.")
        stored = f", {rows} exchanges stored"
    server.clean()
    print(f"    {kind:9} {rate:8.0f}/s   p99 {p99:6.1f} ms{stored}", flush=True)
    return rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stations", type=int, default=100)
    options = parser.parse_args()
    print(raw_client.describe_machine())
    goals = {"MeterValues": (meter_values(), 3.0), "Heartbeat": (heartbeats(), 2.0)}
    missed = False
    for name, (frames, goal) in goals.items():
        print(f"{name}, {options.stations} stations:")
        rates: dict[str, list[float]] = {"reference": [], "ours": []}
        for _ in range(options.rounds):
            for kind, found in rates.items():
                found.append(run(kind, frames, options.stations, options.seconds))
        reference, ours = (statistics.median(rates[kind]) for kind in ("reference", "ours"))
        ratio = ours / reference
        missed = missed or ratio < goal
        print(f"  median: ours {ours:.0f}/s, reference {reference:.0f}/s: {ratio:.2f} times (goal {goal:g})")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
