"""One charger's file: what has to survive a crash and a loss of power.

SQLite with a write-ahead log that is synchronised at each commit: when `change` has ended, the change is on the disk.
The file belongs to one process alone; another one is told so.
"""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VERSION = 1
LOCK_SECONDS = 2.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    charger TEXT NOT NULL,
    at REAL NOT NULL,
    body TEXT NOT NULL,
    outlet TEXT NOT NULL,
    state TEXT,
    is_witnessed INTEGER NOT NULL DEFAULT 0,
    step INTEGER NOT NULL DEFAULT 0,
    session_id INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL DEFAULT 0,
    size INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS event_to_send ON event (seq) WHERE step < 2;
CREATE INDEX IF NOT EXISTS event_with_log ON event (seq) WHERE step = 2;
CREATE INDEX IF NOT EXISTS event_with_log_of_outlet ON event (outlet, charger, seq) WHERE step = 2;
CREATE INDEX IF NOT EXISTS event_by_age ON event (at);
CREATE INDEX IF NOT EXISTS event_without_state ON event (seq) WHERE is_witnessed = 0;

CREATE TABLE IF NOT EXISTS execution (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    server TEXT NOT NULL,
    id INTEGER NOT NULL,
    digest TEXT NOT NULL,
    command TEXT NOT NULL,
    lane TEXT NOT NULL,
    stage TEXT NOT NULL,
    at REAL NOT NULL,
    status INTEGER,
    milliseconds INTEGER,
    body BLOB,
    file TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL DEFAULT 0,
    UNIQUE (server, id, digest)
) STRICT;
CREATE INDEX IF NOT EXISTS execution_open ON execution (row) WHERE stage <> 'reported';
"""

logger = logging.getLogger(__name__)


class StoreError(Exception):
    """The file cannot be used; `str(error)` says why, and what to do."""


class Store:
    """Any thread may use it. `path` None: in memory, gone with the process."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection = self._open()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is on the disk afterwards, or, with an exception, nothing."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> sqlite3.Row | None:
        found = self.rows(statement, *values)
        return found[0] if found else None

    def fact(self, name: str) -> str:
        row = self.row("SELECT value FROM fact WHERE name = ?", name)
        return str(row["value"]) if row else ""

    def set_fact(self, name: str, value: str) -> None:
        with self.change() as connection:
            connection.execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", (name, value))

    # -- opening ----------------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        if self.path is None:
            return _connected(":memory:")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                return _connected(str(self.path))
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                self._put_aside(str(error))
                return _connected(str(self.path))
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreError(f"{self.path} is in use: another bridge runs for this charger.") from None
            raise StoreError(f"{self.path} cannot be used ({error}). Choose another folder with --spool-dir.") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise StoreError(
                f"{self.path.parent} cannot be used ({reason}). Choose another with --spool-dir."
            ) from None

    def _put_aside(self, reason: str) -> None:
        """A file that is no database any more is kept for whoever wants to look, and a new one begun."""
        assert self.path is not None
        aside = self.path.with_name(f"{self.path.name}.broken")
        os.replace(self.path, aside)
        for ending in ("-wal", "-shm"):
            self.path.with_name(f"{self.path.name}{ending}").unlink(missing_ok=True)
        logger.error("%s is damaged (%s); it is kept as %s, and a new one is begun", self.path, reason, aside.name)


def _connected(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise StoreError(f"{name} was written by another version of the bridge ({version}).")
        connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
    except BaseException:
        connection.close()
        raise
    return connection


def file_name(host: str, port: int) -> str:
    """Of the charger with this address."""
    return f"{re.sub(r'[^A-Za-z0-9.-]', '_', host)}-{port}.db"
