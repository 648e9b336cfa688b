"""What the commands that emulate a fleet share: the end of a run, progress, reply times."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

PLAIN_SECONDS = 5.0
DRAWN_SECONDS = 0.5
SAMPLES = 20_000


class ReplyTimes:
    """A fair sample of many durations in seconds, however many there are (reservoir sampling)."""

    def __init__(self, size: int = SAMPLES) -> None:
        self.count = 0
        self._size = size
        self._kept: list[float] = []
        self._chance = random.Random(0)  # noqa: S311  (no secret)

    def add(self, seconds: float) -> None:
        self.count += 1
        if len(self._kept) < self._size:
            self._kept.append(seconds)
        elif (place := self._chance.randrange(self.count)) < self._size:
            self._kept[place] = seconds

    def percentile(self, percent: float) -> float | None:
        """Seconds within which this part of them lies; None when there are none."""
        if not self._kept:
            return None
        ordered = sorted(self._kept)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]

    def shown(self, percent: float) -> str:
        found = self.percentile(percent)
        return "–" if found is None else f"{found * 1000:.1f} ms"


@contextmanager
def stopped_by_signals(stop: asyncio.Event, duration: float | None, *, lifeline: int | None = None) -> Iterator[None]:
    """Set `stop` at Ctrl-C, at SIGTERM, after `duration` seconds, and when `lifeline` ends.

    That is a file descriptor of a pipe whose other end a parent process holds: its children notice when it is killed.
    """
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    timer = loop.call_later(duration, stop.set) if duration is not None else None

    def read() -> None:
        if lifeline is not None and not os.read(lifeline, 1024):
            loop.remove_reader(lifeline)
            stop.set()

    if lifeline is not None:
        loop.add_reader(lifeline, read)
    try:
        yield
    finally:
        if lifeline is not None:
            loop.remove_reader(lifeline)
        if timer is not None:
            timer.cancel()
        for number in numbers:
            loop.remove_signal_handler(number)


async def show_progress(console: Console, line: Callable[[], str]) -> None:
    """Until cancelled: one line that is redrawn on a terminal, a line now and then elsewhere."""
    begun = time.monotonic()

    def text() -> Text:
        return Text(f"{time.monotonic() - begun:6.1f} s  {line()}")

    if not console.is_terminal:
        while True:
            await asyncio.sleep(PLAIN_SECONDS)
            console.print(text(), soft_wrap=True)
    with Live(text(), console=console, auto_refresh=False, transient=True) as live:
        while True:
            await asyncio.sleep(DRAWN_SECONDS)
            live.update(text(), refresh=True)


@asynccontextmanager
async def progress(console: Console, line: Callable[[], str]) -> AsyncIterator[None]:
    """Show progress while something runs."""
    shown = asyncio.create_task(show_progress(console, line))
    try:
        yield
    finally:
        shown.cancel()
        await asyncio.gather(shown, return_exceptions=True)


def print_summary(console: Console, title: str, rows: list[tuple[str, str]]) -> None:
    table = Table(title, "", show_lines=False)
    for name, value in rows:
        table.add_row(name, value)
    console.print(table)
