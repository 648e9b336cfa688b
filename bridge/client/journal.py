"""What the CMS wanted executed, and what came of it.

    accepted ─► started ─► answered ─► reported

Each arrow is on the disk before the next thing happens: `started` before the request leaves to the hardware, the answer
before its report leaves to the CMS, `reported` after the CMS has taken it. So nothing is executed twice, and everything
is answered: what was `started` when the process ended may have been executed, and is reported as just that.

An ExecutionID belongs to one CMS. The same command with the same number again gets its answer again; another command
with a number that was used is refused.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import deque
from enum import StrEnum
from pathlib import Path
from sqlite3 import Row
from typing import NamedTuple

import orjson

from bridge import push
from bridge.client.clock import SANE, Clock, due
from bridge.client.outcome import GONE, INTERRUPTED, MAX_OPEN, MAX_WAIT, NOT_KNOWN, TOO_MANY, Answer, failure
from bridge.client.store import Store
from bridge.wire import RemoteCommand

MAX_REPORTED = 10_000
"""Reported rows that are kept, to know their numbers again."""

MAX_REPORTED_AGE = 90 * 86_400.0
MAX_ANSWERS = 100
"""Newest of them whose answer is kept, too."""

MAX_FILES = 3
"""Newest of them whose answer is kept although it fills a file."""

MAX_UNSTORED = 100
"""Commands that a full disk kept out, whose answers wait in memory."""


class Stage(StrEnum):
    ACCEPTED = "accepted"
    STARTED = "started"
    ANSWERED = "answered"
    REPORTED = "reported"


class Lane(StrEnum):
    """Text files take minutes, other commands must not wait for them."""

    QUICK = "quick"
    FILES = "files"


class Verdict(StrEnum):
    """What became of a command that came."""

    NEW = "new"
    BUSY = "busy"  # it came before; its answer will come
    AGAIN = "again"  # it was answered before; the answer will go out again
    REFUSED = "refused"
    FULL = "full"
    UNSTORED = "unstored"  # the disk is full, or broken: its answer is in `unstored`


class Execution(NamedTuple):
    row: int
    id: int
    command: RemoteCommand | None
    lane: Lane
    at: float
    answer: Answer | None
    attempts: int


class Journal:
    """Any thread may use it. `server` is the CMS whose numbers these are; `folder` holds answers that fill a file."""

    def __init__(self, store: Store, server: str, folder: Path, clock: Clock) -> None:
        self._store = store
        self._server = server
        self._folder = folder
        self._clock = clock
        self.unstored: deque[tuple[int, Answer]] = deque(maxlen=MAX_UNSTORED)
        folder.mkdir(parents=True, exist_ok=True)
        self.interrupted = self._recover()
        self._sweep()

    # -- coming -----------------------------------------------------------------------------------

    def accept(self, command: RemoteCommand) -> Verdict:
        try:
            return self._accept(command)
        except sqlite3.Error as error:
            reason = f"Not executed: the bridge cannot write down that it would be ({error})."
            self.unstored.append((command.execution_id, failure(NOT_KNOWN, reason)))
            return Verdict.UNSTORED

    def _accept(self, command: RemoteCommand) -> Verdict:
        text, lane = _text(command), Lane.FILES if command.is_text_file else Lane.QUICK
        known = self._known(command.execution_id)
        same = next((row for row in known if row["digest"] == _digest(text)), None)
        if same is not None:
            return self._again(same)
        if known:
            reason = (
                "Not executed: this ExecutionID stood for another command before. Numbers are never executed twice."
            )
            self._insert(command.execution_id, text, Lane.QUICK, failure(NOT_KNOWN, reason))
            return Verdict.REFUSED
        if (count := self.open_count()) >= MAX_OPEN:
            if count < 2 * MAX_OPEN:
                self._insert(command.execution_id, text, Lane.QUICK, TOO_MANY)
            return Verdict.FULL
        self._insert(command.execution_id, text, lane, None)
        return Verdict.NEW

    def refuse(self, execution_id: int, reason: str) -> None:
        """Answer a command that is not executed."""
        text = f"refused: {reason}"
        same = next((row for row in self._known(execution_id) if row["digest"] == _digest(text)), None)
        if same is not None:
            self._again(same)
        else:
            self._insert(execution_id, text, Lane.QUICK, failure(NOT_KNOWN, reason))

    # -- executing --------------------------------------------------------------------------------

    def next_accepted(self, lane: Lane) -> Execution | None:
        row = self._store.row(
            "SELECT * FROM execution WHERE stage = 'accepted' AND server = ? AND lane = ? ORDER BY row LIMIT 1",
            self._server,
            lane,
        )
        return self._read(row) if row else None

    def is_stale(self, execution: Execution) -> bool:
        return execution.at >= SANE and self._clock.now() - execution.at > MAX_WAIT

    def start(self, execution: Execution) -> bool:
        """From here on it counts as executed. False where it was started already."""
        with self._store.change() as connection:
            changed = connection.execute(
                "UPDATE execution SET stage = 'started' WHERE row = ? AND stage = 'accepted'", (execution.row,)
            ).rowcount
        return bool(changed)

    def finish(self, execution: Execution, answer: Answer) -> None:
        with self._store.change() as connection:
            connection.execute(
                "UPDATE execution SET stage = 'answered', status = ?, milliseconds = ?, body = ?, file = ?, at = ?,"
                " attempts = 0, due = 0 WHERE row = ? AND stage <> 'reported'",
                (
                    answer.status,
                    answer.milliseconds,
                    answer.body,
                    answer.file.name if answer.file else None,
                    self._clock.now(),
                    execution.row,
                ),
            )

    # -- reporting --------------------------------------------------------------------------------

    def next_answered(self, lane: Lane) -> Execution | None:
        """The oldest answer that the CMS does not have, and whose time has come."""
        row = self._store.row(
            "SELECT * FROM execution WHERE stage = 'answered' AND server = ? AND lane = ?"
            " AND (due <= ? OR due > ?) ORDER BY row LIMIT 1",
            self._server,
            lane,
            *due(self._clock),
        )
        return self._read(row) if row else None

    def postpone(self, execution: Execution, wait: float) -> None:
        with self._store.change() as connection:
            connection.execute(
                "UPDATE execution SET attempts = attempts + 1, due = ? WHERE row = ?",
                (self._clock.now() + wait, execution.row),
            )

    def reported(self, execution: Execution) -> None:
        with self._store.change() as connection:
            connection.execute("UPDATE execution SET stage = 'reported' WHERE row = ?", (execution.row,))
        self._prune()

    def open_count(self) -> int:
        statement = "SELECT COUNT(*) AS count FROM execution WHERE stage <> 'reported' AND server = ?"
        row = self._store.row(statement, self._server)
        return int(row["count"]) if row else 0

    # -- inside -----------------------------------------------------------------------------------

    def _known(self, execution_id: int) -> list[Row]:
        statement = "SELECT * FROM execution WHERE server = ? AND id = ? ORDER BY row"
        return self._store.rows(statement, self._server, execution_id)

    def _again(self, row: Row) -> Verdict:
        if row["stage"] != Stage.REPORTED:
            return Verdict.BUSY
        kept = row["body"] is not None or (row["file"] and (self._folder / row["file"]).exists())
        with self._store.change() as connection:
            connection.execute(
                "UPDATE execution SET stage = 'answered', attempts = 0, due = 0 WHERE row = ?", (row["row"],)
            )
        if not kept:
            execution = self._read(row)
            self.finish(execution, GONE)
        return Verdict.AGAIN

    def _insert(self, execution_id: int, text: str, lane: Lane, answer: Answer | None) -> None:
        stage = Stage.ANSWERED if answer else Stage.ACCEPTED
        values = (self._server, execution_id, _digest(text), text, lane, stage, self._clock.now())
        with self._store.change() as connection:
            connection.execute(
                "INSERT INTO execution (server, id, digest, command, lane, stage, at, status, milliseconds, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
                (*values, answer.status if answer else None, answer.body if answer else None),
            )

    def _recover(self) -> int:
        """What was under way when the process ended; how many there were."""
        with self._store.change() as connection:
            return connection.execute(
                "UPDATE execution SET stage = 'answered', lane = 'quick', status = ?, milliseconds = 0, body = ?,"
                " file = NULL WHERE stage = 'started'",
                (INTERRUPTED.status, INTERRUPTED.body),
            ).rowcount

    def _prune(self) -> None:
        """Old reported rows; never one that is open."""
        newest = "(SELECT row FROM execution WHERE stage = 'reported' AND {} ORDER BY row DESC LIMIT {})"
        rows, answers, files = (
            newest.format("1", MAX_REPORTED),
            newest.format("body IS NOT NULL", MAX_ANSWERS),
            newest.format("file IS NOT NULL", MAX_FILES),
        )
        before = self._files()
        with self._store.change() as connection:
            connection.execute(
                f"DELETE FROM execution WHERE stage = 'reported' AND (row NOT IN {rows} OR (at >= ? AND at < ?))",  # noqa: S608
                (SANE, self._clock.now() - MAX_REPORTED_AGE),
            )
            for column, kept in (("body", answers), ("file", files)):
                connection.execute(
                    f"UPDATE execution SET {column} = NULL"  # noqa: S608
                    f" WHERE stage = 'reported' AND {column} IS NOT NULL AND row NOT IN {kept}"
                )
        for name in before - self._files():
            (self._folder / name).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Files that belong to no row: a process ended before the row was written. Only at the start, therefore."""
        named = self._files()
        for path in self._folder.iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)

    def _files(self) -> set[str]:
        return {row["file"] for row in self._store.rows("SELECT file FROM execution WHERE file IS NOT NULL")}

    def _read(self, row: Row) -> Execution:
        answer = None
        if row["status"] is not None:
            file = self._folder / row["file"] if row["file"] else None
            answer = Answer(row["status"], row["body"], file, row["milliseconds"] or 0)
        lane = Lane(row["lane"])
        return Execution(row["row"], row["id"], _command(row["command"]), lane, row["at"], answer, row["attempts"])


def _text(command: RemoteCommand) -> str:
    return orjson.dumps(push.write_command(command), option=orjson.OPT_SORT_KEYS).decode()


def _command(text: str) -> RemoteCommand | None:
    return push.read_command(orjson.loads(text)) if text.startswith("{") else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
