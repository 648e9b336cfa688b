"""From a device's update to the changed cell on the screen, with many rows and many updates.

    python -m benchmarks.live_updates [--rows 10000] [--rate 1000] [--seconds 20 | --minutes 10]

A real server (one process, SQLite FULL), real device sockets, the real page in real Chromium, with a filter and a sort
that every update may change the outcome of: rows move, leave and enter. Each update of a device in sight carries the
time at which it was sent, in the text column "local_time"; whenever such a cell changes, the page notes how
old the value is. Browser and devices run on this machine, so their clocks are one. One update in ten is for a row in
sight, so that there is something to see. Frames are timed with requestAnimationFrame; the heap is what is left after
the garbage was collected.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from functools import partial
from typing import Any

import orjson
from playwright.async_api import Page, async_playwright

from benchmarks.ocpp_throughput import Server
from benchmarks.raw_client import Socket, describe_machine, text_frame
from tests.browser import ARGUMENTS
from tests.services import CHROMIUM

SOCKETS = 20
VISIBLE = 20
"""Rows that surely are on the screen: their batteries are the fullest, and the table is sorted by that."""

QUERY = "q=filter:battery:%3E:100&q=sort:battery:%3C:123"
LOW, HIGH = 5000, 9000
"""Batteries of others are below the one, of those in sight above the other."""

P99_LIMIT = 100.0
FRAME_LIMIT = 50.0
FRAMES_A_SECOND = 59.0
"""60 on this screen, but for the rounding of the first and the last."""

HEAP_LIMIT = 100 * 2**20

WATCH = """
() => {
  const bench = window.__bench = {ages: [], frames: []};
  const seen = new Map();
  new MutationObserver((records) => {
    const now = Date.now();
    for (const {target} of records) {
      const cell = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
      if (cell?.closest('[data-column]')?.dataset.column !== 'local_time') continue;
      const [mark, sent] = cell.textContent.split(' ');
      const key = cell.closest('[data-key]')?.dataset.key;
      // A row that comes into sight again shows an old value once more.
      if (mark !== 'sent' || !key || seen.get(key) >= Number(sent)) continue;
      seen.set(key, Number(sent));
      bench.ages.push(now - sent);
    }
  }).observe(document.querySelector('section[data-topic="devices"]'),
             {subtree: true, childList: true, characterData: true});
  let last = performance.now();
  const tick = (now) => { bench.frames.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}
"""


class Gateway(Socket):
    """One socket that speaks for many devices; its answers are counted.

    `all_answered` is set when there were as many answers as there are devices.
    """

    def __init__(self, serials: list[str]) -> None:
        super().__init__("/update/")
        self.serials = serials
        self.answered = 0
        self.errors = 0
        self.all_answered = asyncio.Event()
        self._number = 0

    def take(self, payload: bytes) -> None:
        self.answered += 1
        if self.answered > len(self.serials):  # the welcome comes on top
            self.all_answered.set()
        self.errors += b'"INFO"' not in payload or b"ERROR" in payload

    def update(self, serial: str, body: dict[str, Any]) -> None:
        self._number = (self._number + 1) % 10000
        text = f"{self._number:04d}:{serial}:{orjson.dumps(body).decode()}"
        self.write(text_frame(orjson.dumps({"type": "UPDT", "message": text}).decode()))


async def connect(server: Server, rows: int) -> list[Gateway]:
    gateways, loop = [], asyncio.get_running_loop()
    for number in range(SOCKETS):
        made = partial(Gateway, [f"{n:04d}" for n in range(number, rows, SOCKETS)])
        _, gateway = await loop.create_connection(made, "127.0.0.1", server.port)
        await gateway.ready
        gateways.append(gateway)
    return gateways


async def fill(gateways: list[Gateway]) -> None:
    """Every device reports once, so that the table has all its rows."""
    for gateway in gateways:
        for serial in gateway.serials:
            level = HIGH if serial == gateway.serials[0] else int(serial) % LOW
            gateway.update(serial, {"solmate_version": "v2", "country": "AT", "battery": level})
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
                "battery": HIGH + chance.randrange(1000) if visible else chance.randrange(LOW),
                "local_time": f"{'sent' if visible else 'at'} {int(time.time() * 1000)}",
            }
            gateway.update(serial, body)
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
        await page.goto(f"http://127.0.0.1:{server.port}/devices?{QUERY}")
        await page.wait_for_selector('section[data-topic="devices"]:not([data-waiting]) [role=grid] [data-key]')
        await update(gateways, rate, 3.0)  # warm-up, not counted
        await page.evaluate(WATCH)
        sent = await update(gateways, rate, seconds)
        await asyncio.sleep(0.5)
        bench = await page.evaluate("window.__bench")
        heap = await heap_of(page)
        await browser.close()
    errors = sum(gateway.errors for gateway in gateways)
    for gateway in gateways:
        gateway.close()
    print(f"  {rows} rows, {sent / seconds:.0f} updates/s sent for {seconds:.0f} s, {errors} refused")
    return report(bench["ages"], bench["frames"][1:], heap) and not errors


async def heap_of(page: Page) -> int:
    """Bytes of JavaScript that are still in use when the garbage was collected."""
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    usage = await session.send("Runtime.getHeapUsage")
    return int(usage["usedSize"])


def report(ages: list[float], frames: list[float], heap: int) -> bool:
    """Print what was found; whether all goals are met."""
    p99, longest = quantile(ages, 0.99), max(frames)
    a_second = 1000 * len(frames) / sum(frames)
    goals = (p99 < P99_LIMIT, a_second >= FRAMES_A_SECOND, longest <= FRAME_LIMIT, heap < HEAP_LIMIT)
    print(
        f"  update → cell: {len(ages)} seen, p50 {quantile(ages, 0.5):.0f} ms, p99 {p99:.0f} ms "
        f"(goal {P99_LIMIT:.0f}), max {max(ages):.0f} ms"
    )
    print(
        f"  frames: {a_second:.1f} a second (goal {FRAMES_A_SECOND:.0f}), p99 {quantile(frames, 0.99):.1f} ms, "
        f"longest {longest:.1f} ms (goal {FRAME_LIMIT:.0f}), {sum(frame > FRAME_LIMIT for frame in frames)} over that"
    )
    print(f"  JavaScript heap: {heap / 2**20:.1f} MiB (goal {HEAP_LIMIT / 2**20:.0f})")
    print(f"  goals: {'met' if all(goals) else 'missed'}")
    return all(goals)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000, choices=range(100, 10_001), metavar="100…10000")
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--minutes", type=float, help="instead of seconds")
    options = parser.parse_args()
    seconds = options.seconds if options.minutes is None else 60 * options.minutes
    print(describe_machine())
    server = Server("ours")
    try:
        met = asyncio.run(measure(server, options.rows, options.rate, seconds))
    finally:
        server.stop()
        server.clean()
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
