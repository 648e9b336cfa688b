"""`manage.py run_noc_bridge`: join a charger's hardware API to its CMS until SIGTERM or Ctrl-C.

Exit codes: 0 it was stopped, or its one round (`--once`) went well; 1 the round failed; 2 an option is wrong; 3 the
place for health is taken.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from prometheus_client import CollectorRegistry

from bridge.client import logs, options, supervisor
from bridge.client.health import Health, HealthError

WRONG_OPTIONS, NO_HEALTH = 2, 3


class Command(BaseCommand):
    help = "Join a charger's hardware API to its CMS: state, events, commands and logs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        options.add_arguments(parser)

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            chosen = options.read(argparse.Namespace(**given), os.environ)
        except options.BadOptions as error:
            raise CommandError(str(error), returncode=WRONG_OPTIONS) from None
        logs.set_up(chosen.json)
        logs.hide(*chosen.secrets)
        stop = _stopped_by_signals()
        try:
            with Health(chosen, supervisor.status, CollectorRegistry()):
                code = supervisor.run(chosen, stop=stop)
        except HealthError as error:
            raise CommandError(str(error), returncode=NO_HEALTH) from None
        sys.exit(code)


def _stopped_by_signals() -> threading.Event:
    """Set by SIGTERM or Ctrl-C; whoever sends a second one means it, and gets the system's own answer."""
    stop = threading.Event()

    def stopped(number: int, frame: FrameType | None) -> None:
        # In a thread of its own: this one may be inside `stop.wait` at this very moment, and hold its lock.
        threading.Thread(target=stop.set, name="stop", daemon=True).start()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    signal.signal(signal.SIGTERM, stopped)
    signal.signal(signal.SIGINT, stopped)
    return stop
