"""The tests of what speaks SQL, once more on PostgreSQL: in a process of its own, for the database is a setting."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from unittest import TestCase

from tests.server import ROOT
from tests.services import PostgresDatabase, needs_postgres

MODULES = (
    "tests.core.test_bulk_statements",
    "tests.core.test_compiled_reads",
    "tests.stations.test_events_come_in_masses",
    "tests.core.test_appended_rows_are_found",
    "tests.dashboard.test_messages_are_followed",
    "tests.core.test_tables_answer_queries",
    "tests.core.test_failing_unit_fails_alone",
    "tests.core.test_attempts_are_undone",
    "tests.core.test_database_out_of_reach",
    "tests.core.test_long_histories_open_at_once",
    "tests.retention.test_one_process_prunes",
    "tests.retention.test_what_is_old_goes",
    "tests.retention.test_pruning_runs_beside_the_sockets",
    "tests.stations.test_two_processes_share_stations",
    "tests.bridge.cms.test_push_channel_carries_commands",
    "tests.bridge.cms.test_bad_requests_of_bridges_are_refused",
    "tests.bridge.cms.test_sessions_of_hardware_count_once",
)


@needs_postgres
class OnPostgreSQL(TestCase):
    takes_minutes = True

    def test_it_behaves_the_same(self) -> None:
        with PostgresDatabase(f"smartserver_core_{os.getpid()}") as database, tempfile.TemporaryDirectory() as folder:
            finished = subprocess.run(
                [sys.executable, "manage.py", "test", *MODULES, "--parallel", "1", "--noinput"],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": database.url, "SMARTSERVER_DATA_DIR": folder},
                capture_output=True,
                text=True,
                timeout=900,
            )
        self.assertEqual(finished.returncode, 0, finished.stderr[-4000:])
        self.assertRegex(finished.stderr, r"Ran [1-9]\d+ tests")
        self.assertIn("\nOK", finished.stderr)
