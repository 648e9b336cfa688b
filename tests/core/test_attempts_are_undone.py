"""A block that is given up leaves nothing behind, and takes nothing with it that belongs to others."""

from __future__ import annotations

from collections.abc import Callable
from unittest import skipUnless

from django.contrib.auth.models import Group
from django.db import IntegrityError, InternalError, connection
from django.test import TransactionTestCase

from smartserver.core.batch import Batch, Unit, run_batch
from smartserver.core.events import DEVICE_ONLINE, HINT_WEBHOOKS, Published
from tests.core.support import adding, deferring, stored


def attempting(work: Callable[[Batch], object]) -> Unit[bool]:
    """A unit whose value is whether its attempt succeeded."""

    def unit(batch: Batch) -> bool:
        try:
            with batch.attempt():
                work(batch)
        except ValueError:
            return False
        return True

    return unit


def giving_up(*units: Unit[object]) -> Callable[[Batch], None]:
    def work(batch: Batch) -> None:
        for unit in units:
            unit(batch)
        raise ValueError

    return work


def settling(batch: Batch) -> None:
    batch.settle()


def telling(batch: Batch) -> None:
    batch.changed("devices", 7)
    batch.publish(DEVICE_ONLINE, {"device": "told"})
    batch.hint(HINT_WEBHOOKS, {})


class AnAttempt(TransactionTestCase):
    def run_units(self, *units: Unit[object]) -> list[object]:
        self.published = Published()

        def publish(published: Published) -> None:
            self.published = published

        outcomes = run_batch(units, publish, timer=lambda: 0.0)
        self.assertEqual([error for _, error in outcomes], [None] * len(units))
        return [value for value, _ in outcomes]

    def test_that_succeeds_is_as_if_there_were_none(self) -> None:
        def work(batch: Batch) -> None:
            adding("a")(batch)
            deferring("b")(batch)
            telling(batch)

        self.assertEqual(self.run_units(attempting(work)), [True])
        self.assertEqual(sorted(stored()), ["a", "b"])
        self.assertIn((DEVICE_ONLINE, {"device": "told"}), self.published.events)

    def test_that_fails_leaves_nothing(self) -> None:
        self.run_units(attempting(giving_up(adding("a"), deferring("b"), telling)))
        self.assertEqual(stored(), [])
        self.assertFalse(self.published)

    def test_that_fails_after_settling_loses_nothing_of_others(self) -> None:
        self.run_units(deferring("mine"), attempting(giving_up(settling)), deferring("too"))
        self.assertEqual(sorted(stored()), ["mine", "too"])

    def test_that_fails_leaves_what_others_tell(self) -> None:
        self.run_units(telling, attempting(giving_up(telling)))
        self.assertEqual(self.published.rows, {"devices": {7}})
        self.assertEqual(len(self.published.events), 1)
        self.assertEqual(len(self.published.hints), 1)


class AUnitAlone(TransactionTestCase):
    def test_that_meets_a_row_of_another_process_sees_it_the_second_time(self) -> None:
        tries: list[int] = []

        def unit(batch: Batch) -> str:
            tries.append(1)
            if len(tries) == 1:  # as if its look for the row came a moment too early
                raise IntegrityError("UNIQUE")
            return "known"

        self.assertEqual(run_batch([unit], print), [("known", None)])

    def test_that_meets_it_again_fails(self) -> None:
        Group.objects.create(name="a")
        ((_, error),) = run_batch([adding("a")], print)
        self.assertIsInstance(error, IntegrityError)

    @skipUnless(connection.vendor == "postgresql", "SQLite goes on after an error")
    def test_that_swallows_an_error_of_the_database_is_not_told_that_it_was_stored(self) -> None:
        Group.objects.create(name="a")

        def careless(batch: Batch) -> str:
            Group.objects.create(name="b")
            try:
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO auth_group (name) VALUES ('a')")
            except IntegrityError:
                return "stored"
            raise AssertionError

        outcomes = run_batch([careless, adding("c")], print, timer=lambda: 0.0)
        self.assertIsInstance(outcomes[0][1], InternalError)
        self.assertEqual(stored(), ["a"])
