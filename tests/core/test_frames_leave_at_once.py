"""A coroutine is begun without a task; when it has to wait, a task goes on with it as if it had run it all along."""

from __future__ import annotations

import asyncio
from unittest import IsolatedAsyncioTestCase

from smartserver.core.eager import begin


class Begun(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.steps: list[str] = []
        self.event = asyncio.Event()

    async def send(self, *, waits: int = 0, fault: Exception | None = None) -> None:
        self.steps.append("begun")
        for _ in range(waits):
            await self.event.wait()
            await asyncio.sleep(0)
        if fault is not None:
            raise fault
        self.steps.append("sent")

    async def test_one_that_never_waits_is_done_at_once(self) -> None:
        self.assertIsNone(begin(self.send()))
        self.assertEqual(self.steps, ["begun", "sent"])

    async def test_one_that_waits_is_finished_by_a_task(self) -> None:
        rest = begin(self.send(waits=3))
        assert rest is not None
        self.assertEqual(self.steps, ["begun"])

        async def finish() -> None:
            await rest

        task = asyncio.create_task(finish())
        await asyncio.sleep(0)
        self.assertFalse(task.done())
        self.event.set()
        await asyncio.wait_for(task, 5)
        self.assertEqual(self.steps, ["begun", "sent"])

    async def test_its_errors_come_where_it_is(self) -> None:
        with self.assertRaises(OSError):
            begin(self.send(fault=OSError()))
        rest = begin(self.send(waits=1, fault=OSError()))
        assert rest is not None
        self.event.set()
        with self.assertRaises(OSError):
            await rest

    async def test_when_the_task_is_cancelled_so_is_it(self) -> None:
        rest = begin(self.send(waits=1))
        assert rest is not None

        async def finish() -> None:
            await rest

        task = asyncio.create_task(finish())
        await asyncio.sleep(0)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual(self.steps, ["begun"])
        with self.assertRaises(RuntimeError):
            rest._coroutine.send(None)
