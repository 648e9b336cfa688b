"""Bytes are counted by purpose, in and out, and told as people read them."""

from __future__ import annotations

import threading
import unittest

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.client.sizes import shown
from bridge.client.traffic import DAY, PURPOSES, Traffic, daily


class CountingTests(unittest.TestCase):
    def test_every_purpose_begins_with_nothing(self) -> None:
        self.assertEqual(Traffic().snapshot(), dict.fromkeys(PURPOSES, (0, 0)))

    def test_both_ways_add_up(self) -> None:
        traffic = Traffic()
        traffic.add("feed", sent=100)
        traffic.add("feed", sent=50, received=7)
        self.assertEqual(traffic.snapshot()["feed"], (150, 7))

    def test_an_unknown_purpose_is_a_mistake(self) -> None:
        with self.assertRaises(KeyError):
            Traffic().add("something", sent=1)

    def test_what_was_read_does_not_change(self) -> None:
        traffic = Traffic()
        before = traffic.snapshot()
        traffic.add("feed", sent=1)
        self.assertEqual(before["feed"], (0, 0))

    def test_threads_lose_nothing(self) -> None:
        traffic = Traffic()

        def work() -> None:
            for _ in range(5000):
                traffic.add("push", sent=1, received=2)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(traffic.snapshot()["push"], (20_000, 40_000))


class EstimateTests(unittest.TestCase):
    def test_the_charger_s_own_network_costs_nothing(self) -> None:
        traffic = Traffic()
        traffic.add("hardware", sent=1000, received=70_000_000)
        self.assertEqual(daily(traffic.snapshot(), 3600), 0)
        self.assertEqual(traffic.line(3600), "0 B sent to the CMS, 0 B received in 1.0 h, about 0 B a day")

    def test_a_day_like_this_hour(self) -> None:
        traffic = Traffic()
        traffic.add("feed", sent=90_000, received=10_000)
        traffic.add("log", sent=300_000)
        self.assertEqual(daily(traffic.snapshot(), 3600), 400_000 * 24)
        self.assertEqual(
            traffic.line(3600),
            "390.0 kB sent to the CMS, 10.0 kB received in 1.0 h, about 9.6 MB a day (log 300.0 kB, feed 100.0 kB)",
        )

    def test_seconds_say_nothing_of_a_day(self) -> None:
        traffic = Traffic()
        traffic.add("feed", sent=500)
        self.assertEqual(traffic.line(5), "500 B sent to the CMS, 0 B received in 5 s (feed 500 B)")
        self.assertIn("in 1.5 min, about", traffic.line(90))
        self.assertIn("in 2.0 days, about", traffic.line(2 * DAY))


class SizeTests(unittest.TestCase):
    def test_a_thousand_to_a_unit(self) -> None:
        for count, expected in (
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1500, "1.5 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (70_000_000, "70.0 MB"),
            (3 * 10**9, "3.0 GB"),
            (5 * 10**15, "5000.0 TB"),
        ):
            with self.subTest(count):
                self.assertEqual(shown(count), expected)

    @settings(deadline=None)
    @given(st.integers(0, 10**14))
    def test_no_size_needs_more_than_three_digits_before_the_point(self, count: int) -> None:
        self.assertLess(float(shown(count).split()[0]), 1000)
