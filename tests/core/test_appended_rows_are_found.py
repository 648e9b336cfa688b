"""Rows that nobody tells of: which are new, also when they are committed in another order than that of their keys."""

from __future__ import annotations

from unittest import TestCase as PlainTestCase
from unittest import mock

from django.db.models import Q
from django.test import TestCase

from devices.models import SolMate
from smartserver.core import appended, clock
from smartserver.core.appended import LATE_SECONDS, Follower, Tail, any_of
from smartserver.core.query import Column, parse
from tests.core.live_support import Things, hub_of


def store(*keys: int) -> None:
    SolMate.objects.bulk_create([SolMate(pk=key, serial_number=str(key)) for key in keys])


class TheTail(TestCase):
    def test_of_an_empty_table_every_row_is_new_and_told_once(self) -> None:
        tail = Tail(SolMate)
        self.assertEqual(tail.news(), [])
        store(1, 2, 3)
        self.assertEqual(tail.news(), [1, 2, 3])
        self.assertEqual(tail.news(), [])
        store(4)
        self.assertEqual(tail.news(), [4])

    def test_what_was_there_before_is_no_news(self) -> None:
        store(1, 2)
        tail = Tail(SolMate)
        store(3)
        self.assertEqual(tail.news(), [3])

    def test_a_smaller_key_that_is_committed_later_is_found(self) -> None:
        store(1)
        tail = Tail(SolMate)
        store(2, 5)
        self.assertEqual(tail.news(), [2, 5])
        store(4)
        self.assertEqual(tail.news(), [4])
        store(3, 6)
        self.assertEqual(tail.news(), [3, 6])
        self.assertEqual(tail.news(), [])

    def test_a_hole_that_was_there_at_the_beginning_is_filled(self) -> None:
        store(7, 9)
        tail = Tail(SolMate)
        store(8)
        self.assertEqual(tail.news(), [8])

    def test_a_key_that_never_comes_is_forgotten(self) -> None:
        store(1)
        tail = Tail(SolMate)
        store(3)
        self.assertEqual(tail.news(), [3])
        now = clock.monotonic()
        with mock.patch.object(clock, "monotonic", return_value=now + LATE_SECONDS + 1), self.assertNumQueries(1):
            self.assertEqual(tail.news(), [])
        store(2)
        self.assertEqual(tail.news(), [])

    def test_of_very_many_new_rows_the_newest_are_told(self) -> None:
        tail = Tail(SolMate)
        with mock.patch.object(appended, "MOST", 3):
            store(*range(1, 9))
            self.assertEqual(tail.news(), [6, 7, 8])
        self.assertEqual(tail.news(), [], "What was left out is not late.")

    def test_very_many_holes_are_not_all_remembered(self) -> None:
        store(1)
        tail = Tail(SolMate)
        with mock.patch.object(appended, "MAX_MISSING", 2):
            store(9)
            tail.news()
        store(2, 7, 8)
        self.assertEqual(tail.news(), [7, 8])


class TheFollower(PlainTestCase):
    def test_a_look_that_ends_after_the_hub_is_the_last(self) -> None:
        follower = Follower(hub_of(Things()))
        follower._looking = True
        follower.stop()
        follower._ready([])  # outside of any event loop: it must not ask for another one
        self.assertIsNone(follower._timer)


class WhatAnybodyWants(PlainTestCase):
    columns = (Column("name", "Name"), Column("power", "Power", "number"), Column("took", "T", "number", computed=True))

    def of(self, *queries: list[str]) -> Q:
        return any_of(parse(query, self.columns) for query in queries)

    def test_rows_for_one_of_several_are_read(self) -> None:
        one, other = (parse([entry], self.columns).q() for entry in ("filter:power:>:1", "filter:name:^:a"))
        self.assertEqual(self.of(["filter:power:>:1"], ["filter:power:>:1", "sort:name:<"]), one)
        self.assertEqual(self.of(["filter:power:>:1"], ["filter:name:^:a"]), one | other)

    def test_who_wants_all_gets_all(self) -> None:
        self.assertEqual(self.of(["filter:power:>:1"], ["sort:name:<"]), Q())

    def test_what_the_database_does_not_have_decides_later(self) -> None:
        self.assertEqual(self.of(["filter:took:>:1"], ["filter:power:>:1"]), Q())

    def test_a_search_is_a_condition_of_its_own(self) -> None:
        self.assertEqual(self.of(["search:a"]), parse(["search:a"], self.columns).q())
        self.assertEqual(self.of(["search:a"], []), Q())

    def test_for_too_many_different_ones_all_rows_are_read(self) -> None:
        self.assertEqual(self.of(*([f"filter:power:>:{n}"] for n in range(9))), Q())
