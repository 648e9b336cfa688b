"""`manage.py prune`: delete what is old now, for cron jobs and for servers whose own runs are paused."""

from __future__ import annotations

import argparse
import time
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from smartserver.core import change, clock
from smartserver.core.errors import NotFound
from smartserver.retention import pruning
from smartserver.retention.kinds import Kind, kind_named
from smartserver.retention.tasks import PAUSE


class Command(BaseCommand):
    help = "Deletes rows whose time is over, as the rules of retention say, in small steps beside a running server."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("kinds", nargs="*", metavar="kind", help="What to delete; nothing: everything that is old.")
        parser.add_argument("--dry-run", action="store_true", help="Only count.")
        parser.add_argument("--pause", type=float, default=PAUSE, help="Seconds between two steps.")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = {self._known(name) for name in options["kinds"]}
        due = [each for each in pruning.due(clock.now()) if not wanted or each[0].name in wanted]
        if options["dry_run"]:
            for kind, limit in due:
                self._tell(kind, pruning.count_old(kind, limit), "would be deleted")
            return
        holder = change.store(partial(pruning.claim, by_hand=True))
        if holder is None:
            raise CommandError("Another process prunes at this moment.")
        try:
            for kind, limit in due:
                self._tell(kind, self._prune(holder, kind, limit, options["pause"]), "deleted")
        except BaseException:
            change.store(partial(pruning.give_up, holder=holder))
            raise
        change.store(partial(pruning.finish, holder=holder, names=[kind.name for kind, _ in due], by_hand=True))

    def _known(self, name: str) -> str:
        try:
            return kind_named(name).name
        except NotFound as error:
            raise CommandError(f"{name}: {error}") from None

    def _prune(self, holder: str, kind: Kind, limit: Any, pause: float) -> int:
        total = 0
        for span in pruning.spans(kind, limit):
            deleted = change.store(partial(pruning.delete, holder=holder, span=span))
            if deleted is None:
                raise CommandError(f"Stopped at {kind.name} after {total} rows: somebody paused it, or took it over.")
            total += deleted
            time.sleep(pause)
        return total

    def _tell(self, kind: Kind, count: int, verb: str) -> None:
        self.stdout.write(f"{kind.name}: {count} {'row' if count == 1 else 'rows'} {verb}")
