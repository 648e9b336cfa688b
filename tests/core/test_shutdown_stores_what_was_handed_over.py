"""Group commit at the end of a process, of an event loop, of a caller."""

from __future__ import annotations

import asyncio
import threading

from asgiref.sync import sync_to_async
from django.test import SimpleTestCase, TransactionTestCase

from smartserver.core.errors import Unavailable
from smartserver.core.writer import Writer
from tests.core.support import WAIT, Gate, WatchedWriter, adding, settle, stored, until


class Shutdown(TransactionTestCase):
    def setUp(self) -> None:
        self.gate = Gate()
        self.writer = WatchedWriter(max_units=2)
        self.writer.start()
        self.addCleanup(self.writer.stop)
        self.addCleanup(self.gate.open)

    async def test_everything_submitted_before_is_stored_and_answered(self) -> None:
        held = asyncio.ensure_future(self.writer.run(self.gate))
        await self.gate.reached()
        waiting = [asyncio.ensure_future(self.writer.run(adding(f"{i}"))) for i in range(7)]
        await settle()
        stopping = asyncio.ensure_future(asyncio.to_thread(self.writer.stop))
        await until(lambda: self.writer._closed)
        self.assertFalse(stopping.done())
        self.gate.open()
        self.assertIs(await stopping, True)
        self.assertEqual(await asyncio.gather(held, *waiting), ["gate", *"0123456"])
        self.assertEqual(await sync_to_async(stored)(), list("0123456"))
        self.assertFalse(self.writer.alive)

    async def test_the_end_mark_in_the_middle_of_a_batch_ends_it(self) -> None:
        held = asyncio.ensure_future(self.writer.run(self.gate))
        await self.gate.reached()
        last = asyncio.ensure_future(self.writer.run(adding("last")))
        await settle()
        stopping = asyncio.ensure_future(asyncio.to_thread(self.writer.stop))
        await until(lambda: self.writer._closed)
        self.gate.open()
        self.assertIs(await stopping, True)
        self.assertEqual([await held, await last], ["gate", "last"])

    async def test_what_comes_later_is_refused_and_not_counted(self) -> None:
        await self.writer.run(adding("before"))
        self.assertTrue(self.writer.stop())
        with self.assertRaises(Unavailable) as caught:
            await self.writer.run(adding("after"))
        self.assertEqual(caught.exception.status, 503)
        self.assertEqual(self.writer.waiting, 0)
        self.assertEqual(await sync_to_async(stored)(), ["before"])

    async def test_readers_that_wait_for_room_are_refused_instead_of_left_waiting(self) -> None:
        writer = WatchedWriter(capacity=1)
        writer.start()
        held = asyncio.ensure_future(writer.run(self.gate))
        await self.gate.reached()
        reader = asyncio.ensure_future(writer.run(adding("late")))
        await settle()
        stopping = asyncio.ensure_future(asyncio.to_thread(writer.stop))
        await until(lambda: writer._closed)
        self.gate.open()
        await asyncio.gather(held, stopping)
        with self.assertRaises(Unavailable):
            await asyncio.wait_for(reader, 5)

    async def test_when_it_takes_too_long_that_is_said(self) -> None:
        held = asyncio.ensure_future(self.writer.run(self.gate))
        await self.gate.reached()
        self.assertIs(await asyncio.to_thread(self.writer.stop, 0.01), False)
        self.gate.open()
        await held
        self.assertIs(await asyncio.to_thread(self.writer.stop), True)

    async def test_a_caller_that_was_cancelled_loses_only_the_answer(self) -> None:
        held = asyncio.ensure_future(self.writer.run(self.gate))
        await self.gate.reached()
        caller = asyncio.ensure_future(self.writer.run(adding("a")))
        await settle()
        caller.cancel()
        with self.assertNoLogs("smartserver.core.writer", "WARNING"):
            self.gate.open()
            await held
            self.assertEqual(await self.writer.run(adding("b")), "b")
        self.assertTrue(caller.cancelled())
        self.assertEqual(await sync_to_async(stored)(), ["a", "b"])

    async def test_an_event_loop_that_has_ended_does_not_hold_up_the_others(self) -> None:
        async def hand_over() -> None:
            self.writer.submit(adding("orphan"), lambda value, error: None)

        held = asyncio.ensure_future(self.writer.run(self.gate))
        await self.gate.reached()
        other = threading.Thread(target=lambda: asyncio.run(hand_over()))
        other.start()
        await asyncio.to_thread(other.join, WAIT)
        self.gate.open()
        await held
        self.assertEqual(await self.writer.run(adding("next")), "next")
        self.assertEqual(await sync_to_async(stored)(), ["orphan", "next"])


class WithoutAThread(SimpleTestCase):
    def test_a_writer_that_never_started_stops_at_once(self) -> None:
        writer = Writer(publish=print)
        self.assertFalse(writer.alive)
        self.assertTrue(writer.stop())

    def test_starting_twice_is_starting_once(self) -> None:
        writer = Writer(publish=print)
        writer.start()
        thread = writer._thread
        writer.start()
        self.assertIs(writer._thread, thread)
        self.assertTrue(writer.stop())
        self.assertTrue(writer.stop())

    def test_handing_over_takes_an_event_loop_and_else_counts_nothing(self) -> None:
        writer = Writer(publish=print)
        with self.assertRaises(RuntimeError):
            writer.submit(adding("a"), lambda value, error: None)
        self.assertEqual(writer.waiting, 0)
