"""Group commit: how long a batch gathers, how long it runs, in which order its answers come, when it is shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count

from asgiref.sync import sync_to_async
from django.db import connection
from django.test import TransactionTestCase

from smartserver.core.batch import MAX_SECONDS
from smartserver.core.events import Published
from smartserver.core.writer import LINGER_SECONDS, LINGERS, SIBLINGS
from tests.core.support import WatchedWriter, adding, stored, told, until


class Batches(TransactionTestCase):
    def started(self, writer: WatchedWriter) -> WatchedWriter:
        writer.start()
        self.addCleanup(writer.stop)
        return writer

    async def test_answers_come_in_the_order_of_the_calls(self) -> None:
        writer = self.started(WatchedWriter())
        answers: list[str | None] = []
        for i in range(30):
            writer.submit(adding(f"{i}"), lambda value, error: answers.append(value))
        await until(lambda: len(answers) == 30)
        self.assertEqual(answers, [f"{i}" for i in range(30)])
        self.assertEqual(await sync_to_async(stored)(), answers)

    async def test_a_batch_whose_time_is_up_is_committed_and_the_rest_follows(self) -> None:
        ticks: Iterator[int] = count()
        # Each look at the clock finds it half a batch's time further: three looks a batch, one at its start.
        writer = self.started(WatchedWriter(timer=lambda: next(ticks) * MAX_SECONDS * 0.6))
        outcomes = await writer.together(*(adding(f"{i}") for i in range(6)))
        self.assertEqual(outcomes, list("012345"))
        self.assertEqual(await sync_to_async(stored)(), list("012345"))
        self.assertEqual([told([each]) for each in writer.published], [["0", "1"], ["2", "3"], ["4", "5"]])
        self.assertEqual(writer.units, 7)

    async def test_a_batch_holds_no_more_units_than_allowed(self) -> None:
        writer = self.started(WatchedWriter(max_units=4))
        await writer.together(*(adding(f"{i}") for i in range(10)))
        self.assertEqual([len(told([each])) for each in writer.published], [4, 4, 2])

    async def test_a_message_that_comes_alone_is_stored_at_once(self) -> None:
        writer = self.started(WatchedWriter())
        for i in range(5):
            await writer.run(adding(f"{i}"))
        self.assertEqual(writer.slept, [])

    async def test_under_load_the_next_batch_waits_a_little_for_company(self) -> None:
        writer = self.started(WatchedWriter())
        await writer.together(*(adding(f"{i}") for i in range(SIBLINGS)))
        self.assertEqual(writer.slept, [])
        await writer.run(adding("next"))
        self.assertEqual(writer.slept, [LINGER_SECONDS] * LINGERS)
        await writer.run(adding("one more"))
        self.assertEqual(writer.slept, [LINGER_SECONDS] * LINGERS, "The last batch held one unit only.")

    async def test_it_does_not_wait_when_half_as_many_are_there_already(self) -> None:
        writer = self.started(WatchedWriter(max_units=SIBLINGS))
        # After the first batch half as many wait as it held, the one taken included.
        await writer.together(*(adding(f"{i}") for i in range(SIBLINGS + SIBLINGS // 2)))
        self.assertEqual(writer.slept, [])

    async def test_it_waits_when_there_are_fewer(self) -> None:
        writer = self.started(WatchedWriter(max_units=SIBLINGS))
        await writer.together(*(adding(f"{i}") for i in range(SIBLINGS + SIBLINGS // 2 - 1)))
        self.assertEqual(writer.slept, [LINGER_SECONDS] * LINGERS)

    async def test_a_change_is_shown_only_when_everybody_can_read_it(self) -> None:
        found: list[list[str]] = []

        def look() -> None:
            found.append(stored())
            connection.close()

        def publish(published: Published) -> None:
            elsewhere = threading.Thread(target=look)
            elsewhere.start()
            elsewhere.join()

        writer = self.started(WatchedWriter(publish=publish))
        await writer.run(adding("a"))
        self.assertEqual(found, [["a"]])

    async def test_a_batch_that_says_nothing_publishes_nothing(self) -> None:
        writer = self.started(WatchedWriter())
        self.assertEqual(await writer.run(lambda batch: 7), 7)
        self.assertEqual(writer.published, [])

    async def test_changes_of_one_batch_are_gathered_by_topic(self) -> None:
        writer = self.started(WatchedWriter())
        await writer.together(
            lambda batch: batch.changed("stations", 1),
            lambda batch: batch.changed("stations", 2),
            lambda batch: batch.changed("devices", 1),
            lambda batch: batch.changed("stations", 1),
        )
        self.assertEqual(writer.published, [Published({"stations": {1, 2}, "devices": {1}}, [])])
