"""`manage.py emulate_charger`: the hardware API of a charger, with sessions and with faults on demand."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from bridge.emulator import faults
from bridge.emulator.model import MAX_OUTLETS
from bridge.emulator.server import REBOOT_SECONDS, Plan, Server

LIST = "list"
MAX_LOG_BYTES = 10 * 1024**3
MAX_SPEED = 10_000.0
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class Command(BaseCommand):
    help = "Emulate a charger's hardware: its HTTP API, its event stream, its sessions, its faults."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = "At run time: GET, PUT, DELETE /emulator/faults; GET /emulator/requests; POST /emulator/summon."
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: %(default)s)")
        parser.add_argument("--port", type=int, default=3001, help="0: a free one (default: %(default)s)")
        parser.add_argument("--id", default="EMULATED-1", help="what GET /id says (default: %(default)s)")
        parser.add_argument("--outlets", type=int, default=2, help="how many (default: %(default)s)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same drivers and cars")
        parser.add_argument("--speed", type=float, default=1.0, help="time lapse: emulated seconds in a real one")
        parser.add_argument("--manual", action="store_true", help="no drivers: nothing happens by itself")
        parser.add_argument(
            "--log-bytes", type=int, default=800_000, help="size of each log, in bytes (default: %(default)s)"
        )
        parser.add_argument(
            "--reboot-seconds", type=float, default=REBOOT_SECONDS, help="how long a reset takes (default: %(default)s)"
        )
        parser.add_argument(
            "--fault",
            action="append",
            default=[],
            metavar="NAME[=VALUE]",
            help=f"something that goes wrong; may be repeated; `{LIST}` shows them all",
        )
        parser.add_argument("--duration", type=float, help="seconds (default: until interrupted)")
        parser.add_argument("--log-events", action="store_true", help="print each event")

    def handle(self, *args: Any, **options: Any) -> None:
        if LIST in options["fault"]:
            self.stdout.write(faults.__doc__ or "")
            return
        console = Console(file=sys.stdout)
        server = Server(_plan(options))
        try:
            asyncio.run(_run(server, options, console))
        except OSError as error:
            raise CommandError(f"{options['host']}:{options['port']} cannot be listened on: {error}.") from None
        _summarise(console, server)


def _plan(options: Mapping[str, Any]) -> Plan:
    _refuse_nonsense(options)
    try:
        wanted = faults.from_words(options["fault"])
    except faults.BadFault as error:
        raise CommandError(f"--fault: {error}") from None
    return Plan(
        name=options["id"],
        host=options["host"],
        port=options["port"],
        outlets=options["outlets"],
        seed=options["seed"],
        speed=options["speed"],
        habits=not options["manual"],
        log_bytes=options["log_bytes"],
        reboot_seconds=options["reboot_seconds"],
        faults=wanted,
    )


def _refuse_nonsense(options: Mapping[str, Any]) -> None:
    if not _NAME.fullmatch(options["id"]):
        raise CommandError("--id: 1 to 64 letters, digits, dots, hyphens and underscores are needed.")
    for name, least, most in (
        ("port", 0, 65535),
        ("outlets", 1, MAX_OUTLETS),
        ("speed", 0.001, MAX_SPEED),
        ("log_bytes", 0, MAX_LOG_BYTES),
        ("reboot_seconds", 0, faults.MAX_SECONDS),
    ):
        if not least <= options[name] <= most:
            raise CommandError(f"--{name.replace('_', '-')}: a number from {least} to {most:g} is needed.")
    if options["duration"] is not None and not options["duration"] > 0:
        raise CommandError("--duration has to be above 0.")


async def _run(server: Server, options: Mapping[str, Any], console: Console) -> None:
    def show(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    if options["log_events"]:
        server.on_event = lambda event: show(f"[Hardware] {event['type']} {event['outlet']} {event['payload']}")
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if options["duration"] is not None:
        loop.call_later(options["duration"], stop.set)
    await server.open()
    address = f"http://{server.plan.host}:{server.listener.port}"
    show(f"Charger {server.plan.name} with {server.plan.outlets} outlets: {address}")
    await server.run(stop)


def _summarise(console: Console, server: Server) -> None:
    table = Table("Emulated charger", "", show_lines=False)
    table.add_row("Requests", str(server.application.journal.total))
    table.add_row("Events", str(server.events))
    table.add_row("Events to clients", str(server.feed.sent))
    table.add_row("Slow clients cut", str(server.feed.overflows))
    table.add_row("Reboots and refusals", str(server.absences))
    console.print(table)
