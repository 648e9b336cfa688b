"""`manage.py emulate_stations`: a fleet of charge points that report over real sockets."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from smartserver.core.emulation import print_summary, show_progress, stopped_by_signals
from stations.emulator.client import Plan
from stations.emulator.fleet import CONNECTS_PER_SECOND, Fleet, Order
from stations.emulator.quirks import QUIRKS, described
from stations.ocpp.versions import VERSIONS

MIXED = "mixed"
LIST = "list"


class Command(BaseCommand):
    help = "Emulate charge points that report to a server over real sockets."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Django gives every command a --version of its own; here the word means OCPP's.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="ws://127.0.0.1:8000/ocpp/", help="the identity is appended")
        parser.add_argument("--count", type=int, default=10, help="number of stations")
        parser.add_argument(
            "--version",
            action="append",
            choices=(*reversed(VERSIONS), MIXED),
            help="of OCPP; may be repeated, the stations take turns (default: 1.6)",
        )
        parser.add_argument("--prefix", default="CP", help="identities are the prefix and a number from 0001 upward")
        parser.add_argument("--connectors", type=int, default=2, help="of each station")
        parser.add_argument(
            "--rate", type=float, help="meter values a second of all stations together (default: as sessions have them)"
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same stations")
        parser.add_argument("--duration", type=float, help="seconds (default: until interrupted)")
        parser.add_argument("--password", default="", help="for Basic authentication; the user is the identity")
        parser.add_argument("--speed", type=float, default=1.0, help="time lapse: emulated seconds in a real one")
        parser.add_argument(
            "--connect-rate", type=float, default=CONNECTS_PER_SECOND, help="new connections a second at most"
        )
        parser.add_argument(
            "--quirk",
            action="append",
            choices=(*QUIRKS, LIST),
            metavar="NAME",
            help=f"a habit of real charge points that breaks the rules; may be repeated; `{LIST}` shows them all",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if LIST in (options["quirk"] or ()):
            for quirk in described():
                rules = ", ".join(map(str, quirk.rules))
                self.stdout.write(f"{quirk.name:<24} rule {rules:<8} {quirk.sentence}")
            return
        for name in ("count", "connectors", "speed", "connect_rate", "rate", "duration"):
            if options[name] is not None and options[name] <= 0:
                raise CommandError(f"--{name.replace('_', '-')} has to be above 0.")
        versions = options["version"] or ["1.6"]
        order = Order(
            count=options["count"],
            versions=tuple(reversed(VERSIONS)) if MIXED in versions else tuple(versions),
            prefix=options["prefix"],
            connectors=options["connectors"],
            seed=options["seed"],
            rate=options["rate"],
            connects_per_second=options["connect_rate"],
            quirks=tuple(options["quirk"] or ()),
        )
        plan = Plan(url=options["url"], password=options["password"], speed=options["speed"])
        console = Console(file=sys.stdout)
        fleet = asyncio.run(_run(order, plan, options["duration"], console))
        print_summary(console, "Emulated charge points", fleet.statistics.summary())
        for trouble, stations in fleet.troubles()[:10]:
            console.print(f"Trouble at {stations} stations: {trouble}", markup=False, soft_wrap=True)
        if not fleet.statistics.complete:
            sys.exit(1)


async def _run(order: Order, plan: Plan, duration: float | None, console: Console) -> Fleet:
    stop = asyncio.Event()
    fleet = Fleet(order, plan)
    with stopped_by_signals(stop, duration):
        progress = asyncio.create_task(show_progress(console, fleet.line))
        try:
            await fleet.run(stop)
        finally:
            progress.cancel()
            await asyncio.gather(progress, return_exceptions=True)
    return fleet
