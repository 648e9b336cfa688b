"""The last hour of many rows in one answer: means of two minutes, in one query."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import TestCase, override_settings

from devices.models import DeviceSample, SolMate
from smartserver.core import clock
from smartserver.dashboard.sparklines import MAX_KEYS, NUMBER
from stations.models import EVSE, MeterValue, Station
from tests.stations.factories import EvseFactory, StationFactory
from tests.stations.support import NOON

MINUTE = timedelta(minutes=1)


@override_settings(OPEN=True)
class Sparklines(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()
        frozen = clock.frozen(NOON)
        frozen.__enter__()
        self.addCleanup(frozen.__exit__, None, None, None)

    def measure(self, evse: EVSE | None, ago: timedelta, power_w: float | None, station: Station | None = None) -> None:
        station = station or self.station
        at = clock.now() - ago
        MeterValue.objects.create(station=station, evse=evse, received_at=at, power_w=power_w, samples="[]")

    def lines(self, *keys: int, topic: str = "stations") -> dict[str, list[float | None]]:
        answer: dict[str, Any] = self.client.get(f"/sparklines/{topic}", {"keys": ",".join(map(str, keys))}).json()
        self.assertEqual((answer["seconds"], answer["unit"]), (120, "W"))
        found: dict[str, list[float | None]] = answer["lines"]
        self.assertTrue(all(len(line) == NUMBER for line in found.values()))
        return found

    def line(self) -> list[float | None]:
        return self.lines(self.station.pk)[str(self.station.pk)]

    def test_values_of_two_minutes_are_one_mean_the_newest_last(self) -> None:
        evse = EvseFactory.create(station=self.station, number=1)
        self.measure(evse, timedelta(), 10.0)
        self.measure(evse, MINUTE, 1000.0)
        self.measure(evse, 2 * MINUTE, 2000.04)
        self.measure(evse, 58 * MINUTE, 5.0)
        self.measure(evse, 58 * MINUTE + timedelta(microseconds=1), 7.0)  # before the first slot
        self.measure(evse, 3 * MINUTE, None)
        self.assertEqual(self.line(), [5.0, *[None] * 27, 1500.0, 10.0])

    def test_outlets_are_added_up_and_the_main_meter_counts_where_there_is_no_other(self) -> None:
        main, first, second = (EvseFactory.create(station=self.station, number=number) for number in range(3))
        self.measure(main, timedelta(), 9999.0)
        self.measure(first, timedelta(), 3000.0)
        self.measure(second, timedelta(), 4000.0)
        self.measure(main, 2 * MINUTE, 500.0)
        self.measure(None, 4 * MINUTE, 600.0)
        self.assertEqual(self.line()[-3:], [600.0, 500.0, 7000.0])

    def test_many_rows_are_one_query_and_rows_without_values_are_left_out(self) -> None:
        stations = [self.station, *(StationFactory.create() for _ in range(3))]
        for number, station in enumerate(stations[:3]):
            self.measure(None, MINUTE, float(number), station)
        with self.assertNumQueries(1):
            found = self.lines(*(station.pk for station in stations[1:]))
        expected = {str(stations[1].pk): 1.0, str(stations[2].pk): 2.0}
        self.assertEqual({key: line[-2] for key, line in found.items()}, expected)

    def test_a_value_that_comes_while_we_look_is_of_the_last_slot(self) -> None:
        self.measure(None, -3 * MINUTE, 5.0)
        self.assertEqual(self.line()[-1], 5.0)

    def test_devices_have_them_too(self) -> None:
        device = SolMate.objects.create(serial_number="0001", manufacturing_date=NOON)
        values = {"power_income": 1, "power_inject": 250.0, "power_consumption": 2, "battery": 3}
        DeviceSample.objects.create(device=device, received_at=NOON, message_id="1", changes="{}", **values)
        self.assertEqual(self.lines(device.pk, topic="devices"), {str(device.pk): [*[None] * 29, 250.0]})

    def test_what_is_no_list_of_keys_is_refused(self) -> None:
        for keys in ("", "a", "1,", "-1", "1.5", "٣", "9" * 30, ",".join(["1"] * (MAX_KEYS + 1)), str(2**63)):
            answer = self.client.get("/sparklines/stations", {"keys": keys})
            self.assertEqual((answer.status_code, answer.json()["code"]), (400, "bad_input"), keys)
        for topic in ("commands", "users"):
            self.assertEqual(self.client.get(f"/sparklines/{topic}", {"keys": "1"}).status_code, 404)
        self.assertEqual(self.lines(*range(1, MAX_KEYS + 1)), {})
