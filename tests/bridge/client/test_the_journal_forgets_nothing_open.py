"""The journal of commands, over restarts, and its bounds."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

from bridge import wire
from bridge.client import journal
from bridge.client.journal import Journal, Lane, Verdict
from bridge.client.outcome import Answer
from bridge.client.store import Store
from bridge.wire import RemoteCommand
from tests.bridge.client.support import FakeClock, get

SERVER = "http://cms/"


class JournalTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.clock = FakeClock()
        self.store = Store(self.folder / "a.db")
        self.addCleanup(lambda: self.store.close())
        self.journal = self.opened()

    def opened(self, server: str = SERVER) -> Journal:
        return Journal(self.store, server, self.folder / "answers", self.clock)

    def restart(self) -> Journal:
        self.store.close()
        self.store = Store(self.folder / "a.db")
        self.journal = self.opened()
        return self.journal

    def executed(self, command: RemoteCommand, answer: Answer) -> None:
        self.assertIs(self.journal.accept(command), Verdict.NEW)
        execution = self.journal.next_accepted(Lane.QUICK)
        assert execution is not None
        self.assertTrue(self.journal.start(execution))
        self.journal.finish(execution, answer)

    def report(self, lane: Lane = Lane.QUICK) -> tuple[int, object]:
        """The next answer that goes out, which arrives."""
        execution = self.journal.next_answered(lane)
        assert execution is not None
        assert execution.answer is not None
        self.journal.reported(execution)
        body = execution.answer.body
        return execution.id, wire.read_answer(body) if body is not None else execution.answer.file

    def test_what_was_accepted_is_executed_after_a_restart(self) -> None:
        self.journal.accept(get(1))
        execution = self.restart().next_accepted(Lane.QUICK)
        assert execution is not None
        self.assertEqual(execution.command, get(1))

    def test_what_was_started_is_never_started_again(self) -> None:
        self.journal.accept(get(1))
        execution = self.journal.next_accepted(Lane.QUICK)
        assert execution is not None
        self.assertTrue(self.journal.start(execution))
        self.assertFalse(self.journal.start(execution))
        self.assertIs(self.journal.accept(get(1)), Verdict.BUSY)
        self.restart()
        self.assertEqual(self.journal.interrupted, 1)
        self.assertIsNone(self.journal.next_accepted(Lane.QUICK))
        number, answer = self.report()
        self.assertEqual(number, 1)
        assert isinstance(answer, dict)
        self.assertIn("may have been executed", answer["Error"])
        self.assertIs(self.journal.accept(get(1)), Verdict.AGAIN)
        self.assertIsNone(self.journal.next_accepted(Lane.QUICK))

    def test_an_answer_that_was_not_reported_is_reported_after_a_restart(self) -> None:
        self.executed(get(1), Answer(200, wire.write_answer('{"a": 1}'), None, 12))
        self.restart()
        self.assertEqual(self.report(), (1, {"a": 1}))
        self.assertIsNone(self.journal.next_answered(Lane.QUICK))

    def test_numbers_belong_to_one_cms(self) -> None:
        self.executed(get(1), Answer(200, b'"1"'))
        other = self.opened("http://other/")
        self.assertIsNone(other.next_answered(Lane.QUICK))
        self.assertIs(other.accept(get(1, "/id")), Verdict.NEW)

    def test_old_rows_go_and_open_ones_stay(self) -> None:
        with patch.object(journal, "MAX_REPORTED", 3), patch.object(journal, "MAX_ANSWERS", 2):
            self.executed(get(1), Answer(200, b'"1"'))  # stays open
            first = self.journal.next_answered(Lane.QUICK)
            assert first is not None
            self.journal.postpone(first, 80_000)
            for number in range(2, 8):
                self.executed(get(number), Answer(200, b'"2"'))
                self.report()
            numbers = [row["id"] for row in self.store.rows("SELECT id FROM execution ORDER BY id")]
            self.assertEqual(numbers, [1, 5, 6, 7])
            self.assertIs(self.journal.accept(get(5)), Verdict.AGAIN)
            number, answer = self.report()
            self.assertEqual(number, 5)
            assert isinstance(answer, dict)
            self.assertIn("no longer kept", answer["Error"])
        self.clock.advance(journal.MAX_REPORTED_AGE + 1)
        self.journal.postpone(first, 80_000)
        self.journal.refuse(100, "why not")
        self.report()
        self.assertEqual([row["id"] for row in self.store.rows("SELECT id FROM execution ORDER BY id")], [1, 100])

    def test_files_go_with_their_rows_and_those_of_nobody_at_the_start(self) -> None:
        files = [self.folder / "answers" / f"{number}.json" for number in range(6)]
        with patch.object(journal, "MAX_FILES", 2):
            for number, file in enumerate(files[:5], 1):
                file.write_bytes(b'"x"')
                self.executed(get(number), Answer(200, None, file))
                self.assertEqual(self.report(), (number, file))
        files[5].write_bytes(b"half of an ans")
        self.assertEqual([file.exists() for file in files], [False, False, False, True, True, True])
        self.restart()
        self.assertEqual([file.exists() for file in files], [False, False, False, True, True, False])

    def test_more_than_can_wait_are_refused_and_hosts_of_them_left_alone(self) -> None:
        with patch.object(journal, "MAX_OPEN", 2):
            verdicts = [self.journal.accept(get(number)) for number in range(1, 7)]
        self.assertEqual(verdicts, [Verdict.NEW] * 2 + [Verdict.FULL] * 4)
        for number in (3, 4):
            self.assertEqual(self.report()[0], number)
        self.assertIsNone(self.journal.next_answered(Lane.QUICK))
        self.assertIs(self.journal.accept(get(5)), Verdict.NEW)

    def test_a_refusal_that_comes_again_is_told_again(self) -> None:
        for _ in range(2):
            self.journal.refuse(9, "wrong")
            self.assertEqual(self.report(), (9, {"Status": 0, "Error": "wrong", "Body": None}))
            self.assertIsNone(self.journal.next_answered(Lane.QUICK))
