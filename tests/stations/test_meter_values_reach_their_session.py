"""Meter values: every reading is kept, the newest is shown, none reaches somebody else's session."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.test import TestCase

from smartserver.core.events import TOPIC_STATIONS
from stations.models import EVSE, MeterValue, Station, Transaction
from stations.ocpp.frames import Payload
from tests.stations.factories import EvseFactory, StationFactory, TransactionFactory
from tests.stations.support import NOON, NOON_TEXT, call, rules_of
from tests.units import run, run_published

POWER = "Power.Active.Import"


def meters(*values: Any, connector: int = 1, transaction: int | None = None, **more: Any) -> Payload:
    """MeterValues, each of one sampled value: energy, or (value, measurand)."""
    found = [value if isinstance(value, tuple) else (value, "Energy.Active.Import.Register") for value in values]
    sampled = [
        {"timestamp": NOON_TEXT, "sampledValue": [{"value": str(value), "measurand": measurand, **more}]}
        for value, measurand in found
    ]
    named = {} if transaction is None else {"transactionId": transaction}
    return {"connectorId": connector, "meterValue": sampled} | named


class MeterCase(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()

    def report(self, *payloads: Payload, station: Station | None = None) -> None:
        run(*(call(station or self.station, "MeterValues", each) for each in payloads))

    def session(self, **fields: Any) -> Transaction:
        evse = EvseFactory.create(station=self.station, number=fields.pop("number", 1))
        made: Transaction = TransactionFactory.create(station=self.station, evse=evse, meter_start_wh=0, **fields)
        return made


class Rows(MeterCase):
    def test_keep_what_was_sent_and_when(self) -> None:
        given = meters(("7.4", POWER), ("stars", "Beauty"), unit="kW")
        self.report(given)
        first, second = MeterValue.objects.order_by("pk")
        self.assertEqual(
            (first.power_w, first.energy_wh, first.measured_at, first.received_at), (7400.0, None, NOON, NOON)
        )
        self.assertEqual(json.loads(second.samples), given["meterValue"][1]["sampledValue"])
        self.assertEqual((second.power_w, second.energy_wh), (None, None))

    def test_create_the_evse_that_is_named_for_the_first_time(self) -> None:
        self.report(meters(100, connector=7), meters(200, connector=7), meters(5, connector=0))
        numbers = EVSE.objects.filter(station=self.station).order_by("number").values_list("number", "energy_wh")
        self.assertEqual(list(numbers), [(0, 5.0), (7, 200.0)])

    def test_without_readings_are_none(self) -> None:
        self.report({"connectorId": 1, "meterValue": []})
        self.assertEqual((MeterValue.objects.count(), rules_of(self.station)), (0, {"empty_meter_value": 1}))


class Shown(MeterCase):
    def test_newest_value_of_each_quantity(self) -> None:
        self.report(meters(100, ("5000", POWER)))
        self.report(meters(("40", "SoC")))
        evse = EVSE.objects.get()
        self.assertEqual((evse.energy_wh, evse.power_w, evse.soc, evse.measured_at), (100.0, 5000.0, 40.0, NOON))

    def test_power_and_energy_of_all_evses_of_the_station(self) -> None:
        self.session(number=1)
        self.session(number=2)
        self.session(number=3, active=False)
        self.report(meters(1000, ("5000", POWER)))
        self.report(meters(2000, ("3000", POWER), connector=2))
        self.station.refresh_from_db()
        self.assertEqual((self.station.power_w, self.station.session_energy_wh), (8000.0, 3000.0))

    def test_power_of_the_main_meter_is_not_counted_twice(self) -> None:
        self.report(meters(("8000", POWER), connector=0))
        self.station.refresh_from_db()
        self.assertEqual(self.station.power_w, 8000.0)
        self.report(meters(("5000", POWER), connector=1))
        self.station.refresh_from_db()
        self.assertEqual(self.station.power_w, 5000.0, "the outlets' own meters say more")

    def test_row_of_the_station_is_told_to_browsers(self) -> None:
        other = StationFactory.create()
        _, published = run_published(call(self.station, "MeterValues", meters(1)))
        self.assertEqual(published.rows, {TOPIC_STATIONS: {self.station.pk}})
        self.assertNotIn(other.pk, published.rows[TOPIC_STATIONS])

    def test_power_is_zero_when_the_session_has_ended(self) -> None:
        session = self.session()
        self.report(meters(100, ("5000", POWER)))
        stop = {"transactionId": session.pk, "meterStop": 100, "timestamp": NOON_TEXT}
        run(call(self.station, "StopTransaction", stop))
        self.station.refresh_from_db()
        self.assertEqual((EVSE.objects.get().power_w, self.station.power_w), (0.0, 0.0))
        self.assertEqual((self.station.session_energy_wh, self.station.sessions), (None, 0))


class Sessions(MeterCase):
    def test_are_found_by_their_number(self) -> None:
        session = self.session()
        other = self.session(number=2)
        self.report(meters(500, ("60", "SoC"), transaction=session.pk))
        session.refresh_from_db()
        self.assertEqual((session.meter_last_wh, session.energy_wh, session.soc), (500.0, 500.0, 60.0))
        other.refresh_from_db()
        self.assertIsNone(other.energy_wh)
        self.assertEqual(set(MeterValue.objects.values_list("transaction", flat=True)), {session.pk})

    def test_are_found_by_the_evse_they_run_on(self) -> None:
        ended = self.session(active=False)
        session = self.session()
        self.report(meters(500))
        self.assertEqual(MeterValue.objects.get().transaction_id, session.pk)
        ended.refresh_from_db()
        self.assertIsNone(ended.energy_wh)

    def test_lend_their_evse_to_readings_that_name_none(self) -> None:
        session = self.session(reference="T1")
        sampled = [{"timestamp": NOON_TEXT, "sampledValue": [{"value": 500}]}]
        given = {
            "eventType": "Updated",
            "timestamp": NOON_TEXT,
            "triggerReason": "MeterValuePeriodic",
            "seqNo": 1,
            "transactionInfo": {"transactionId": "T1"},
            "meterValue": sampled,
        }
        run(call(self.station, "TransactionEvent", given, version="2.0.1"))
        self.assertEqual(MeterValue.objects.get().evse_id, session.evse_id)
        self.assertEqual(EVSE.objects.get().energy_wh, 500.0)

    def test_lend_their_evse_as_soon_as_they_have_one(self) -> None:
        given = {
            "timestamp": NOON_TEXT,
            "triggerReason": "MeterValuePeriodic",
            "transactionInfo": {"transactionId": "T1"},
            "meterValue": [{"timestamp": NOON_TEXT, "sampledValue": [{"value": 500}]}],
        }
        events = [{"eventType": "Started", "seqNo": 0}, {"eventType": "Updated", "seqNo": 1, "evse": {"id": 2}}]
        run(*(call(self.station, "TransactionEvent", given | event, version="2.0.1") for event in events))
        evse = EVSE.objects.get()
        self.assertEqual((evse.number, evse.energy_wh), (2, 500.0))
        self.assertEqual(set(MeterValue.objects.values_list("evse", flat=True)), {evse.pk})

    def test_readings_of_the_evse_outside_of_a_session_belong_to_none(self) -> None:
        self.report(meters(500))
        self.assertIsNone(MeterValue.objects.get().transaction_id)

    def test_readings_with_a_wrong_number_are_kept_and_touch_nobody(self) -> None:
        stranger = StationFactory.create()
        session = self.session()
        self.report(meters(500, transaction=session.pk), station=stranger)
        for wrong in (-1, 0, session.pk + 1000, 2**63, 2**64 - 1):
            self.report(meters(500, transaction=wrong))
        session.refresh_from_db()
        self.assertIsNone(session.energy_wh)
        self.assertEqual(set(MeterValue.objects.values_list("transaction", flat=True)), {None})
        self.assertEqual(MeterValue.objects.count(), 6)
        self.assertEqual(
            (rules_of(stranger), rules_of(self.station)), ({"unknown_transaction_id": 1}, {"unknown_transaction_id": 5})
        )

    def test_late_readings_of_an_ended_session_are_kept_and_change_nothing(self) -> None:
        session = self.session(active=False, energy_wh=400, meter_last_wh=400)
        self.report(meters(900, transaction=session.pk))
        session.refresh_from_db()
        self.assertEqual((session.energy_wh, session.meter_last_wh), (400.0, 400.0))
        self.assertEqual(MeterValue.objects.get().transaction_id, session.pk)

    def test_first_reading_is_the_start_where_none_was_given(self) -> None:
        session = self.session()
        Transaction.objects.update(meter_start_wh=None)
        self.report(meters(("5000", POWER)), meters(70_000), meters(70_400))
        session.refresh_from_db()
        self.assertEqual((session.meter_start_wh, session.energy_wh), (70_000.0, 400.0))

    def test_many_stations_in_one_batch_stay_apart(self) -> None:
        stations = StationFactory.create_batch(20)
        run(
            *(
                call(each, "MeterValues", meters(100 * n), at=NOON + timedelta(seconds=n))
                for n, each in enumerate(stations)
            )
        )
        for n, each in enumerate(stations):
            self.assertEqual(EVSE.objects.get(station=each).energy_wh, 100.0 * n)
            each.refresh_from_db()
            self.assertEqual(each.last_seen_at is not None, True)


class TheLastReading(MeterCase):
    def test_of_a_session_is_kept_but_does_not_charge_on(self) -> None:
        event = {
            "timestamp": NOON_TEXT,
            "triggerReason": "ChargingStateChanged",
            "transactionInfo": {"transactionId": "T1"},
            "evse": {"id": 1},
        }
        sampled = [{"value": 9000, "measurand": POWER}, {"value": 500}]
        metered = event | {"meterValue": [{"timestamp": NOON_TEXT, "sampledValue": sampled}]}
        for number, phase in enumerate(("Started", "Updated", "Ended")):
            payload = metered | {"eventType": phase, "seqNo": number}
            run(call(self.station, "TransactionEvent", payload, version="2.0.1"))
            self.station.refresh_from_db()
            self.assertEqual(self.station.power_w, 0.0 if phase == "Ended" else 9000.0)
        self.assertEqual(MeterValue.objects.filter(power_w=9000.0).count(), 3)
