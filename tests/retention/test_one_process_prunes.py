"""Runs: begun by one process of many, paused by people, taken over from processes that died."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.test import TestCase

from smartserver.core import clock
from smartserver.core.errors import BadInput, Conflict, NotFound
from smartserver.retention import pruning
from smartserver.retention.kinds import kind_named
from smartserver.retention.models import Pruning
from smartserver.retention.pruning import Span
from smartserver.retention.rules import kept, run_soon, set_days, set_paused
from tests.retention.support import OLD, message, prune, step
from tests.stations.factories import StationFactory
from tests.stations.support import NOON
from tests.units import run


def claim(after: timedelta = timedelta(), *, by_hand: bool = False) -> str | None:
    with clock.frozen(NOON + after):
        (holder,) = run(partial(pruning.claim, by_hand=by_hand))
    found: str | None = holder
    return found


class Runs(TestCase):
    def setUp(self) -> None:
        message(StationFactory.create(), OLD)

    def span(self) -> Span:
        found = pruning.next_span(kind_named("messages"), NOON, 0)
        assert found is not None
        return found

    def test_one_at_a_time(self) -> None:
        self.assertIsNotNone(claim())
        self.assertIsNone(claim())
        self.assertIsNone(claim(by_hand=True))

    def test_one_that_died_is_taken_over_and_does_nothing_more_should_it_come_back(self) -> None:
        first = claim()
        second = claim(pruning.LEASE)
        assert first is not None
        assert second is not None
        with clock.frozen(NOON + pruning.LEASE):
            self.assertIsNone(step(first, self.span()))
            run(partial(pruning.give_up, holder=first), partial(pruning.finish, holder=first, names=["messages"]))
            self.assertEqual(Pruning.objects.get().holder, second)
            self.assertEqual(step(second, self.span()), 1)

    def test_each_step_holds_on(self) -> None:
        holder = claim()
        assert holder is not None
        with clock.frozen(NOON + timedelta(seconds=59)):
            step(holder, self.span())
        self.assertIsNone(claim(timedelta(seconds=118)))
        self.assertIsNotNone(claim(timedelta(seconds=119)))

    def test_one_an_hour(self) -> None:
        prune()
        self.assertIsNone(claim(timedelta(minutes=59)))
        self.assertIsNotNone(claim(timedelta(minutes=60)))

    def test_one_that_was_broken_off_begins_again_at_once(self) -> None:
        holder = claim()
        assert holder is not None
        run(partial(pruning.give_up, holder=holder))
        self.assertIsNotNone(claim())

    def test_one_by_hand_does_not_wait_and_puts_off_no_other(self) -> None:
        prune()
        holder = claim(timedelta(minutes=1), by_hand=True)
        assert holder is not None
        run(partial(pruning.finish, holder=holder, names=[], by_hand=True))
        self.assertIsNotNone(claim(timedelta(minutes=60)))

    def test_paused_it_stops_and_begins_no_more_until_it_goes_on(self) -> None:
        holder = claim()
        assert holder is not None
        run(partial(set_paused, paused=True))
        self.assertIsNone(step(holder, self.span()))
        self.assertIsNone(claim(timedelta(days=1)))
        with self.assertRaises(Conflict):
            run(run_soon)
        self.assertIsNotNone(claim(by_hand=True), "Who does it by hand knows what they do.")
        run(partial(set_paused, paused=False))
        self.assertIsNotNone(claim(timedelta(days=1)))

    def test_the_next_one_may_be_asked_for(self) -> None:
        prune()
        run(run_soon)
        self.assertIsNotNone(claim(timedelta(minutes=1)))


class Rules(TestCase):
    def set(self, name: str, days: int | None) -> None:
        run(partial(set_days, name=name, days=days))

    def test_what_an_administrator_decides_goes_before_the_settings(self) -> None:
        self.assertEqual((kept("messages").days, kept("messages").chosen), (90, None))
        self.set("messages", 7)
        self.assertEqual((kept("messages").days, kept("messages").chosen), (7, 7))
        self.set("messages", None)
        self.assertEqual((kept("messages").days, kept("messages").chosen), (90, None))

    def test_what_the_server_needs_cannot_be_given_up(self) -> None:
        for name, days in (("hardware_events", 29), ("meter_values", 2), ("messages", 36_501)):
            with self.subTest(name), self.assertRaises(BadInput) as caught:
                self.set(name, days)
            self.assertEqual(caught.exception.details["problems"][0]["path"], "days")

    def test_sums_are_kept_at_least_as_long_as_what_they_sum_up(self) -> None:
        for name, days in (("meter_hours", 729), ("device_hours", 399)):
            with self.subTest(name), self.assertRaises(BadInput):
                self.set(name, days)
        self.set("meter_hours", 730)
        for days in (0, 731):
            with self.subTest(days), self.assertRaises(BadInput):
                self.set("meter_values", days)
        self.set("meter_values", 729)

    def test_there_are_no_others(self) -> None:
        with self.assertRaises(NotFound):
            self.set("transactions", 5)
