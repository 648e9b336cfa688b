"""`manage.py deploy_noc_bridge`: bring the bridge onto a charger, look at it there, stop it."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from bridge.client import deploy, image
from bridge.client.charger_docker import ChargerDocker, DeployError

INTERRUPTED = 130
LOOPBACK = ("localhost", "127.", "::1")
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)


class Command(BaseCommand):
    help = "Bring the NOC bridge onto a charger: send the image, create the container, start it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        env = os.environ
        actions = parser.add_mutually_exclusive_group()
        actions.add_argument("--list", action="store_true", help="only show the charger's containers")
        actions.add_argument("--logs", action="store_true", help="only show what the bridge prints there")
        actions.add_argument("--stop", action="store_true", help="only stop the bridge")
        actions.add_argument("--dry-run", action="store_true", help="only show what would be done")
        where = parser.add_argument_group("the charger")
        where.add_argument("--hardware-host", default=env.get("HARDWARE_HOST", "127.0.0.1"), help="(%(default)s)")
        where.add_argument("--hardware-port", default=env.get("HARDWARE_PORT", "3001"), type=int, help="(%(default)s)")
        where.add_argument(
            "--large-file-timeout",
            default=env.get("LARGE_FILE_TIMEOUT", "300"),
            type=float,
            help="seconds without progress after which sending the image is given up (%(default)s)",
        )
        what = parser.add_argument_group("the container")
        what.add_argument("--image", default=deploy.IMAGE, help="(%(default)s)")
        what.add_argument("--tar", type=Path, default=Path("noc-bridge.tar"), help="the image's file (%(default)s)")
        what.add_argument("--build", action="store_true", help="build the image first, with docker")
        what.add_argument("--name", default=deploy.NAME, help="(%(default)s)")
        what.add_argument("--replace", action="store_true", help="stop the one that runs, and take its place")
        what.add_argument("--server-url", default=env.get("SERVER_URL", ""), help="the CMS that the bridge reports to")
        what.add_argument(
            "--env",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="an option of the bridge; may be repeated. The key is taken from CMS_KEY of this environment",
        )
        what.add_argument("--volume", default="", help="a volume for the spool, which then outlives the container")
        what.add_argument("--restart", default="", choices=("", *deploy.RESTARTS), help="the engine's restart policy")
        parser.add_argument("--tail", type=int, default=100, help="lines that --logs shows (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(file=sys.stdout)
        url = _url(options)
        order = _order(options)
        docker = ChargerDocker(url, large_timeout=options["large_file_timeout"])
        try:
            if options["list"]:
                _list(console, docker)
            elif options["logs"]:
                for line in docker.logs(deploy.newest(docker, order).id, tail=options["tail"]):
                    _say(console, line)
            elif options["stop"]:
                stopped = deploy.stop(docker, order)
                for each in stopped:
                    _say(console, f"Container {each.id[:12]} is stopped.")
                if not stopped:
                    _say(console, f"No container {order.name} runs.")
            else:
                _deploy(console, docker, order, options)
        except DeployError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise CommandError("Interrupted; --list shows what is on the charger.", returncode=INTERRUPTED) from None


def _deploy(console: Console, docker: ChargerDocker, order: deploy.Order, options: Mapping[str, Any]) -> None:
    if not order.env["SERVER_URL"]:
        raise CommandError("--server-url: the CMS that the bridge will report to is needed.")
    if order.env["HARDWARE_HOST"].startswith(LOOPBACK):
        _say(
            console,
            f"Inside its container {order.env['HARDWARE_HOST']} is the container itself; "
            "--env HARDWARE_HOST=… names the charger as it is seen from there.",
        )
    if options["dry_run"]:
        if options["build"]:
            _say(console, f"Would build {order.image} for {image.PLATFORM} and save it as {order.tar}.")
        _say(console, f"Would send {order.tar}, create and start this container:")
        _say(console, json.dumps(deploy.shown_body(order), indent=2))
        return
    if options["build"]:
        image.build(order.image, order.tar)
    image.check(order.tar, order.image)
    with _bar(console) as bar:
        task = bar.add_task("Sending the image", total=order.tar.stat().st_size)
        deploy.deploy(
            docker,
            order,
            report=lambda line: _say(console, line),
            progress=lambda size: bar.advance(task, size),
        )


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=console)


def _list(console: Console, docker: ChargerDocker) -> None:
    table = Table("Container", "Name", "Image", "State", "Status")
    for each in docker.containers():
        name = each.labels.get(deploy.LABEL) or ", ".join(each.names)
        table.add_row(each.id[:12], name, each.image, each.state, each.status)
    console.print(table)


def _url(options: Mapping[str, Any]) -> str:
    host, port = options["hardware_host"], options["hardware_port"]
    if not 1 <= port <= 65535 or not 0 < options["large_file_timeout"] <= 86_400 or options["tail"] < 0:
        raise CommandError("--hardware-port, --large-file-timeout and --tail: a sensible number is needed.")
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,253}|[0-9a-fA-F:]{2,45}", host, re.ASCII):
        raise CommandError("--hardware-host: the name or address of one charger is needed.")
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _order(options: Mapping[str, Any]) -> deploy.Order:
    for name in ("name", "volume"):
        if options[name] and not _NAME.fullmatch(options[name]):
            raise CommandError(f"--{name}: letters, digits, dots, hyphens and underscores are needed.")
    return deploy.Order(
        tar=options["tar"],
        image=options["image"],
        name=options["name"] or deploy.NAME,
        env=_env(options),
        volume=options["volume"],
        restart=options["restart"],
        replace=options["replace"],
    )


def _env(options: Mapping[str, Any]) -> dict[str, str]:
    """What the bridge is told: later words count."""
    url = options["server_url"]
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise CommandError("--server-url: an address that begins with http:// or https:// is needed.")
    env = {
        "SERVER_URL": url,
        "HARDWARE_HOST": options["hardware_host"],
        "HARDWARE_PORT": str(options["hardware_port"]),
    }
    if key := os.environ.get("CMS_KEY"):
        env["CMS_KEY"] = key
    for word in options["env"]:
        name, is_pair, value = word.partition("=")
        if not is_pair or not _ENV.fullmatch(name) or "\n" in value or "\x00" in value:
            raise CommandError("--env: NAME=VALUE is needed.")
        env[name] = value
    return env
