"""The helpers of the emulating commands: reply times, progress, the end of a run."""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import signal
from unittest import IsolatedAsyncioTestCase, mock

from django.test import SimpleTestCase
from rich.console import Console

from smartserver.core import emulation
from smartserver.core.emulation import ReplyTimes, print_summary, progress, stopped_by_signals


class Times(SimpleTestCase):
    def test_have_percentiles(self) -> None:
        times = ReplyTimes()
        for number in range(1, 101):
            times.add(number / 1000)
        self.assertEqual(times.shown(50), "51.0 ms")
        self.assertEqual(times.shown(99), "100.0 ms")

    def test_of_nothing_are_a_dash(self) -> None:
        self.assertEqual(ReplyTimes().shown(50), "–")

    def test_stay_a_fair_sample_of_very_many(self) -> None:
        times = ReplyTimes(size=500)
        for number in range(20_000):
            times.add(float(number))
        self.assertEqual(times.count, 20_000)
        self.assertAlmostEqual(times.percentile(50) or 0.0, 10_000, delta=1_500)


class Runs(IsolatedAsyncioTestCase):
    async def test_end_after_their_duration(self) -> None:
        stop = asyncio.Event()
        with stopped_by_signals(stop, 0.01):
            await asyncio.wait_for(stop.wait(), 2)

    async def test_end_at_a_signal(self) -> None:
        stop = asyncio.Event()
        with stopped_by_signals(stop, None):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(stop.wait(), 2)

    async def test_end_when_their_parent_is_gone_and_not_when_it_says_something(self) -> None:
        stop = asyncio.Event()
        ours, parents = os.pipe()
        try:
            with stopped_by_signals(stop, None, lifeline=ours):
                os.write(parents, b"still here")
                await asyncio.sleep(0.05)
                self.assertFalse(stop.is_set())
                os.close(parents)
                await asyncio.wait_for(stop.wait(), 2)
        finally:
            os.close(ours)

    async def shown(self, *, terminal: bool) -> str:
        out = io.StringIO()
        console = Console(file=out, force_terminal=terminal, width=60, color_system=None)
        asked, enough = itertools.count(1), asyncio.Event()

        def line() -> str:
            if next(asked) > 3:
                enough.set()
            return "3 [online]"

        with mock.patch.multiple(emulation, PLAIN_SECONDS=0.01, DRAWN_SECONDS=0.01):
            async with progress(console, line):
                await asyncio.wait_for(enough.wait(), 5)
        return out.getvalue()

    async def test_show_plain_lines_where_there_is_no_terminal(self) -> None:
        lines = (await self.shown(terminal=False)).splitlines()
        self.assertGreater(len(lines), 1)
        self.assertTrue(all(line.endswith("s  3 [online]") for line in lines))

    async def test_redraw_one_line_on_a_terminal(self) -> None:
        self.assertIn("3 [online]", await self.shown(terminal=True))

    async def test_end_with_a_table(self) -> None:
        out = io.StringIO()
        print_summary(Console(file=out, width=60), "Fleet", [("Sent", "12")])
        self.assertRegex(out.getvalue(), r"│ Sent +│ 12 +│")
