"""`manage.py emulate_stations`: a fleet of charge points that report over real sockets."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from websockets.exceptions import InvalidURI
from websockets.uri import parse_uri

from smartserver.core.emulation import print_summary, progress, stopped_by_signals
from stations.emulator.cars import ElectricCar
from stations.emulator.client import Plan
from stations.emulator.fleet import CONNECTS_PER_SECOND, Fleet, Order
from stations.emulator.point.device_model import OPTIONAL
from stations.emulator.quirks import QUIRKS, described
from stations.emulator.tls import Tls
from stations.emulator.trace import Trace
from stations.ocpp.versions import VERSIONS

MIXED = "mixed"
LIST = "list"


DEFAULT_URL = "ws://127.0.0.1:8000/ocpp/"

ENVIRONMENT = """
Options that are not given come from the environment, where it has them:

  CS_PROTOCOL, CS_HOST, CS_PORT  make the default of --url: ws or wss, a host, a port. One that is not set is
                                 ws, localhost or 8080; when none is set, --url is ws://127.0.0.1:8000/ocpp/
  CONCURRENCY_LEVEL              --count
  LOG_PAYLOAD                    --log-payload: each frame, with tokens and passwords masked
  LOG_LIFECYCLE                  --log-lifecycle: connections, reconnections, pings and troubles

The last two are on for any value but an empty one, 0, false, no and off.
"""


class Command(BaseCommand):
    help = "Emulate charge points that report to a server over real sockets."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Django gives every command a --version of its own; here the word means OCPP's.
        parser = super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)
        parser.epilog, parser.formatter_class = ENVIRONMENT, RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        environment = os.environ
        parser.add_argument(
            "--url", default=url_of(environment), help="the identity is appended (default: %(default)s)"
        )
        parser.add_argument(
            "--count",
            type=int,
            default=environment.get("CONCURRENCY_LEVEL") or 10,
            help="number of stations (default: %(default)s)",
        )
        parser.add_argument(
            "--version",
            action="append",
            choices=(*reversed(VERSIONS), MIXED),
            help="of OCPP; may be repeated, the stations take turns (default: 1.6)",
        )
        parser.add_argument("--prefix", default="CP", help="identities are this and a number from 0001 upward")
        parser.add_argument("--connectors", type=int, default=2, help="of each station (default: %(default)s)")
        parser.add_argument(
            "--battery-slots",
            type=int,
            default=0,
            help="of each 2.1 station, in which batteries are swapped (default: 0)",
        )
        parser.add_argument(
            "--without",
            action="append",
            choices=OPTIONAL,
            metavar="NAME",
            help=f"what stations of 2.x cannot do: {', '.join(OPTIONAL)}; may be repeated",
        )
        parser.add_argument(
            "--rate", type=float, help="meter values a second of all stations together (default: as sessions have them)"
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same stations")
        parser.add_argument("--duration", type=float, help="seconds (default: until interrupted)")
        parser.add_argument("--with-parent", action="store_true", help="end when standard input is closed")
        parser.add_argument(
            "--password", default="", help="of each station, for Basic authentication; the user is the identity"
        )
        parser.add_argument("--ca-file", default="", help="whose certificates to believe, in PEM (wss, https)")
        parser.add_argument("--insecure", action="store_true", help="believe any certificate")
        parser.add_argument("--cert", default="", help="a client certificate with its chain, in PEM")
        parser.add_argument("--key", default="", help="its private key, where it is not in the same file")
        parser.add_argument(
            "--car",
            default="",
            help="a vehicle's provisioning certificate with its key, in PEM (manage.py v2g vehicle …): it comes to the "
            "first station of 2.x, and charges by contract",
        )
        parser.add_argument(
            "--manual",
            action="store_true",
            help="no drivers: a session begins when the server starts one, and then somebody brings the cable",
        )
        parser.add_argument(
            "--log-payload", action="store_true", default=is_on(environment, "LOG_PAYLOAD"), help="print each frame"
        )
        parser.add_argument(
            "--log-lifecycle",
            action="store_true",
            default=is_on(environment, "LOG_LIFECYCLE"),
            help="print connections, reconnections, pings and troubles",
        )
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
        if options["battery_slots"] < 0:
            raise CommandError("--battery-slots cannot be below 0.")
        console = Console(file=sys.stdout)
        plan = _plan(options, console)
        lifeline = sys.stdin.fileno() if options["with_parent"] else None
        fleet = asyncio.run(_run(_order(options), plan, options["duration"], console, lifeline=lifeline))
        print_summary(console, "Emulated charge points", fleet.statistics.summary())
        for trouble, stations in fleet.troubles()[:10]:
            console.print(f"Trouble at {stations} stations: {trouble}", markup=False, soft_wrap=True)
        if not fleet.statistics.complete:
            console.print("Exit code 1, since not everything was acknowledged:")
            for sentence in fleet.statistics.shortcomings():
                console.print(f"  {sentence}", markup=False, highlight=False, soft_wrap=True)
            sys.exit(1)


def url_of(environment: Mapping[str, str]) -> str:
    """The address that the environment names; see `ENVIRONMENT`."""
    parts = [environment.get(name, "") for name in ("CS_PROTOCOL", "CS_HOST", "CS_PORT")]
    if not any(parts):
        return DEFAULT_URL
    protocol, host, port = (part or usual for part, usual in zip(parts, ("ws", "localhost", "8080"), strict=True))
    return f"{protocol}://{host}:{port}/ocpp/"


def is_on(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").strip().lower() not in ("", "0", "false", "no", "off")


def _order(options: Mapping[str, Any]) -> Order:
    versions = options["version"] or ["1.6"]
    secure = options["url"].startswith("wss:")
    profile = 3 if secure and options["cert"] else 2 if secure else 1
    return Order(
        count=options["count"],
        versions=tuple(reversed(VERSIONS)) if MIXED in versions else tuple(versions),
        prefix=options["prefix"],
        connectors=options["connectors"],
        slots=options["battery_slots"],
        without=tuple(options["without"] or ()),
        seed=options["seed"],
        rate=options["rate"],
        connects_per_second=options["connect_rate"],
        quirks=tuple(options["quirk"] or ()),
        # Without any credentials it is profile 0, whatever the way (security whitepaper, section 2).
        security_profile=profile if options["password"] or options["cert"] else 0,
        manual=options["manual"],
        car=_car(options["car"]),
    )


def _car(path: str) -> str:
    """The text of the file; what is no car is told at once."""
    if not path:
        return ""
    try:
        text = Path(path).read_text()
        ElectricCar(text)
    except (OSError, ValueError) as error:
        raise CommandError(f"--car: {error}") from error
    return text


def _plan(options: Mapping[str, Any], console: Console) -> Plan:
    def write(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    return Plan(
        url=options["url"],
        password=options["password"],
        speed=options["speed"],
        tls=Tls(options["ca_file"], options["insecure"], options["cert"], options["key"]),
        trace=Trace(options["log_payload"], options["log_lifecycle"], write),
    )


def _check(plan: Plan) -> None:
    """What no attempt to connect could make right is told at once, not tried again until the end of the run."""
    try:
        parse_uri(plan.url)
    except (InvalidURI, ValueError) as error:  # ValueError: the port is no number, or none that there is
        raise CommandError(f"--url (CS_PROTOCOL, CS_HOST, CS_PORT) {plan.url!r}: {error}") from error
    if plan.url.startswith("wss:"):
        try:
            plan.tls.context()
        except (OSError, ssl.SSLError) as error:
            raise CommandError(f"--ca-file, --cert or --key cannot be read: {error}") from error


async def _run(
    order: Order, plan: Plan, duration: float | None, console: Console, *, lifeline: int | None = None
) -> Fleet:
    _check(plan)
    stop = asyncio.Event()
    fleet = Fleet(order, plan)
    with stopped_by_signals(stop, duration, lifeline=lifeline):
        async with progress(console, fleet.line):
            await fleet.run(stop)
    return fleet
