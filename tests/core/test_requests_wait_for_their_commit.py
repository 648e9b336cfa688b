"""A change from a request takes the writer's way: the request has its value after the commit, or a clear error."""

from __future__ import annotations

from unittest import mock

from django.test import TransactionTestCase

from smartserver.core import change
from smartserver.core.errors import BadInput, Unavailable
from tests.core.support import Gate, WatchedWriter, adding, failing, stored, told
from tests.waiting import eventually


class RequestsWait(TransactionTestCase):
    def setUp(self) -> None:
        self.writer = WatchedWriter()
        self.writer.start()
        self.addCleanup(self.writer.stop)
        change.use(self.writer)
        self.addCleanup(change.leave, self.writer)

    def test_the_value_comes_after_the_commit(self) -> None:
        self.assertEqual(change.store(adding("a")), "a")
        self.assertEqual((stored(), told(self.writer.published)), (["a"], ["a"]))

    def test_the_error_of_the_unit_is_the_requests(self) -> None:
        with self.assertRaises(BadInput):
            change.store(failing(BadInput("no")))
        self.assertEqual(stored(), [])

    def test_who_has_waited_too_long_is_told_that_it_may_still_happen(self) -> None:
        gate = Gate()
        self.writer.submit(gate, lambda value, error: None, change._Here())
        self.assertTrue(gate.entered.wait(5))
        with mock.patch.object(change, "TIMEOUT", 0.01), self.assertRaisesMessage(Unavailable, "it may still be"):
            change.store(adding("late"))
        gate.open()
        eventually(lambda: self.writer.waiting == 0)
        self.assertEqual(stored(), ["late"])

    def test_another_writer_that_ends_takes_nothing_away(self) -> None:
        change.leave(WatchedWriter())
        self.assertEqual(change.store(adding("a")), "a")
        self.assertEqual(self.writer.units, 1)
