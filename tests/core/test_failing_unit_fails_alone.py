"""Group commit: whoever stands beside a failing unit does not notice."""

from __future__ import annotations

import asyncio
from unittest import mock

from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.db import IntegrityError, OperationalError
from django.test import TransactionTestCase
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from smartserver.core.batch import Batch, Unit, run_batch
from smartserver.core.errors import BadInput
from smartserver.core.writer import RETRIES
from tests.core.support import WatchedWriter, adding, deferring, failing, stored, told


class FailingUnitFailsAlone(TransactionTestCase):
    def setUp(self) -> None:
        self.writer = WatchedWriter()
        self.writer.start()
        self.addCleanup(self.writer.stop)

    async def test_the_others_are_stored_once_and_only_its_caller_hears_of_it(self) -> None:
        error = BadInput("no")
        outcomes = await self.writer.together(
            adding("a"), adding("b"), failing(error), adding("c"), adding("d"), adding("e")
        )
        self.assertEqual(outcomes, ["a", "b", error, "c", "d", "e"])
        self.assertEqual(await names(), ["a", "b", "c", "d", "e"])
        self.assertEqual(told(self.writer.published), ["a", "b", "c", "d", "e"])
        self.assertEqual(self.writer.failures, 1)
        self.assertEqual(self.writer.waiting, 0)

    async def test_what_the_failing_unit_wanted_to_show_is_not_shown(self) -> None:
        await self.writer.together(adding("a"), failing(BadInput("no")), adding("b"))
        self.assertEqual([each.rows for each in self.writer.published if each.rows], [])

    async def test_an_error_of_the_database_fails_only_its_unit(self) -> None:
        outcomes = await self.writer.together(adding("a"), adding("a"), adding("b"))
        self.assertEqual(outcomes[0::2], ["a", "b"])
        self.assertIsInstance(outcomes[1], IntegrityError)
        self.assertEqual(await names(), ["a", "b"])

    async def test_deferred_rows_that_cannot_be_inserted_fail_only_their_unit(self) -> None:
        outcomes = await self.writer.together(
            deferring("a"), deferring("b"), deferring("a"), adding("c"), deferring("d")
        )
        self.assertEqual(outcomes[:2] + outcomes[3:], ["a", "b", "c", "d"])
        self.assertIsInstance(outcomes[2], IntegrityError)
        self.assertEqual(sorted(await names()), ["a", "b", "c", "d"])
        self.assertEqual(told(self.writer.published), ["a", "b", "c", "d"])

    async def test_one_bad_unit_among_many_costs_few_commits(self) -> None:
        units: list[Unit[str]] = [adding(f"{i}") for i in range(100)]
        units[50] = failing(BadInput("no"))
        await self.writer.together(*units)
        self.assertEqual(len(await names()), 99)
        self.assertLess(self.writer.batches, 12)

    async def test_a_unit_that_the_database_never_takes_fails_alone_after_the_retries(self) -> None:
        refused = failing(OperationalError("index row size 2712 exceeds the maximum"))
        with self.assertLogs("smartserver.core.writer"):
            outcomes = await self.writer.together(adding("a"), adding("b"), refused, adding("c"))
        self.assertEqual(outcomes[:2] + outcomes[3:], ["a", "b", "c"])
        self.assertEqual(outcomes[2].code, "unavailable")
        self.assertEqual(await names(), ["a", "b", "c"])
        self.assertEqual(set(self.writer.slept), set(RETRIES))

    async def test_an_answer_that_cannot_be_handed_over_costs_nobody_else_theirs(self) -> None:
        def complain(value: object, error: object) -> None:
            raise ValueError("the socket is gone")

        with self.assertLogs("smartserver.core.writer", "ERROR") as logs:
            self.writer.submit(adding("a"), complain)
            self.assertEqual(await self.writer.run(adding("b")), "b")
        self.assertIn("could not be handed over", logs.output[0])

    async def test_a_change_that_cannot_be_shown_costs_nobody_the_answer(self) -> None:
        publish = mock.Mock(side_effect=ValueError("no hub"))
        writer = WatchedWriter(publish=publish)
        writer.start()
        self.addCleanup(writer.stop)
        with self.assertLogs("smartserver.core.batch", "ERROR"):
            self.assertEqual(await asyncio.wait_for(writer.run(adding("a")), 5), "a")
        self.assertEqual(await asyncio.wait_for(writer.run(lambda batch: 1), 5), 1)


class AnyMixtureOfUnits(HypothesisTestCase):
    @given(st.lists(st.sampled_from(["stores", "defers", "fails", "defers a double", "settles"]), max_size=12))
    @settings(max_examples=30, deadline=None)
    def test_each_has_its_own_fate(self, kinds: list[str]) -> None:
        Group.objects.create(name="double")
        units = [self.unit(kind, f"{i}") for i, kind in enumerate(kinds)]
        outcomes: list[str | None] = []
        while len(outcomes) < len(units):
            found = run_batch(units[len(outcomes) :], lambda published: None, timer=lambda: 0.0)
            self.assertGreater(len(found), 0)
            outcomes += [None if error else value for value, error in found]
        good = {i: f"{i}" for i, kind in enumerate(kinds) if kind not in ("fails", "defers a double")}
        self.assertEqual(outcomes, [good.get(i) for i in range(len(kinds))])
        self.assertEqual(sorted(stored()), sorted([*good.values(), "double"]))

    def unit(self, kind: str, name: str) -> Unit[str]:
        if kind == "stores":
            return adding(name)
        if kind == "defers":
            return deferring(name)
        if kind == "fails":
            return failing(ValueError())
        if kind == "defers a double":
            return deferring("double")

        def settles(batch: Batch) -> str:
            deferring(name)(batch)
            batch.settle()
            assert Group.objects.filter(name=name).exists(), "A unit reads what it has settled."
            return name

        return settles


class DeferredRows(TransactionTestCase):
    def test_they_are_written_in_one_go_in_their_order(self) -> None:
        calls: list[list[int]] = []

        def flush(batch: Batch, rows: list[int]) -> None:
            calls.append(rows)

        def deferring_row(row: int) -> Unit[None]:
            return lambda batch: batch.defer(flush, row)

        run_batch([deferring_row(row) for row in range(5)], print, timer=lambda: 0.0)
        self.assertEqual(calls, [[0, 1, 2, 3, 4]])

    def test_writing_them_may_defer_more(self) -> None:
        calls: list[str] = []

        def second(batch: Batch, rows: list[str]) -> None:
            calls.extend(rows)

        def first(batch: Batch, rows: list[str]) -> None:
            batch.defer(second, f"after {rows[0]}")

        run_batch([lambda batch: batch.defer(first, "row")], print)
        self.assertEqual(calls, ["after row"])


async def names() -> list[str]:
    return await sync_to_async(stored)()
