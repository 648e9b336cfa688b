"""Group commit under more load than the disk can take: the queue is bounded, and its readers wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from unittest import mock

from django.test import SimpleTestCase, TransactionTestCase

from smartserver.core.batch import Batch
from smartserver.core.writer import Writer
from tests.core.support import Gate, WatchedWriter, settle, until


class FullQueue(TransactionTestCase):
    def setUp(self) -> None:
        # One unit a batch: the test lets them go one by one.
        self.writer = WatchedWriter(capacity=4, max_units=1)
        self.writer.start()
        self.addCleanup(self.writer.stop)

    async def test_readers_wait_and_are_woken_when_half_of_it_is_stored(self) -> None:
        gates = [Gate() for _ in range(4)]
        for number, gate in enumerate(gates):
            self.assertFalse(self.writer.full)
            await asyncio.wait_for(self.writer.room(), 1)
            self.writer.submit(gate, ignore)
            self.assertEqual(self.writer.waiting, number + 1)
        self.assertTrue(self.writer.full)
        readers = [asyncio.ensure_future(self.writer.room()) for _ in range(3)]
        await settle()
        self.assertFalse(any(reader.done() for reader in readers))

        gates[0].open()
        await until(lambda: self.writer.waiting == 3)
        await settle()
        self.assertFalse(self.writer.full)
        self.assertFalse(any(reader.done() for reader in readers), "Nobody is woken for the first free place.")

        gates[1].open()
        await until(lambda: self.writer.waiting == 2)
        await asyncio.wait_for(asyncio.gather(*readers), 5)
        for gate in gates:
            gate.open()

    async def test_a_reader_that_gave_up_waiting_disturbs_nobody(self) -> None:
        gates = [Gate() for _ in range(4)]
        for gate in gates:
            self.writer.submit(gate, ignore)
        impatient, patient = (asyncio.ensure_future(self.writer.room()) for _ in range(2))
        await settle()
        impatient.cancel()
        for gate in gates:
            gate.open()
        await asyncio.wait_for(patient, 5)
        self.assertTrue(impatient.cancelled())

    async def test_it_never_holds_more_than_its_capacity(self) -> None:
        most = 0

        def unit(batch: Batch) -> None:
            nonlocal most
            most = max(most, self.writer.waiting)

        await asyncio.wait_for(asyncio.gather(*(self.writer.run(unit) for _ in range(60))), 10)
        self.assertLessEqual(most, 4)
        self.assertEqual(self.writer.units, 60)
        self.assertEqual(self.writer.waiting, 0)


class RoomAtTheLastMoment(SimpleTestCase):
    async def test_a_reader_that_found_it_full_looks_again_before_it_waits(self) -> None:
        answers: Iterator[bool] = iter([True, False])
        with mock.patch.object(Writer, "full", new_callable=mock.PropertyMock, side_effect=lambda: next(answers)):
            await asyncio.wait_for(Writer(publish=print).room(), 1)


def ignore(value: object, error: BaseException | None) -> None:
    pass
