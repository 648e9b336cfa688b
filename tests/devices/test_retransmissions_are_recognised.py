from __future__ import annotations

import unittest

from devices.recent import KEPT, SECONDS, remember, seen

NOW = 1_780_000_000


def digest(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)


class Retransmissions(unittest.TestCase):
    def test_a_message_is_known_for_a_minute(self) -> None:
        recent = remember(b"", digest(7), NOW)
        self.assertTrue(seen(recent, digest(7), NOW))
        self.assertTrue(seen(recent, digest(7), NOW + SECONDS))
        self.assertFalse(seen(recent, digest(7), NOW + SECONDS + 1))
        self.assertFalse(seen(recent, digest(8), NOW))

    def test_the_newer_of_two_equal_messages_counts(self) -> None:
        recent = remember(remember(b"", digest(7), NOW - 1000), digest(7), NOW)
        self.assertTrue(seen(recent, digest(7), NOW + 5))

    def test_as_many_are_known_as_may_be_unanswered(self) -> None:
        recent = b""
        for number in range(KEPT + 1):
            recent = remember(recent, digest(number), NOW)
        self.assertFalse(seen(recent, digest(0), NOW))
        self.assertTrue(all(seen(recent, digest(number), NOW) for number in range(1, KEPT + 1)))

    def test_a_chance_match_across_two_entries_is_none(self) -> None:
        recent = remember(remember(b"", digest(1), NOW), digest(2), NOW)
        self.assertFalse(seen(recent, recent[4:12], NOW))
