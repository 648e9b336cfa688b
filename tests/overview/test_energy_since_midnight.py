"""Energy since a moment is right while meters jump, sessions end and stations restart or come back late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.test import SimpleTestCase, TestCase, override_settings

from smartserver.core import clock
from smartserver.core.errors import BadInput
from smartserver.overview import energy
from stations.models import MeterValue, Station, Transaction
from tests.stations.factories import EvseFactory, StationFactory, TransactionFactory
from tests.stations.support import NOON, call
from tests.units import run

MIDNIGHT = NOON.replace(hour=0)
HOUR = timedelta(hours=1)


class ChargedSince(TestCase):
    def setUp(self) -> None:
        energy._carried.clear()
        frozen = clock.frozen(NOON)
        frozen.__enter__()
        self.addCleanup(frozen.__exit__, None, None, None)
        self.station = StationFactory.create()

    def session(self, start: float, end: float | None, wh: float, **more: Any) -> Transaction:
        """From and to so many hours after midnight."""
        ended = None if end is None else MIDNIGHT + end * HOUR
        begun = MIDNIGHT + start * HOUR
        made: Transaction = TransactionFactory.create(
            station=self.station, started_at=begun, ended_at=ended, active=end is None, energy_wh=wh, **more
        )
        return made

    def reading(self, session: Transaction, at: float, wh: float) -> None:
        MeterValue.objects.create(
            station=self.station, transaction=session, received_at=MIDNIGHT + at * HOUR, energy_wh=wh, samples="[]"
        )

    def charged(self) -> float:
        energy._carried.clear()
        return energy.charged_since(MIDNIGHT)

    def test_nothing_was_charged(self) -> None:
        self.assertEqual(self.charged(), 0.0)

    def test_sessions_of_the_day_count_whole(self) -> None:
        self.session(1, 2, 1000.0)
        self.session(3, None, 300.0)
        self.session(-5, -1, 9999.0)  # of yesterday
        self.assertEqual(self.charged(), 1300.0)

    def test_a_session_over_midnight_counts_from_the_last_register_before_it(self) -> None:
        for end in (6, None):
            session = self.session(-2, end, 5000.0, meter_start_wh=100_000.0)
            self.reading(session, -1, 101_000.0)
            self.reading(session, -0.1, 102_000.0)
            self.reading(session, 0.1, 102_200.0)
        self.assertEqual(self.charged(), 2 * 3000.0)

    def test_readings_of_other_sessions_of_the_station_do_not_count(self) -> None:
        session, other = self.session(-2, None, 5000.0, meter_start_wh=0.0), self.session(-3, -2, 10.0)
        self.reading(session, -1, 1000.0)
        self.reading(other, -0.5, 70_000.0)
        self.assertEqual(self.charged(), 4000.0)

    def test_without_readings_it_is_taken_to_have_charged_evenly(self) -> None:
        self.session(-6, 6, 12_000.0)
        self.assertEqual(self.charged(), 6000.0)
        self.session(-12, None, 2400.0)
        self.assertEqual(self.charged(), 6000.0 + 1200.0)

    def test_a_meter_that_jumped_neither_bills_nor_takes_away_a_lifetime(self) -> None:
        session = self.session(-2, None, 5000.0, meter_start_wh=100_000.0)
        self.reading(session, -1, 17.0)  # another meter
        self.assertEqual(self.charged(), 5000.0)
        MeterValue.objects.update(energy_wh=9e9)
        self.assertEqual(self.charged(), 0.0)

    def test_a_session_that_was_reported_late_counts_when_it_was(self) -> None:
        told = {"started_at_station": MIDNIGHT - 4 * HOUR, "ended_at_station": MIDNIGHT - HOUR}
        self.session(8, 8.01, 7000.0, **told)  # all of it was yesterday
        self.assertEqual(self.charged(), 0.0)
        told = {"started_at_station": MIDNIGHT - HOUR, "ended_at_station": MIDNIGHT + 3 * HOUR}
        self.session(8, 8.01, 4000.0, **told)
        self.assertEqual(self.charged(), 3000.0)

    def test_a_clock_that_is_wrong_by_hours_moves_nothing_into_yesterday(self) -> None:
        told = {"started_at_station": MIDNIGHT - HOUR, "ended_at_station": MIDNIGHT + HOUR}
        self.session(1, 3, 4000.0, **told)
        self.session(1, 3, 4000.0, started_at_station=datetime(1970, 1, 1, tzinfo=MIDNIGHT.tzinfo))
        self.assertEqual(self.charged(), 8000.0)

    def test_what_was_carried_over_is_remembered_for_a_while_and_for_few_moments(self) -> None:
        self.session(-6, 6, 12_000.0)
        self.assertEqual(energy.charged_since(MIDNIGHT), 6000.0)
        with self.assertNumQueries(2):
            self.assertEqual(energy.charged_since(MIDNIGHT), 6000.0)
        for minutes in range(energy.REMEMBERED + 10):
            energy.charged_since(MIDNIGHT + timedelta(minutes=minutes))
        self.assertEqual(len(energy._carried), energy.REMEMBERED)

    def test_only_the_last_two_days_are_summed_up(self) -> None:
        for moment in (NOON + HOUR, NOON - 51 * HOUR):
            with self.assertRaises(BadInput):
                energy.charged_since(moment)

    @override_settings(OPEN=True)
    def test_the_page_is_told_over_http(self) -> None:
        self.session(1, 2, 1000.0)
        answer = self.client.get(f"/history/energy?since={int(MIDNIGHT.timestamp()) + 7}")
        self.assertEqual(answer.json(), {"since": "2026-06-21T00:00:00.000Z", "energy_wh": 1000.0})


class WhatStationsReport(TestCase):
    """The same from OCPP messages on, through everything that judges meters."""

    def setUp(self) -> None:
        energy._carried.clear()
        self.station: Station = StationFactory.create(identity="CP1")
        EvseFactory.create(station=self.station, number=1)

    def say(self, action: str, payload: dict[str, Any], at: datetime) -> dict[str, Any]:
        answer: dict[str, Any] = run(
            call(self.station, action, payload, at=at, accept_unknown=True, message_id=f"{action}{at}")
        )[0]
        return answer

    def meter(self, number: int, wh: int, at: datetime) -> None:
        values = [{"timestamp": at.isoformat(), "sampledValue": [{"value": str(wh)}]}]
        self.say("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": values}, at)

    def charged(self, at: datetime) -> float:
        energy._carried.clear()
        with clock.frozen(at):
            return energy.charged_since(MIDNIGHT)

    def test_a_night_with_a_restart_and_a_new_meter(self) -> None:
        begin = MIDNIGHT - 2 * HOUR
        start = {"connectorId": 1, "idTag": "A", "meterStart": 50_000, "timestamp": begin.isoformat()}
        number = self.say("StartTransaction", start, begin)["transactionId"]
        self.meter(number, 52_000, MIDNIGHT - 0.01 * HOUR)
        self.meter(number, 53_000, MIDNIGHT + HOUR)
        self.assertEqual(self.charged(MIDNIGHT + HOUR), 1000.0)
        self.say("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}, MIDNIGHT + 1.5 * HOUR)
        self.meter(number, 53_500, MIDNIGHT + 2 * HOUR)
        self.assertEqual(self.charged(MIDNIGHT + 2 * HOUR), 1500.0)
        self.meter(number, 12, MIDNIGHT + 3 * HOUR)  # the meter was replaced: what it means is known at the end
        self.assertEqual(self.charged(MIDNIGHT + 3 * HOUR), 1500.0)
        end = MIDNIGHT + 4 * HOUR
        stop = {"transactionId": number, "meterStop": 512, "timestamp": end.isoformat()}
        self.say("StopTransaction", stop, end)
        self.assertEqual(Transaction.objects.get().energy_wh, 4000.0)
        self.assertEqual(self.charged(end), 2000.0)


class ShareOfTime(SimpleTestCase):
    def test_a_session_without_length_is_before_or_after(self) -> None:
        for end, share in ((-HOUR, 1.0), (HOUR, 0.0), (0 * HOUR, 0.0)):
            self.assertEqual(energy._share(MIDNIGHT + end, MIDNIGHT + end, MIDNIGHT), share)
