"""Reads that are compiled once: the same rows as the queryset's own, one by one and at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from django.db import connection
from django.db.models import QuerySet
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from smartserver.core.compiled import Compiled
from stations.models import MeterValue, Station

NOON = datetime(2026, 6, 21, 12, 0, 0, 123456, tzinfo=UTC)
COLUMNS = ("pk", "received_at", "measured_at", "power_w", "soc", "samples", "station__strict")

POWERS = (None, 0.0, -0.0, 0.1 + 0.2, 1 / 3, 123456789.12345679, 1e-9, 999_999_999_999_999.9, -7000.0)
"""JSON would show most of them in fifteen digits."""


def rows(keys: Sequence[int]) -> QuerySet[MeterValue, Any]:
    return MeterValue.objects.filter(pk__in=keys).order_by("pk").values_list(*COLUMNS)


class Reads(TestCase):
    at_once = False

    def setUp(self) -> None:
        station = Station.objects.create(identity="CP1")
        for number, power in enumerate(POWERS):
            MeterValue.objects.create(
                station=station,
                received_at=NOON + timedelta(seconds=number),
                measured_at=None if number % 2 else NOON,
                power_w=power,
                samples=f'[{{"a": "é\\n\\"{number}"}}]',
            )
        self.keys = list(MeterValue.objects.order_by("pk").values_list("pk", flat=True))
        self.read = Compiled(rows, at_once=self.at_once)

    def found(self, keys: Sequence[int]) -> list[tuple[Any, ...]]:
        """Times with a zone, whether or not the driver knows it."""
        return [
            tuple(
                value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
                for value in row
            )
            for row in self.read(keys)
        ]

    def test_rows_are_those_of_the_queryset(self) -> None:
        for count in range(1, len(self.keys) + 1):
            self.assertEqual(self.found(self.keys[:count]), list(rows(self.keys[:count])))

    def test_nothing_is_read_for_no_keys(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            self.assertEqual(self.found([]), [])
        self.assertEqual(len(queries), 0)

    def test_rows_that_are_not_there(self) -> None:
        self.assertEqual(self.found([0, -1, 2**40]), [])

    def test_many_keys_take_several_statements(self) -> None:
        with mock.patch("smartserver.core.compiled.AT_ONCE", 4), CaptureQueriesContext(connection) as queries:
            self.assertEqual(self.found(self.keys), list(rows(self.keys)))
        self.assertEqual(len(queries), 3 + 1)

    def test_the_statement_is_made_once(self) -> None:
        made = mock.Mock(side_effect=rows)
        self.read = Compiled(made, at_once=self.at_once)
        for count in (5, 6, 7, 8):
            self.found(self.keys[:count])
        self.assertEqual(made.call_count, 1)


class ReadsAtOnce(Reads):
    at_once = True
