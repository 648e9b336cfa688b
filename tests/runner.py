"""The test runner: Django's own, in parallel unless told otherwise."""

from __future__ import annotations

import contextvars
import copyreg
import logging
import os
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.runner import DiscoverRunner


def _fresh_context(_: contextvars.Context) -> tuple[Any, tuple[()]]:
    return contextvars.Context, ()


# Tests travel to their processes as pickles, and an `IsolatedAsyncioTestCase` brings a context
# along that cannot be one; nothing is in it yet, so an empty one is as good.
copyreg.pickle(contextvars.Context, _fresh_context)


class Runner(DiscoverRunner):
    """`manage.py test` uses all cores; `--parallel 1` does not."""

    def __init__(self, **options: Any) -> None:
        # Debugging needs one process.
        if not options.get("parallel") and not options.get("pdb") and not options.get("debug_mode"):
            options["parallel"] = max(2, os.cpu_count() or 1)
        super().__init__(**options)

    def run_suite(self, suite: Any, **options: Any) -> Any:
        """What servers tell of their daily life would drown what tests have to say."""
        logging.getLogger().setLevel(logging.WARNING)  # only now: importing the server sets it anew
        return super().run_suite(suite, **options)

    def setup_databases(self, **options: Any) -> Any:
        """Each process gets a copy of the database file; what still stands in its log is moved there first."""
        clone = connection.creation.clone_test_db

        def clone_whole(suffix: Any, *args: Any, **kwargs: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            # What a run that was killed left beside its copy belongs to another database.
            copy = connection.creation.get_test_db_clone_settings(suffix)["NAME"]
            for leftover in ("-wal", "-shm"):
                Path(f"{copy}{leftover}").unlink(missing_ok=True)
            clone(suffix, *args, **kwargs)

        if connection.vendor == "sqlite":
            connection.creation.clone_test_db = clone_whole  # type: ignore[method-assign]
        return super().setup_databases(**options)
