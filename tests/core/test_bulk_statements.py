"""Many rows in one statement: the same rows as Django would have written, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import repeat
from typing import Any
from unittest import mock

from django.db import connection
from django.db.utils import IntegrityError
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from smartserver.core.bulk import insert_rows, select_rows, update_rows
from stations.models import MeterValue, Quirk, Station

NOON = datetime(2026, 6, 21, 12, 0, tzinfo=UTC)
VALUES = ("station", "received_at", "measured_at", "power_w", "samples")


class BulkCase(TestCase):
    def setUp(self) -> None:
        self.station = Station.objects.create(identity="CP1")

    def insert(self, *rows: tuple[Any, ...]) -> None:
        insert_rows(MeterValue, VALUES, [(self.station.pk, *row) for row in rows])

    def found(self) -> list[tuple[Any, ...]]:
        return list(MeterValue.objects.order_by("pk").values_list(*VALUES[1:]))


class Insert(BulkCase):
    def test_rows_are_what_was_handed_over_in_their_order(self) -> None:
        rows = [(NOON + timedelta(seconds=i), None if i % 2 else NOON, i / 2, f"[{i}]") for i in range(23)]
        self.insert(*rows)
        self.assertEqual(self.found(), rows)

    def test_times_keep_their_moment_and_their_microseconds_whatever_their_zone(self) -> None:
        moment = NOON + timedelta(microseconds=123456)
        elsewhere = moment.astimezone(timezone(timedelta(hours=-7)))
        self.insert((elsewhere, moment, 1.0, ""), (NOON, NOON, 1.0, ""))
        self.assertEqual([row[:2] for row in self.found()], [(moment, moment), (NOON, NOON)])
        self.assertEqual(MeterValue.objects.filter(measured_at=moment).count(), 1)
        self.assertEqual(MeterValue.objects.filter(received_at__gt=NOON).count(), 1)

    def test_the_database_keeps_times_as_django_writes_them(self) -> None:
        moment = NOON + timedelta(microseconds=5)
        for each in (moment, NOON):
            self.insert((each, None, None, ""))
            MeterValue.objects.create(station=self.station, received_at=each, samples="")
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT received_at FROM {MeterValue._meta.db_table} ORDER BY id")
            (ours, django, ours_too, django_too) = cursor.fetchall()
        self.assertEqual((ours, ours_too), (django, django_too))

    def test_a_row_in_the_place_of_another_replaces_it(self) -> None:
        fields = ("station", "rule", "action", "times", "first_at", "last_at")
        for times in (1, 2):
            rows = [(self.station.pk, rule, "Boot", times, NOON, NOON) for rule in ("a", "b" * times)]
            insert_rows(Quirk, fields, rows, replacing=("station", "rule", "action"))
        found = Quirk.objects.order_by("rule").values_list("rule", "times")
        self.assertEqual(list(found), [("a", 2), ("b", 1), ("bb", 2)])

    def test_no_rows_are_no_statement(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            insert_rows(MeterValue, VALUES, [])
            update_rows(Station, ("vendor",), [])
        self.assertEqual(len(queries), 0)

    def test_many_rows_take_few_statements_of_few_different_sizes(self) -> None:
        sizes: list[int] = []
        with mock.patch("smartserver.core.bulk._execute", lambda database, sql, values: sizes.append(len(values) // 5)):
            insert_rows(MeterValue, VALUES, repeat((1, NOON, None, 1.0, ""), 2500))
        # SQLite's driver keeps prepared what it has seen, so there it pays to use few sizes again and again.
        few = [1536, 768, 192, 4]
        self.assertEqual(sizes, few if connection.vendor == "sqlite" else [2000, 500])

    def test_more_rows_than_fit_one_statement_are_all_there(self) -> None:
        with mock.patch("smartserver.core.bulk.MAX_PARAMETERS", 20):
            self.insert(*((NOON, None, float(i), "") for i in range(15)))
        self.assertEqual([row[2] for row in self.found()], [float(i) for i in range(15)])

    def test_a_bad_row_is_the_database_s_error_as_django_knows_it(self) -> None:
        with self.assertRaises(IntegrityError):
            insert_rows(MeterValue, ("station", "received_at", "samples"), [(self.station.pk, None, "")])

    def test_text_is_no_statement(self) -> None:
        text = "'); DROP TABLE stations_station; -- ? %s %(a)s"
        self.insert((NOON, None, None, text))
        self.assertEqual(self.found()[0][3], text)


class Update(BulkCase):
    def setUp(self) -> None:
        super().setUp()
        self.others = [Station.objects.create(identity=f"CP{i}", power_w=i) for i in range(2, 9)]

    def test_each_row_gets_its_own_values_and_the_others_keep_theirs(self) -> None:
        moment = NOON + timedelta(milliseconds=7)
        rows = [(f"v{each.pk}", each.pk / 2, moment, each.pk) for each in self.others[:5]]
        update_rows(Station, ("vendor", "power_w", "last_seen_at"), rows)
        for each in self.others[:5]:
            each.refresh_from_db()
            self.assertEqual((each.vendor, each.power_w, each.last_seen_at), (f"v{each.pk}", each.pk / 2, moment))
        for each in self.others[5:]:
            each.refresh_from_db()
            self.assertEqual((each.vendor, each.last_seen_at), ("", None))

    def test_a_column_may_hold_nothing_but_null(self) -> None:
        update_rows(Station, ("power_w", "last_seen_at"), [(None, None, each.pk) for each in self.others])
        self.assertEqual(Station.objects.filter(power_w=None, last_seen_at=None).count(), 8)

    def test_keys_of_any_name_and_type_of_value_work(self) -> None:
        quirk = Quirk.objects.create(station=self.station, rule="r", times=1, first_at=NOON, last_at=NOON)
        update_rows(Quirk, ("times", "last_at"), [(2**40, NOON + timedelta(hours=1), quirk.pk)])
        quirk.refresh_from_db()
        self.assertEqual((quirk.times, quirk.last_at), (2**40, NOON + timedelta(hours=1)))

    def test_a_row_that_is_gone_is_passed_over(self) -> None:
        update_rows(Station, ("vendor",), [("x", 999_999), ("y", self.station.pk)])
        self.station.refresh_from_db()
        self.assertEqual(self.station.vendor, "y")

    def test_more_rows_than_fit_one_statement_are_all_updated(self) -> None:
        with mock.patch("smartserver.core.bulk.MAX_PARAMETERS", 6):
            update_rows(Station, ("vendor",), [(f"v{each.pk}", each.pk) for each in self.others])
        self.assertEqual(
            {each.vendor for each in Station.objects.exclude(pk=self.station.pk)},
            {f"v{each.pk}" for each in self.others},
        )


class Select(BulkCase):
    def test_it_finds_the_rows_of_these_keys(self) -> None:
        stations = [Station.objects.create(identity=f"S{i}", sessions=i) for i in range(6)]
        wanted = [each.pk for each in stations[1:4]]
        found = select_rows(Station, ("identity", "sessions"), "id", wanted)
        self.assertEqual(sorted(tuple(row) for row in found), [("S1", 1), ("S2", 2), ("S3", 3)])

    def test_no_keys_are_no_rows(self) -> None:
        self.assertEqual(list(select_rows(Station, ("identity",), "id", [])), [])

    def test_a_foreign_key_and_a_further_condition_narrow_it_down(self) -> None:
        self.insert((NOON, None, 1.0, "a"), (NOON, None, 2.0, "b"))
        rows = select_rows(MeterValue, ("samples",), "station", [self.station.pk], "AND power_w > 1")
        self.assertEqual([tuple(row) for row in rows], [("b",)])

    def test_times_that_were_read_are_written_back_as_they_were(self) -> None:
        self.insert((NOON, NOON, 1.0, "a"))
        ((key, received_at, measured_at),) = select_rows(
            MeterValue, ("id", "received_at", "measured_at"), "station", [self.station.pk], locked=True
        )
        update_rows(MeterValue, ("received_at", "measured_at"), [(received_at, measured_at, key)])
        row = MeterValue.objects.get(pk=key)
        self.assertEqual((row.received_at, row.measured_at), (NOON, NOON))

    def test_more_keys_than_fit_one_statement_are_all_read(self) -> None:
        keys = [Station.objects.create(identity=f"S{i}").pk for i in range(7)]
        with mock.patch("smartserver.core.bulk.MAX_PARAMETERS", 3):
            rows = select_rows(Station, ("id",), "id", {*keys})
        self.assertEqual(sorted(row[0] for row in rows), keys)


MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


class AnyValues(HypothesisTestCase):
    @given(st.lists(st.tuples(MOMENTS, st.none() | MOMENTS, st.none() | st.floats(allow_nan=False), TEXTS), max_size=9))
    @settings(max_examples=50, deadline=None)
    def test_come_back_as_they_went_in_and_after_an_update_too(self, rows: list[tuple[Any, ...]]) -> None:
        station = Station.objects.create(identity="CP1")
        insert_rows(MeterValue, VALUES, [(station.pk, *row) for row in rows])
        found = MeterValue.objects.order_by("pk")
        self.assertEqual(list(found.values_list(*VALUES[1:])), rows)
        keys = list(found.values_list("pk", flat=True))
        turned = rows[::-1]
        update_rows(MeterValue, VALUES[1:], [(*row, key) for row, key in zip(turned, keys, strict=True)])
        self.assertEqual(list(found.values_list(*VALUES[1:])), turned)
