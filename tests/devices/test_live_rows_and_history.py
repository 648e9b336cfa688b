from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.test import TestCase

from devices.models import DeviceSample, SolMate
from devices.selectors import COLUMNS, TOPIC, history
from smartserver.core import clock
from smartserver.core.errors import BadInput, NotFound
from smartserver.core.history import MAX_POINTS
from tests.devices.support import NOON, storing
from tests.units import run


class LiveRows(TestCase):
    def setUp(self) -> None:
        self.ada = User.objects.create_user("ada")
        SolMate.objects.create(serial_number="0001", battery=5.0, owner=self.ada, manufacturing_date=NOON)
        SolMate.objects.create(serial_number="0002", battery=50.0, manufacturing_date=NOON, last_status_update=NOON)
        SolMate.objects.create(serial_number="0012", battery=500.0, manufacturing_date=NOON, local_time="noon")

    def test_rows_have_the_declared_columns(self) -> None:
        rows = TOPIC.rows(Q(serial_number="0001"))
        self.assertEqual(list(rows[0].values), [column.name for column in COLUMNS])
        self.assertEqual(rows[0].values["owner"], "ada")
        self.assertEqual(rows[0].values["manufacturing_date"], "2026-06-21T12:00:00.000Z")
        self.assertIsNone(rows[0].values["last_status_update"])
        self.assertEqual(TOPIC.count(), 3)

    def test_rows_cost_one_query(self) -> None:
        with self.assertNumQueries(1):
            self.assertEqual(len(TOPIC.rows(Q())), 3)


class History(TestCase):
    def setUp(self) -> None:
        frozen = clock.frozen(NOON)
        frozen.__enter__()
        self.addCleanup(frozen.__exit__, None, None, None)

    def sample(self, at: datetime, income: float) -> DeviceSample:
        return DeviceSample(
            device=self.device, received_at=at, message_id="1", changes="{}",
            power_income=income, power_inject=1, power_consumption=2, battery=3,
        )  # fmt: skip

    @property
    def device(self) -> SolMate:
        return SolMate.objects.get_or_create(serial_number="0001")[0]

    def test_every_change_in_the_window(self) -> None:
        run(storing('1:0001:{"battery": 1}', at=NOON - timedelta(minutes=61)))
        run(storing('2:0001:{"battery": 2, "power_income": 7}', at=NOON - timedelta(minutes=59, microseconds=500_000)))
        run(storing('3:0001:{"battery": 3}', at=NOON))
        found = history(self.device.pk, 60)
        self.assertEqual(
            [column["name"] for column in found["columns"]],
            ["time", "power_income", "power_inject", "power_consumption", "battery"],
        )
        self.assertEqual(found["columns"][4], {"name": "battery", "label": "Battery", "unit": "Wh"})
        times, income, _, _, battery = found["series"]
        self.assertEqual(times, [NOON.timestamp() - 59 * 60 - 0.5, NOON.timestamp()])
        self.assertEqual((income, battery), ([7.0, 7.0], [2.0, 3.0]))

    def test_very_many_changes_become_means(self) -> None:
        count = 5000
        start = NOON - timedelta(seconds=count)
        DeviceSample.objects.bulk_create(
            self.sample(start + timedelta(seconds=i + 0.5), float(i)) for i in range(count)
        )
        found = history(self.device.pk, 90)
        times, income, *_ = found["series"]
        self.assertGreater(len(times), MAX_POINTS // 2)
        self.assertLessEqual(len(times), MAX_POINTS)
        self.assertEqual(times, sorted(times))
        self.assertEqual(income, sorted(income))
        self.assertAlmostEqual(sum(income) / len(income), (count - 1) / 2, delta=3)
        self.assertAlmostEqual(times[0], start.timestamp() + 0.5, places=2)

    def test_nothing_measured(self) -> None:
        self.assertEqual(history(self.device.pk, 60)["series"], [[], [], [], [], []])

    def test_what_cannot_be_answered(self) -> None:
        with self.assertRaises(NotFound):
            history(12345, 60)
        for minutes in (0, -1, 10**9):
            with self.assertRaises(BadInput):
                history(self.device.pk, minutes)
