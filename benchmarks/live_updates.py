"""From a device's update to the changed cell on the screen, with many rows and many updates.

    python -m benchmarks.live_updates [--rows 10000] [--rate 1000] [--seconds 20]

A real server (one process, SQLite FULL), real device sockets, real Chromium. Each update carries
the time at which it was sent, in the text column "local_time"; whenever such a cell on the screen
changes, the page notes how old the value is. Browser and devices run on this machine, so their
clocks are one. One update in ten is for a row on the screen, so that there is something to see.
Frames are timed with requestAnimationFrame.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from typing import Any

import orjson
import websockets
from playwright.async_api import async_playwright

from benchmarks.ocpp_throughput import Server
from benchmarks.raw_client import describe_machine
from tests.browser import ARGUMENTS
from tests.services import CHROMIUM

SOCKETS = 20
VISIBLE = 20
"""Rows that surely are on the screen."""

P99_LIMIT = 250.0
FRAME_LIMIT = 50.0

WATCH = """
() => {
  const bench = window.__bench = {ages: [], frames: []};
  new MutationObserver((records) => {
    const now = Date.now();
    for (const {target} of records) {
      const cell = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
      if (cell?.closest('[data-column]')?.dataset.column !== 'local_time') continue;
      const sent = Number(cell.textContent);
      if (sent > 0) bench.ages.push(now - sent);
    }
  }).observe(document.querySelector('section[data-topic="devices"]'),
             {subtree: true, childList: true, characterData: true});
  let last = performance.now();
  const tick = (now) => { bench.frames.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}
"""


class Gateway:
    """One socket that speaks for many devices; its answers are counted.

    `all_answered` is set when there were as many answers as there are devices.
    """

    def __init__(self, socket: websockets.ClientConnection, serials: list[str]) -> None:
        self.serials = serials
        self.answered = 0
        self.errors = 0
        self.all_answered = asyncio.Event()
        self._socket = socket
        self._number = 0
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for frame in self._socket:
            self.answered += 1
            if self.answered > len(self.serials):  # the welcome comes on top
                self.all_answered.set()
            self.errors += '"INFO"' not in str(frame) or "ERROR" in str(frame)

    async def update(self, serial: str, body: dict[str, Any]) -> None:
        self._number = (self._number + 1) % 10000
        text = f"{self._number:04d}:{serial}:{orjson.dumps(body).decode()}"
        await self._socket.send(orjson.dumps({"type": "UPDT", "message": text}).decode())

    async def close(self) -> None:
        await self._socket.close()
        await self._reader


async def connect(server: Server, rows: int) -> list[Gateway]:
    gateways = []
    for number in range(SOCKETS):
        socket = await websockets.connect(f"ws://127.0.0.1:{server.port}/update/", compression=None, max_queue=None)
        gateways.append(Gateway(socket, [f"{n:04d}" for n in range(number, rows, SOCKETS)]))
    return gateways


async def fill(gateways: list[Gateway]) -> None:
    """Every device reports once, so that the table has all its rows."""
    for gateway in gateways:
        for serial in gateway.serials:
            await gateway.update(serial, {"solmate_version": "v2", "country": "AT", "battery": int(serial)})
        await gateway.all_answered.wait()


async def update(gateways: list[Gateway], rate: int, seconds: float) -> int:
    """`rate` updates a second, in steps of 5 ms; how many were sent."""
    chance = random.Random(1)
    sent = 0
    started = time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        while sent < elapsed * rate:
            gateway = gateways[sent % len(gateways)]
            visible = sent // len(gateways) % 10 == 0
            serial = gateway.serials[0] if visible else chance.choice(gateway.serials[VISIBLE // SOCKETS :])
            body = {
                "power_income": chance.randrange(800),
                "battery": chance.randrange(5000),
                "local_time": str(int(time.time() * 1000)),
            }
            await gateway.update(serial, body)
            sent += 1
        await asyncio.sleep(0.005)
    return sent


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def measure(server: Server, rows: int, rate: int, seconds: float) -> bool:
    gateways = await connect(server, rows)
    await fill(gateways)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.goto(f"http://127.0.0.1:{server.port}/?tab=devices&devices=sort:serial_number:%3E:abc")
        await page.wait_for_selector(f'section[data-topic="devices"] [role=grid][aria-rowcount="{rows + 1}"]')
        await update(gateways, rate, 3.0)  # warm-up, not counted
        await page.evaluate(WATCH)
        sent = await update(gateways, rate, seconds)
        await asyncio.sleep(0.5)
        bench = await page.evaluate("window.__bench")
        heap = await page.evaluate("performance.memory?.usedJSHeapSize ?? 0")
        await browser.close()
    errors = sum(gateway.errors for gateway in gateways)
    for gateway in gateways:
        await gateway.close()
    ages, frames = bench["ages"], bench["frames"][1:]
    p99, longest = quantile(ages, 0.99), max(frames)
    print(f"  {rows} rows, {sent / seconds:.0f} updates/s sent, {errors} refused")
    print(
        f"  update → cell: {len(ages)} seen, p50 {quantile(ages, 0.5):.0f} ms, p99 {p99:.0f} ms, max {max(ages):.0f} ms"
    )
    print(
        f"  frames: {len(frames)}, p50 {quantile(frames, 0.5):.1f} ms, p99 {quantile(frames, 0.99):.1f} ms, "
        f"longest {longest:.1f} ms, over {FRAME_LIMIT:.0f} ms: {sum(frame > FRAME_LIMIT for frame in frames)}"
    )
    print(f"  JavaScript heap: {heap / 2**20:.0f} MiB")
    return p99 < P99_LIMIT and longest <= FRAME_LIMIT and not errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000, choices=range(100, 10_001), metavar="100…10000")
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    print(describe_machine())
    server = Server("ours")
    try:
        met = asyncio.run(measure(server, options.rows, options.rate, options.seconds))
    finally:
        server.stop()
        server.clean()
    print(f"  goals (p99 under {P99_LIMIT:.0f} ms, no frame over {FRAME_LIMIT:.0f} ms): {'met' if met else 'missed'}")
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
