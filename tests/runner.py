"""The test runner: Django's own, in parallel unless told otherwise."""

from __future__ import annotations

import contextvars
import copyreg
import logging
import os
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zlib import crc32

from django.db import connection
from django.test import TransactionTestCase
from django.test.runner import DiscoverRunner
from servestatic.middleware import ServeStaticMiddleware

from tests.server import SHARED


def _fresh_context(_: contextvars.Context) -> tuple[Any, tuple[()]]:
    return contextvars.Context, ()


# Tests travel to their processes as pickles, and an `IsolatedAsyncioTestCase` brings a context
# along that cannot be one; nothing is in it yet, so an empty one is as good.
copyreg.pickle(contextvars.Context, _fresh_context)


def _look_for_static_files_once() -> None:
    """Test clients make the middleware anew; each time looking at all files would take a tenth of a second."""
    look: Any = ServeStaticMiddleware.add_files_from_finders
    found: dict[str, Any] = {}

    def look_once(middleware: Any) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    ServeStaticMiddleware.add_files_from_finders = look_once


def _spread(suites: list[Any]) -> list[Any]:
    """Of a class each: those that take minutes first, servers and browsers of their own evenly among the others.

    What uses the test database keeps Django's order.
    """
    first, places = [], []
    groups: dict[bool, list[Any]] = {True: [], False: []}
    for suite in suites:
        case = type(next(iter(suite)))
        if getattr(case, "takes_minutes", False):
            first.append(suite)
        else:
            groups[issubclass(case, TransactionTestCase)].append(suite)
    # Neighbours are alike; all browsers at once would be slow for each other.
    groups[False].sort(key=lambda suite: crc32(type(next(iter(suite))).__qualname__.encode()))
    for group in groups.values():
        places += [(place / len(group), suite) for place, suite in enumerate(group)]
    return first + [suite for _, suite in sorted(places, key=lambda each: each[0])]


class TellsAtOnce(unittest.TextTestResult):
    """What failed is told when it fails, and in whole at the end: a run of all tests takes its time."""

    def addError(self, test: Any, error: Any) -> None:
        super().addError(test, error)
        self._tell(test, error)

    def addFailure(self, test: Any, error: Any) -> None:
        super().addFailure(test, error)
        self._tell(test, error)

    def addSubTest(self, test: Any, subtest: Any, error: Any) -> None:
        super().addSubTest(test, subtest, error)
        if error is not None:
            self._tell(subtest, error)

    def _tell(self, test: Any, error: Any) -> None:
        self.stream.writeln(f"\n{test.id()}: {error[0].__name__}: {str(error[1])[:500]}")


class Runner(DiscoverRunner):
    """`manage.py test` uses all cores; `--parallel 1` does not."""

    def __init__(self, **options: Any) -> None:
        # Debugging needs one process.
        if not options.get("parallel") and not options.get("pdb") and not options.get("debug_mode"):
            options["parallel"] = max(2, os.cpu_count() or 1)
        super().__init__(**options)

    def build_suite(self, *args: Any, **options: Any) -> Any:
        """What is run in parallel is spread, so that all processes are busy with something until the end."""
        suite = super().build_suite(*args, **options)
        if isinstance(suite, self.parallel_test_suite):
            suite.subsuites = _spread(suite.subsuites)
        return suite

    def get_resultclass(self) -> Any:
        return super().get_resultclass() or TellsAtOnce

    def run_suite(self, suite: Any, **options: Any) -> Any:
        """What servers tell of their daily life would drown what tests have to say."""
        for name in (None, "websockets"):  # only now: importing the server sets them anew
            logging.getLogger(name).setLevel(logging.WARNING)
        _look_for_static_files_once()
        with tempfile.TemporaryDirectory() as shared, patch.dict(os.environ, {SHARED: shared}):
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
