"""Hours that are over are summed up once, and a history is the same whether it was read from them or not."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial

from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext

from devices.models import DeviceHour, DeviceSample, SolMate
from devices.selectors import SERIES as DEVICES
from smartserver.core import clock, hours
from smartserver.core.history import MAX_POINTS, Point, points
from smartserver.core.runtime import Runtime
from stations.models import MeterHour, MeterValue
from stations.selectors import SERIES as STATIONS
from tests.devices.support import NOON
from tests.stations.factories import EvseFactory, StationFactory
from tests.units import run
from tests.waiting import eventually

HOUR = timedelta(hours=1)
YEAR = timedelta(days=366)


def measure(device: SolMate, moment: datetime, income: float) -> None:
    DeviceSample.objects.create(
        device=device,
        received_at=moment,
        message_id="0001",
        power_income=income,
        power_inject=0,
        power_consumption=0,
        battery=10,
        changes="{}",
    )


def sum_up(device: SolMate) -> int:
    """Sum up everything that is due; the number of portions it took."""
    portions = 0
    while rows := hours.due(DEVICES, device.pk):
        run(partial(hours.store, series=DEVICES, rows=rows))
        portions += 1
    return portions


def income(found: list[Point]) -> list[float | None]:
    return [values[0] for _, _, values in found]


class Hours(TestCase):
    def setUp(self) -> None:
        self.device = SolMate.objects.create(serial_number="0001", manufacturing_date=NOON)
        frozen = clock.frozen(NOON)
        frozen.__enter__()
        self.addCleanup(frozen.__exit__, None, None, None)

    def test_an_hour_that_is_over_becomes_one_row(self) -> None:
        for minute, value in ((1, 100.0), (30, 200.0), (59, 600.0)):
            measure(self.device, NOON - 2 * HOUR + timedelta(minutes=minute), value)
        self.assertEqual(sum_up(self.device), 1)
        hour = DeviceHour.objects.get()
        self.assertEqual((hour.hour, hour.count, hour.power_income, hour.battery), (NOON - 2 * HOUR, 3, 300.0, 10.0))

    def test_the_hour_that_runs_and_the_one_that_just_ended_wait(self) -> None:
        measure(self.device, NOON - timedelta(minutes=1), 100.0)
        with clock.frozen(NOON + timedelta(minutes=4)):
            self.assertEqual(sum_up(self.device), 0)
        with clock.frozen(NOON + timedelta(minutes=5)):
            self.assertEqual(sum_up(self.device), 1)

    def test_summing_up_twice_changes_nothing(self) -> None:
        measure(self.device, NOON - 2 * HOUR, 100.0)
        rows = hours.due(DEVICES, self.device.pk)
        for _ in range(2):  # as two processes that looked at the same time
            run(partial(hours.store, series=DEVICES, rows=rows))
        self.assertEqual(DeviceHour.objects.count(), 1)
        self.assertEqual(hours.due(DEVICES, self.device.pk), [])

    def test_a_long_past_is_caught_up_with_in_portions(self) -> None:
        for days in (200, 199, 100, 1):
            measure(self.device, NOON - timedelta(days=days), float(days))
        self.assertEqual(sum_up(self.device), 3)
        self.assertEqual(DeviceHour.objects.count(), 4)

    def test_a_device_that_was_removed_meanwhile_leaves_nothing(self) -> None:
        measure(self.device, NOON - 2 * HOUR, 100.0)
        rows = hours.due(DEVICES, self.device.pk)
        self.device.delete()
        run(partial(hours.store, series=DEVICES, rows=rows))
        self.assertEqual(DeviceHour.objects.count(), 0)

    def test_a_long_history_is_the_same_before_and_after(self) -> None:
        for each in range(100):
            measure(self.device, NOON - each * 3 * HOUR - timedelta(minutes=each % 60), float(each))
        before = points(DEVICES, self.device.pk, span=timedelta(days=30))
        self.assertGreater(sum_up(self.device), 0)
        after = points(DEVICES, self.device.pk, span=timedelta(days=30))
        self.assertEqual(income(after), income(before))
        self.assertEqual(len(before), 100)
        for (early, _, _), (late, _, _) in zip(before, after, strict=True):
            self.assertLess(abs(early - late), 3600)

    def test_what_is_not_summed_up_yet_is_shown_all_the_same(self) -> None:
        measure(self.device, NOON - 3 * HOUR, 1.0)
        sum_up(self.device)
        measure(self.device, NOON - timedelta(minutes=10), 2.0)
        self.assertEqual(income(points(DEVICES, self.device.pk, span=timedelta(days=7))), [1.0, 2.0])

    def test_a_year_has_no_more_points_than_a_chart_shows(self) -> None:
        DeviceHour.objects.bulk_create(
            DeviceHour(
                device=self.device,
                hour=NOON - each * HOUR,
                count=1,
                power_income=float(each % 5),
                power_inject=0,
                power_consumption=0,
                battery=0,
            )
            for each in range(1, 366 * 24)
        )
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found = points(DEVICES, self.device.pk, span=YEAR)
        self.assertLessEqual(len(queries), 2)
        self.assertLessEqual(len(found), MAX_POINTS)
        self.assertGreater(len(found), MAX_POINTS // 2)
        self.assertEqual([moment for moment, *_ in found], sorted(moment for moment, *_ in found))
        self.assertAlmostEqual(sum(value or 0.0 for value in income(found)) / len(found), 2.0, places=1)


class OfThePast(TestCase):
    """A part of a chart is looked at closely: the time until a moment that is over."""

    def setUp(self) -> None:
        self.device = SolMate.objects.create(serial_number="0001", manufacturing_date=NOON)
        for hour in range(1, 30 * 24):
            measure(self.device, NOON - hour * HOUR + timedelta(minutes=1), float(hour))

    def test_a_short_time_comes_as_it_was_measured(self) -> None:
        found = points(DEVICES, self.device.pk, span=timedelta(hours=3), until=NOON - 100 * HOUR)
        self.assertEqual(income(found), [103.0, 102.0, 101.0])
        self.assertEqual(found[0][0], (NOON - 103 * HOUR + timedelta(minutes=1)).timestamp())

    def test_a_long_one_comes_from_hours_and_what_they_do_not_have(self) -> None:
        with clock.frozen(NOON - 200 * HOUR):
            sum_up(self.device)
        found = points(DEVICES, self.device.pk, span=timedelta(days=5), until=NOON - 150 * HOUR)
        self.assertEqual(income(found), [float(hour) for hour in range(270, 150, -1)])

    def test_a_short_time_whose_measurements_are_gone_comes_from_hours(self) -> None:
        with clock.frozen(NOON):
            sum_up(self.device)
        DeviceSample.objects.all().delete()
        found = points(DEVICES, self.device.pk, span=timedelta(hours=3), until=NOON - 100 * HOUR)
        self.assertEqual(income(found), [103.0, 102.0, 101.0])

    def test_a_time_before_everything_is_empty(self) -> None:
        self.assertEqual(points(DEVICES, self.device.pk, span=HOUR, until=NOON - timedelta(days=300)), [])


class Parts(TestCase):
    def test_each_evse_has_hours_of_its_own_and_the_station_as_a_whole_too(self) -> None:
        station = StationFactory.create()
        evses = [EvseFactory.create(station=station, number=number) for number in (1, 2)]
        with clock.frozen(NOON):
            for evse, power in ((evses[0], 1000.0), (evses[1], 3000.0), (None, 50.0), (evses[1], None)):
                MeterValue.objects.create(
                    station=station, evse=evse, received_at=NOON - 2 * HOUR, power_w=power, samples="[]"
                )
            rows = hours.due(STATIONS, station.pk)
            run(partial(hours.store, series=STATIONS, rows=rows))
            self.assertEqual(
                list(MeterHour.objects.order_by("part").values_list("part", "power_w", "soc", "count")),
                [(0, 50.0, None, 1), (1, 1000.0, None, 1), (2, 3000.0, None, 2)],
            )
            found = points(STATIONS, station.pk, span=YEAR)
            self.assertEqual([(part, values[0]) for _, part, values in found], [(0, 50.0), (1, 1000.0), (2, 3000.0)])


def _for_both() -> bool:
    try:
        return DeviceHour.objects.count() == 2
    finally:
        connection.close()


class BesideTheSockets(TransactionTestCase):
    def test_the_task_sums_up_what_is_due(self) -> None:
        for serial_number, power in (("0001", 5.0), ("0002", 7.0)):
            device = SolMate.objects.create(serial_number=serial_number, manufacturing_date=NOON)
            measure(device, clock.now() - 3 * HOUR, power)
        asyncio.run(self._keep_until_there())
        sums = DeviceHour.objects.order_by("device").values_list("power_income", flat=True)
        self.assertEqual(list(sums), [5.0, 7.0])

    async def _keep_until_there(self) -> None:
        runtime = Runtime(topics=(), tasks=(hours.keep(DEVICES),))
        await runtime.start()
        try:
            await asyncio.to_thread(eventually, _for_both)
        finally:
            await runtime.stop()
