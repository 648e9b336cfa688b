"""The parts of a process: started once however many ask, stopped in order, started again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest import mock

from asgiref.sync import sync_to_async
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from smartserver.core.batch import Batch
from smartserver.core.errors import Unavailable
from smartserver.core.runtime import Lifespan, Runtime
from tests.core.live_support import Browser, Things
from tests.core.support import adding, stored, until


class StartAndStop(TransactionTestCase):
    def setUp(self) -> None:
        self.things = Things()

    def runtime(self, *tasks: Callable[[Runtime], Awaitable[None]], **options: Any) -> Runtime:
        return Runtime(topics=[self.things.topic], tasks=tasks, **options)

    async def test_however_many_ask_it_is_started_once(self) -> None:
        runtime = self.runtime(first=[adding("first")])
        self.assertFalse(runtime.ready)
        await asyncio.gather(*(runtime.start() for _ in range(10)))
        writer, hub = runtime.writer, runtime.hub
        await runtime.start()
        self.assertTrue(runtime.ready)
        self.assertIs(runtime.writer, writer)
        self.assertIs(runtime.hub, hub)
        self.assertEqual(await sync_to_async(stored)(), ["first"])
        await runtime.stop()

    async def test_one_who_stops_waiting_does_not_stop_the_start_for_the_others(self) -> None:
        runtime = self.runtime(first=[adding("first")])
        impatient, patient = (asyncio.ensure_future(runtime.start()) for _ in range(2))
        await asyncio.sleep(0)
        impatient.cancel()
        await patient
        self.assertTrue(impatient.cancelled())
        self.assertTrue(runtime.ready)
        await runtime.stop()

    async def test_what_is_stored_first_is_stored_before_anybody_is_let_in(self) -> None:
        order: list[str] = []

        def first(batch: Batch) -> None:
            order.append("first")

        runtime = self.runtime(first=[first])
        await runtime.start()
        order.append("let in")
        self.assertEqual(order, ["first", "let in"])
        await runtime.stop()

    async def test_stopping_stores_what_was_handed_over_and_may_happen_twice(self) -> None:
        runtime = self.runtime()
        await runtime.stop()
        await runtime.start()
        answers: list[Any] = []
        for i in range(20):
            runtime.writer.submit(adding(f"{i}"), lambda value, error: answers.append(value))
        await runtime.stop()
        self.assertEqual(len(await sync_to_async(stored)()), 20)
        await until(lambda: len(answers) == 20)
        self.assertFalse(runtime.ready)
        self.assertTrue(runtime.stopping)
        await runtime.stop()
        with self.assertRaises(Unavailable):
            await runtime.writer.run(adding("late"))

    async def test_it_can_be_started_again(self) -> None:
        runtime = self.runtime()
        for name in ("a", "b"):
            await runtime.start()
            self.assertFalse(runtime.stopping)
            self.assertEqual(await runtime.writer.run(adding(name)), name)
            await runtime.stop()
        self.assertEqual(await sync_to_async(stored)(), ["a", "b"])

    async def test_commits_reach_the_browsers(self) -> None:
        runtime = self.runtime()
        await runtime.start()
        browser = Browser()
        runtime.hub.listeners.add(browser)
        self.things[1] = 5
        await runtime.writer.run(lambda batch: batch.changed("things", 1))
        await browser.hears()
        self.assertEqual(browser.powers(), [{1: 5}])
        await runtime.stop()

    async def test_a_start_that_failed_is_not_ready_and_is_tried_again_by_the_next(self) -> None:
        faults = [ValueError("not yet")]

        def first(batch: Batch) -> None:
            if faults:
                raise faults.pop()

        runtime = self.runtime(first=[first])
        with self.assertRaisesRegex(ValueError, "not yet"):
            await runtime.start()
        self.assertFalse(runtime.ready)
        self.assertFalse(runtime.writer.alive, "Nothing of it is left running.")
        await runtime.start()
        self.assertTrue(runtime.ready)
        await runtime.stop()

    async def test_messages_that_could_not_be_stored_in_time_are_reported(self) -> None:
        runtime = self.runtime()
        await runtime.start()
        with (
            mock.patch.object(runtime.writer, "stop", return_value=False),
            mock.patch.object(type(runtime.writer), "waiting", 12),
            self.assertLogs("smartserver.core.runtime", "ERROR") as logs,
        ):
            await runtime.stop()
        self.assertIn("12 messages could not be stored", logs.output[0])
        self.assertTrue(runtime.writer.stop())


class InAnotherLoop(TransactionTestCase):
    def test_a_server_that_ended_without_a_word_leaves_a_runtime_that_starts_anew(self) -> None:
        runtime = Runtime(topics=[])
        asyncio.run(runtime.start())
        orphan = runtime.writer

        async def again() -> None:
            await runtime.start()
            self.assertIsNot(runtime.writer, orphan)
            self.assertTrue(runtime.ready)
            await runtime.stop()

        asyncio.run(again())
        self.assertTrue(orphan.stop())


class Tasks(SimpleTestCase):
    async def test_run_until_the_stop(self) -> None:
        ended: list[str] = []

        async def task(runtime: Runtime) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("cancelled")

        runtime = Runtime(topics=[], tasks=[task])
        await runtime.start()
        await asyncio.sleep(0)
        await runtime.stop()
        self.assertEqual(ended, ["cancelled"])

    async def test_one_that_fails_starts_again_and_one_that_ends_does_not(self) -> None:
        runs: list[str] = []
        pauses: list[float] = []

        async def failing(runtime: Runtime) -> None:
            runs.append("failing")
            if len(runs) < 4:
                raise ValueError("a bug")

        async def ending(runtime: Runtime) -> None:
            self.assertIs(runtime, process)

        sleep = asyncio.sleep

        async def at_once(seconds: float) -> None:
            pauses.append(seconds)
            await sleep(0)

        process = Runtime(topics=[], tasks=[failing, ending])
        with (
            mock.patch("smartserver.core.runtime.asyncio.sleep", at_once),
            self.assertLogs("smartserver.core.runtime", "ERROR") as logs,
        ):
            await process.start()
            while len(runs) < 4:
                await sleep(0)
        await process.stop()
        self.assertEqual((len(logs.output), pauses), (3, [1.0, 1.0, 1.0]))


class Layers(SimpleTestCase):
    @override_settings(REDIS_URL="")
    async def test_one_process_alone_needs_no_layer(self) -> None:
        with mock.patch("smartserver.core.runtime.get_channel_layer", side_effect=AssertionError):
            runtime = Runtime(topics=[])
            await runtime.start()
            await runtime.stop()

    @override_settings(REDIS_URL="redis://127.0.0.1:1/0")
    async def test_with_redis_the_layer_is_used(self) -> None:
        layer = mock.Mock()
        layer.new_channel = mock.AsyncMock(return_value="c")
        layer.group_add = layer.receive = mock.AsyncMock(side_effect=asyncio.CancelledError)
        with mock.patch("smartserver.core.runtime.get_channel_layer", return_value=layer):
            runtime = Runtime(topics=[])
            await runtime.start()
            await until(lambda: bool(layer.group_add.call_count))
            await runtime.stop()


class LifespanProtocol(SimpleTestCase):
    async def speak(self, runtime: Any, *messages: str) -> list[dict[str, Any]]:
        waiting = [{"type": f"lifespan.{message}"} for message in messages]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return waiting.pop(0)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await asyncio.wait_for(Lifespan(runtime)({"type": "lifespan"}, receive, send), 5)
        self.assertEqual(waiting, [])
        return sent

    async def test_start_and_stop_are_answered_when_they_are_done(self) -> None:
        runtime = Runtime(topics=[])
        sent = await self.speak(runtime, "startup", "news of a later version", "shutdown")
        self.assertEqual([each["type"] for each in sent], ["lifespan.startup.complete", "lifespan.shutdown.complete"])
        self.assertFalse(runtime.writer.alive)

    async def test_a_start_that_fails_is_said_to_have_failed(self) -> None:
        runtime = mock.Mock(start=mock.AsyncMock(side_effect=Unavailable("The database is out of reach.")))
        with self.assertLogs("smartserver.core.runtime", "ERROR"):
            sent = await self.speak(runtime, "startup")
        self.assertEqual(sent, [{"type": "lifespan.startup.failed", "message": "The database is out of reach."}])
