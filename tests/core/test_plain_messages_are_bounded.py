"""Messages that cannot coalesce wait in order, up to a limit."""

from __future__ import annotations

from unittest import TestCase

from smartserver.core.outbox import Hopeless, PlainOutbox


class PlainMessages(TestCase):
    def test_leave_in_order_and_make_room(self) -> None:
        outbox = PlainOutbox(2)
        self.assertIsNone(outbox.take())
        for text in (b"1", b"2"):
            outbox.add(text)
        self.assertEqual(outbox.take(), b"1")
        outbox.add(b"3")
        self.assertEqual([outbox.take(), outbox.take(), outbox.take()], [b"2", b"3", None])

    def test_beyond_the_limit_the_browser_is_hopeless_and_nothing_more_is_kept(self) -> None:
        outbox = PlainOutbox(2)
        for text in (b"1", b"2"):
            outbox.add(text)
        for _ in range(3):
            with self.assertRaises(Hopeless):
                outbox.add(b"3")
        self.assertEqual([outbox.take(), outbox.take(), outbox.take()], [b"1", b"2", None])
