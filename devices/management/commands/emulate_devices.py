"""`manage.py emulate_devices`: a fleet of SolMate devices that report over real sockets."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from devices.emulator.client import Plan, run_fleet
from devices.emulator.statistics import Statistics
from smartserver.core.emulation import print_summary, progress, stopped_by_signals


class Command(BaseCommand):
    help = "Emulate SolMate devices that report to a server over real sockets."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="ws://127.0.0.1:8000/update/", help="the server's device socket")
        parser.add_argument("--count", type=int, default=10, help="number of devices, serials 0001 upward")
        parser.add_argument("--rate", type=float, help="updates a second of all devices together (default: natural)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same devices")
        parser.add_argument("--duration", type=float, help="seconds (default: until interrupted)")
        parser.add_argument("--with-parent", action="store_true", help="end when standard input is closed")
        parser.add_argument("--key", default="", help="the key to present, e.g. the server's DEVICE_ENROLMENT_KEY")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["count"] < 1 or (options["rate"] is not None and options["rate"] <= 0):
            raise CommandError("--count and --rate have to be above 0.")
        interval = options["count"] / options["rate"] if options["rate"] else None
        plan = Plan(url=options["url"], key=options["key"], interval=interval)
        statistics = Statistics()
        console = Console(file=sys.stdout)
        errors = asyncio.run(_run(plan, options, statistics, console))
        print_summary(console, f"{options['count']} emulated devices", statistics.summary())
        for error in errors[:10]:
            console.print(f"Trouble on the way: {error}", markup=False)
        if not statistics.complete:
            sys.exit(1)


async def _run(plan: Plan, options: dict[str, Any], statistics: Statistics, console: Console) -> list[str]:
    count, stop, begun = options["count"], asyncio.Event(), time.monotonic()

    def line() -> str:
        return f"{count} devices, {statistics.line()}, {statistics.acknowledged / (time.monotonic() - begun):.0f}/s"

    lifeline = sys.stdin.fileno() if options["with_parent"] else None
    with stopped_by_signals(stop, options["duration"], lifeline=lifeline):
        async with progress(console, line):
            return await run_fleet(plan, count=count, seed=options["seed"], statistics=statistics, stop=stop)
