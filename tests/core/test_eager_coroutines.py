"""A coroutine begun at once ends at once, or goes on in a task with all that may happen to it."""

from __future__ import annotations

import asyncio
import unittest

from smartserver.core.eager import Waiting, begin


class EagerTests(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.gate = asyncio.Event()
        self.steps: list[str] = []

    async def pass_gate(self) -> None:
        self.steps.append("begun")
        try:
            await self.gate.wait()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.steps.append("cancelled")
            raise
        self.steps.append("ended")

    def begin(self) -> Waiting:
        waiting = begin(self.pass_gate())
        assert waiting is not None
        return waiting

    async def test_what_need_not_wait_is_done_at_once(self) -> None:
        self.gate.set()

        async def pass_open_gate() -> None:
            await self.gate.wait()
            self.steps.append("ended")

        self.assertIsNone(begin(pass_open_gate()))
        self.assertEqual(self.steps, ["ended"])

    async def test_what_has_to_wait_goes_on_in_a_task(self) -> None:
        waiting = self.begin()
        self.assertEqual(self.steps, ["begun"])
        asyncio.get_running_loop().call_soon(self.gate.set)
        await waiting
        self.assertEqual(self.steps, ["begun", "ended"])

    async def test_a_cancelled_task_cancels_the_coroutine(self) -> None:
        waiting = self.begin()

        async def go_on() -> None:
            await waiting

        task = asyncio.create_task(go_on())
        await asyncio.sleep(0)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual(self.steps, ["begun", "cancelled"])

    async def test_errors_come_to_whoever_runs_it(self) -> None:
        async def fail() -> None:
            await self.gate.wait()
            raise OSError("gone")

        waiting = begin(fail())
        assert waiting is not None
        self.gate.set()
        with self.assertRaisesRegex(OSError, "gone"):
            await waiting
        with self.assertRaisesRegex(OSError, "gone"):
            begin(fail())
