"""Group commit while the database is away: try again for a while, then say so; lose nothing, double nothing."""

from __future__ import annotations

import threading
from itertools import count
from typing import Any
from unittest import mock

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connection, transaction
from django.test import TransactionTestCase

from smartserver.core.batch import Batch
from smartserver.core.errors import Unavailable
from smartserver.core.writer import RETRIES
from tests.core.support import WatchedWriter, adding, stored, told


class DatabaseOutOfReach(TransactionTestCase):
    def setUp(self) -> None:
        self.writer = WatchedWriter()
        self.writer.start()
        self.addCleanup(self.writer.stop)

    def away(self, times: int, *, after: int = 0) -> Any:
        """The database refuses the beginning of so many transactions of the writer, after some that it takes."""
        begin, begun = transaction.atomic, count()

        def atomic() -> Any:
            if threading.current_thread().name == "writer" and after <= next(begun) < after + times:
                raise OperationalError("connection refused")
            return begin()

        return mock.patch("smartserver.core.batch.transaction.atomic", atomic)

    async def test_the_batch_is_tried_again_after_growing_pauses(self) -> None:
        with self.away(3), self.assertLogs("smartserver.core.writer", "WARNING") as logs:
            outcomes = await self.writer.together(adding("a"), adding("b"))
        self.assertEqual(outcomes, ["a", "b"])
        self.assertEqual(self.writer.slept, [0.05, 0.5, 2.0])
        self.assertEqual(len(logs.output), 3)
        self.assertEqual(await sync_to_async(stored)(), ["a", "b"])
        self.assertEqual(told(self.writer.published), ["a", "b"])

    async def test_a_connection_that_was_lost_is_made_anew(self) -> None:
        connections = []

        def unit(batch: Batch) -> str:
            connections.append(connection.connection)
            if len(connections) == 1:
                raise InterfaceError("connection already closed")
            return "stored"

        with self.assertLogs("smartserver.core.writer", "WARNING"):
            self.assertEqual(await self.writer.run(unit), "stored")
        self.assertEqual(self.writer.slept, [RETRIES[0]])
        self.assertIsNot(connections[0], connections[1])

    async def test_a_failure_in_the_middle_does_not_double_what_was_done_before_it(self) -> None:
        failures = [OperationalError("server closed the connection unexpectedly")]

        def unit(batch: Batch) -> str:
            if failures:
                raise failures.pop()
            return "done"

        with self.assertLogs("smartserver.core.writer", "WARNING"):
            outcomes = await self.writer.together(adding("a"), unit, adding("b"))
        self.assertEqual(outcomes, ["a", "done", "b"])
        self.assertEqual(await sync_to_async(stored)(), ["a", "b"])
        self.assertEqual(told(self.writer.published), ["a", "b"])

    async def test_after_the_last_try_the_whole_batch_is_told_and_nothing_is_shown(self) -> None:
        # The first transaction is the one in which `together` gathers the batch.
        with self.away(len(RETRIES) + 1, after=1), self.assertLogs("smartserver.core", "WARNING") as logs:
            outcomes = await self.writer.together(adding("a"), adding("b"), adding("c"))
        self.assertEqual([type(each) for each in outcomes], [Unavailable] * 3)
        self.assertEqual({each.status for each in outcomes}, {503})
        self.assertEqual(self.writer.slept, list(RETRIES), "All three waited together, not one after the other.")
        self.assertIn("Storage failed for 3 messages", logs.output[-1])
        self.assertEqual(await sync_to_async(stored)(), [])
        self.assertEqual(self.writer.published, [])
        self.assertEqual(self.writer.waiting, 0)
        self.assertEqual(await self.writer.run(adding("a")), "a", "The writer goes on when the database is back.")
