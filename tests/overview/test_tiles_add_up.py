"""The numbers of the overview's tiles, and the chart of all together."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.test import TestCase, override_settings

from devices.models import DeviceState, SolMate
from smartserver.core import clock
from smartserver.core.history import MAX_POINTS
from smartserver.overview import selectors, tasks
from smartserver.overview.models import PowerTotal
from stations.models import State
from tests.devices.support import NOON
from tests.stations.factories import StationFactory
from tests.units import run


class Tiles(TestCase):
    def test_an_empty_system_knows_nothing_and_says_so(self) -> None:
        with self.assertNumQueries(2):
            found = selectors.summary()
        self.assertEqual(found["stations"]["total"], 0)
        self.assertIsNone(found["stations"]["power_w"])
        self.assertEqual(found["devices"]["total"], 0)
        self.assertIsNone(found["devices"]["income_w"])

    def test_stations_are_counted_by_what_they_are(self) -> None:
        StationFactory.create(
            state=State.ONLINE, status="Charging", power_w=11_000.0, sessions=1, session_energy_wh=500.0
        )
        StationFactory.create(state=State.ONLINE, status="Faulted", power_w=None)
        StationFactory.create(state=State.STALE, status="Charging", power_w=7_000.0, sessions=2, session_energy_wh=70.0)
        StationFactory.create(state=State.OFFLINE, status="Faulted", power_w=3_000.0)
        StationFactory.create(state=State.NEVER)
        found = selectors.summary()["stations"]
        self.assertEqual(
            {name: found[name] for name in ("total", "online", "stale", "offline", "never", "charging", "faulted")},
            {"total": 5, "online": 2, "stale": 1, "offline": 1, "never": 1, "charging": 1, "faulted": 2},
        )
        # What is not heard any more draws no power that could be shown as present.
        self.assertEqual((found["power_w"], found["sessions"], found["session_energy_wh"]), (11_000.0, 3, 570.0))

    def test_devices_that_are_online_are_summed_up(self) -> None:
        online = {"state": DeviceState.ONLINE, "power_inject": 100.0, "power_consumption": 50.0, "battery": 500.0}
        SolMate.objects.create(serial_number="1", power_income=300.0, capacity=3_600_000.0, **online)
        SolMate.objects.create(serial_number="2", power_income=200.0, capacity=None, **online)
        SolMate.objects.create(serial_number="3", power_income=900.0, state=DeviceState.OFFLINE, battery=9.0)
        found = selectors.summary()["devices"]
        self.assertEqual((found["total"], found["online"], found["offline"]), (3, 2, 1))
        self.assertEqual((found["income_w"], found["inject_w"], found["consumption_w"]), (500.0, 200.0, 100.0))
        self.assertEqual((found["stored_wh"], found["battery_wh"], found["capacity_wh"]), (1000.0, 500.0, 1000.0))


class TotalsOverTime(TestCase):
    def keep(self, minutes_ago: float, charging: float | None, solar: float | None = None) -> None:
        second = int((NOON - timedelta(minutes=minutes_ago)).timestamp())
        PowerTotal.objects.create(second=second, charging_w=charging, solar_w=solar)

    def test_totals_come_as_they_were(self) -> None:
        self.keep(61, 1.0)
        self.keep(59, 2.0, 20.0)
        self.keep(1, None, 30.0)
        with clock.frozen(NOON):
            found = selectors.history(60)
        self.assertEqual([column["name"] for column in found["columns"]], ["time", "charging_w", "solar_w"])
        start = NOON.timestamp()
        self.assertEqual(found["series"], [[start - 59 * 60, start - 60], [2.0, None], [20.0, 30.0]])

    def test_a_part_of_the_past_can_be_looked_at(self) -> None:
        for minutes_ago in (300, 200, 100):
            self.keep(minutes_ago, float(minutes_ago))
        found = selectors.history(60, until=int((NOON - timedelta(minutes=180)).timestamp()))
        self.assertEqual(found["series"][1], [200.0])

    def test_many_become_means_over_slots(self) -> None:
        first = int(NOON.timestamp()) - 31 * 24 * 3600
        PowerTotal.objects.bulk_create(
            PowerTotal(second=first + 300 * i, charging_w=float(i), solar_w=None) for i in range(31 * 24 * 12)
        )
        with clock.frozen(NOON):
            times, charging, solar = selectors.history(31 * 24 * 60)["series"]
        self.assertTrue(MAX_POINTS / 2 < len(times) <= MAX_POINTS)
        self.assertEqual((times, charging), (sorted(times), sorted(charging)))
        self.assertAlmostEqual(sum(charging) / len(charging), 31 * 24 * 12 / 2, delta=10)
        self.assertEqual(set(solar), {None})

    def test_a_total_is_kept_once_and_old_ones_go(self) -> None:
        StationFactory.create(state=State.ONLINE, power_w=11_000.0)
        StationFactory.create(state=State.OFFLINE, power_w=1_000.0)
        now = clock.now()
        PowerTotal.objects.create(second=int(now.timestamp()) - 32 * 24 * 3600, charging_w=1.0)
        row = tasks.total_at(now)
        self.assertEqual((row.second % tasks.EVERY, row.charging_w, row.solar_w), (0, 11_000.0, None))
        twin = PowerTotal(second=row.second, charging_w=5.0)
        for each in (row, twin):  # as two processes do it
            run(partial(tasks.store, row=each))
        self.assertEqual(list(PowerTotal.objects.values_list("second", "charging_w")), [(row.second, 11_000.0)])


@override_settings(OPEN=True)
class Endpoints(TestCase):
    def test_history_answers(self) -> None:
        answer = self.client.get("/history/overview?minutes=60")
        self.assertEqual((answer.status_code, answer.json()["series"]), (200, [[], [], []]))

    def test_bad_numbers_are_refused_in_words(self) -> None:
        for address in (
            "overview?minutes=0",
            "overview?minutes=44641",
            "overview?minutes=-1",
            "overview?until=x",
            "overview?minutes=١",
        ):
            with self.subTest(address):
                answer = self.client.get(f"/history/{address}")
                self.assertEqual((answer.status_code, answer.json()["code"]), (400, "bad_input"))
        for since in ("", "x", "0", "99999999999", str(int(clock.now().timestamp()) + 3600)):
            with self.subTest(since):
                self.assertEqual(self.client.get(f"/history/energy?since={since}").status_code, 400)

    def test_a_closed_server_asks_who_it_is(self) -> None:
        with override_settings(OPEN=False):
            for address in ("/history/overview", "/history/energy?since=0"):
                self.assertEqual(self.client.get(address).status_code, 302)
