"""`manage.py emulate_devices`: a fleet of SolMate devices that report over real sockets."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.live import Live
from rich.table import Table

from devices.emulator.client import Plan, run_fleet
from devices.emulator.statistics import Statistics

PLAIN_SECONDS = 5.0
DRAWN_SECONDS = 0.5


class Command(BaseCommand):
    help = "Emulate SolMate devices that report to a server over real sockets."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="ws://127.0.0.1:8000/update/", help="the server's device socket")
        parser.add_argument("--count", type=int, default=10, help="number of devices, serials 0001 upward")
        parser.add_argument("--rate", type=float, help="updates a second of all devices together (default: natural)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same devices")
        parser.add_argument("--duration", type=float, help="seconds (default: until interrupted)")
        parser.add_argument("--key", default="", help="the key to present, e.g. the server's DEVICE_ENROLMENT_KEY")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["count"] < 1 or (options["rate"] is not None and options["rate"] <= 0):
            raise CommandError("--count and --rate have to be above 0.")
        interval = options["count"] / options["rate"] if options["rate"] else None
        plan = Plan(url=options["url"], key=options["key"], interval=interval)
        statistics = Statistics()
        console = Console(file=sys.stdout)
        errors = asyncio.run(_run(plan, options, statistics, console))
        table = Table("Emulated devices", str(options["count"]))
        for name, value in statistics.summary():
            table.add_row(name, value)
        console.print(table)
        for error in errors[:10]:
            console.print(f"Trouble on the way: {error}", markup=False)
        if not statistics.complete:
            sys.exit(1)


async def _run(plan: Plan, options: dict[str, Any], statistics: Statistics, console: Console) -> list[str]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if options["duration"] is not None:
        loop.call_later(options["duration"], stop.set)
    show = asyncio.create_task(_show(statistics, console, options["count"]))
    try:
        return await run_fleet(plan, count=options["count"], seed=options["seed"], statistics=statistics, stop=stop)
    finally:
        show.cancel()
        await asyncio.gather(show, return_exceptions=True)


async def _show(statistics: Statistics, console: Console, count: int) -> None:
    """Progress: redrawn on a terminal, a line now and then elsewhere."""
    begun = time.monotonic()

    def line() -> str:
        seconds = time.monotonic() - begun
        return f"{seconds:6.1f} s  {count} devices, {statistics.line()}, {statistics.acknowledged / seconds:.0f}/s"

    if not console.is_terminal:
        while True:
            await asyncio.sleep(PLAIN_SECONDS)
            console.print(line(), markup=False, highlight=False)
    with Live(line(), console=console, auto_refresh=False, transient=True) as live:
        while True:
            await asyncio.sleep(DRAWN_SECONDS)
            live.update(line(), refresh=True)
