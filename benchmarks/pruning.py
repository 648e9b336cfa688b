"""How long stations wait for their answers while old rows are deleted beside them.

    python -m benchmarks.pruning [--rows 1000000] [--stations 50] [--every 0.1]

One process, SQLite with synchronous=FULL, and a message log with a million old exchanges. Stations send MeterValues at
their own pace, first without and then while the old rows go. Exit code 0 when all old rows are gone and the 99th
percentile of the reply time was under 100 ms meanwhile or, on a machine that is busy with other things, no longer than
it was before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import websockets

from benchmarks import raw_client
from tests.operator import Operator
from tests.server import ROOT, ServerProcess

GOAL_MS = 100.0
BASELINE_SECONDS = 15.0
LOOK_SECONDS = 1.0

FILL = """
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?)
INSERT INTO stations_message
    (station_id, ocpp_version, direction, action, message_id, request, reply, outcome, received_at, answered_at)
SELECT 1 + n % ?, '1.6', 'in', 'MeterValues', 'old-' || n, ?, '{}', 'CALLRESULT',
       strftime('%Y-%m-%d %H:%M:%f', 'now', '-1000 days', '+' || n || ' seconds'), NULL
FROM numbers
"""


def reading(number: int) -> dict[str, Any]:
    sampled = [
        {"value": str(100_000 + number), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        {"value": str(7000 + number % 90), "measurand": "Power.Active.Import", "unit": "W"},
        {"value": "30.5", "measurand": "Current.Import", "unit": "A"},
        {"value": "229.1", "measurand": "Voltage", "unit": "V"},
    ]
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"connectorId": 1, "meterValue": [{"timestamp": moment, "sampledValue": sampled}]}


class Times:
    """Reply times in seconds; `tell` says into which list those of now go."""

    def __init__(self) -> None:
        self.now: list[float] = []

    def begin(self) -> list[float]:
        self.now = []
        return self.now


async def station(ws: str, number: int, every: float, times: Times) -> None:
    address = f"{ws}/ocpp/BENCH-{number}"
    async with websockets.connect(address, subprotocols=[websockets.Subprotocol("ocpp1.6")]) as line:
        boot = {"chargePointVendor": "Bench", "chargePointModel": "B1"}
        for count in range(10_000_000):
            action, payload = ("MeterValues", reading(count)) if count else ("BootNotification", boot)
            begun = time.perf_counter()
            await line.send(json.dumps([2, f"{count}", action, payload]))
            while json.loads(await line.recv())[1] != f"{count}":
                pass  # a call of the server
            times.now.append(time.perf_counter() - begun)
            await asyncio.sleep(every)


def told(name: str, times: list[float]) -> float:
    ordered = sorted(time * 1000 for time in times)
    p99 = ordered[int(len(ordered) * 0.99)]
    print(
        f"  {name:22} {len(ordered):7} answers   p50 {statistics.median(ordered):6.1f} ms   p99 {p99:6.1f} ms   "
        f"longest {ordered[-1]:6.1f} ms",
        flush=True,
    )
    return p99


async def measure(server: ServerProcess, operator: Operator, options: argparse.Namespace) -> bool:
    times = Times()
    load = [asyncio.create_task(station(server.ws, n, options.every, times)) for n in range(options.stations)]
    await asyncio.sleep(2)
    before = times.begin()
    await asyncio.sleep(BASELINE_SECONDS)
    baseline = told("nothing is deleted", before)
    await asyncio.to_thread(patch, operator, server, paused=False)
    await until(operator, lambda found: found["running"] is not None)
    during, begun = times.begin(), time.monotonic()
    found = await until(operator, lambda found: found["ended_at"] is not None)
    seconds = time.monotonic() - begun
    times.begin()
    p99 = told("old rows are deleted", during)
    print(f"  {found['deleted']} rows went in {seconds:.0f} s, {found['deleted'] / seconds:.0f} a second")
    for task in load:
        task.cancel()
    await asyncio.gather(*load, return_exceptions=True)
    return p99 <= max(GOAL_MS, baseline) and found["deleted"] >= options.rows


async def until(operator: Operator, condition: Callable[[Any], bool]) -> Any:
    """What is told of the pruning, once it is as wanted."""
    while True:
        found = await asyncio.to_thread(operator.get, "retention")
        if condition(found):
            return found
        await asyncio.sleep(LOOK_SECONDS)


def patch(operator: Operator, server: ServerProcess, *, paused: bool) -> None:
    import requests

    address = f"{server.http}/api/v1/retention"
    requests.patch(address, json={"paused": paused}, headers=operator.headers, timeout=30).raise_for_status()


def fill(server: ServerProcess, rows: int, stations: int) -> None:
    with sqlite3.connect(server.database) as database:
        for number in range(1, stations + 1):
            columns = [row[1:4] for row in database.execute("PRAGMA table_info(stations_station)")]
            values = {name: _blank(kind) for name, kind, needed in columns if needed and name != "id"}
            values |= {"id": number, "identity": f"BENCH-{number - 1}", "created_at": "2026-01-01 00:00:00"}
            marks = ", ".join("?" for _ in values)
            database.execute(f"INSERT INTO stations_station ({', '.join(values)}) VALUES ({marks})", [*values.values()])
        database.execute(FILL, (rows, stations, json.dumps(reading(1))))
        database.execute("INSERT INTO retention_pruning (id, paused, holder, kind, deleted) VALUES (1, 1, '', '', 0)")


def _blank(kind: str) -> Any:
    return "" if "char" in kind or "text" in kind else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--stations", type=int, default=50)
    parser.add_argument("--every", type=float, default=0.1, help="Seconds that a station waits after each answer.")
    options = parser.parse_args()
    print(raw_client.describe_machine())
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"SMARTSERVER_DATA_DIR": folder, "DATABASE_URL": "", "REDIS_URL": ""}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
        server = ServerProcess(data=Path(folder), DATABASE_URL="", REDIS_URL="")
        fill(server, options.rows, options.stations)
        with server:
            print(f"{options.stations} stations, a reading every {options.every:g} s, {options.rows} old exchanges:")
            good = asyncio.run(measure(server, Operator(server), options))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
