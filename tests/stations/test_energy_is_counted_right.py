"""FIELD rule 23, and meters that break their own rules: what a session used, whatever its registers show."""

from __future__ import annotations

import unittest
from datetime import datetime, timedelta
from typing import Any

from django.test import TestCase
from hypothesis import given
from hypothesis import strategies as st

from stations.models import EVSE, MeterValue, Station, Transaction
from stations.ocpp.frames import Payload
from stations.services.sessions.energy import Spans, is_implausible_start, used
from tests.stations.factories import EvseFactory, StationFactory, TokenFactory, TransactionFactory
from tests.stations.support import NOON, call, rules_of
from tests.units import run

LIFETIME = 5_000_000


def at(minutes: float) -> str:
    return (NOON + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


class Registers(unittest.TestCase):
    def test_count_upwards(self) -> None:
        for registers, energy in (([], 0.0), ([7], 0.0), ([5000, 6000], 1000.0), ([0, 10, 10, 20], 20.0)):
            self.assertEqual(used(registers), energy)

    def test_of_a_meter_that_was_replaced_or_overflowed_go_on(self) -> None:
        self.assertEqual(used([5000, 6000, 0, 100, 500]), 1500.0)
        self.assertEqual(used([99_990, 40, 100]), 60.0)
        self.assertEqual(used([5000, 100]), 0.0)
        self.assertEqual(used([0, 6000, 0, 5990, 6010]), 12_010.0, "a new meter passes where the old one was")
        self.assertEqual(used([1000, 1100, 10, 60, 20, 50]), 180.0, "two steps back")

    def test_of_a_glitch_do_not_count(self) -> None:
        self.assertEqual(used([5000, 6000, 0, 6100]), 1100.0)
        self.assertEqual(used([5000, 6000, 0, 0, 6100]), 1100.0)
        self.assertEqual(used([5000, 5.1, 5.9, 6000]), 1000.0, "kWh among Wh")

    def test_that_only_tremble_do_not_count(self) -> None:
        self.assertEqual(used([1000, 990, 999, 1001]), 1.0)
        self.assertEqual(used([1000, 990, 999]), 0.0)

    @given(st.lists(st.integers(0, 10**7), max_size=30))
    def test_never_give_less_than_nothing(self, registers: list[int]) -> None:
        self.assertGreaterEqual(used(registers), 0.0)

    @given(st.lists(st.integers(0, 10**7), min_size=1, max_size=30))
    def test_that_rise_give_last_minus_first(self, registers: list[int]) -> None:
        ordered = sorted(registers)
        self.assertEqual(used(ordered), ordered[-1] - ordered[0])

    @given(st.lists(st.integers(1, 10**7), min_size=2, max_size=30), st.data())
    def test_a_single_zero_in_between_changes_nothing(self, registers: list[int], data: st.DataObject) -> None:
        ordered = sorted(registers)
        place = data.draw(st.integers(1, len(ordered) - 1))
        self.assertEqual(used([*ordered[:place], 0, *ordered[place:]]), used(ordered))


class StartAtZero(unittest.TestCase):
    """More than an outlet can have given since is the meter's lifetime."""

    def spans(self, heard: float, told: float | None) -> Spans:
        end: datetime | None = None if told is None else NOON + timedelta(minutes=told)
        return Spans((NOON, NOON + timedelta(minutes=heard)), (NOON, end))

    def test_is_believed_while_the_outlet_can_have_given_it(self) -> None:
        for register, heard, told in (
            (9_000, 0, 0),
            (500_000, 60, 0),
            (500_000, 0, 60),  # heard late, all at once
            (90_000, 0, None),  # and nobody knows how long it took
        ):
            self.assertFalse(is_implausible_start(0, register, self.spans(heard, told)), register)

    def test_is_not_believed_beyond(self) -> None:
        for register, heard, told in ((11_000, 0, 0), (LIFETIME, 60, 60), (101_000, 0, None), (11_000, 0, -60)):
            self.assertTrue(is_implausible_start(0, register, self.spans(heard, told)), register)

    def test_is_about_zero_only(self) -> None:
        self.assertFalse(is_implausible_start(1, LIFETIME, self.spans(0, 0)))


class EnergyCase(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()
        TokenFactory.create(value="CARD")

    def say(self, action: str, given: Payload, *, minutes: float = 0.0, **options: Any) -> Any:
        moment = NOON + timedelta(minutes=minutes)
        return run(call(self.station, action, given, at=moment, **options))[0]

    def start(self, meter: int | None, *, minutes: float = 0.0, heard: float | None = None) -> int:
        given = {"connectorId": 1, "idTag": "CARD", "timestamp": at(minutes)}
        given |= {} if meter is None else {"meterStart": meter}
        heard = minutes if heard is None else heard
        number: int = self.say("StartTransaction", given, minutes=heard)["transactionId"]
        return number

    def meters(self, number: int, *registers: tuple[float, float], heard: float | None = None) -> None:
        """(minutes, register), all in one message."""
        values = [{"timestamp": at(minutes), "sampledValue": [{"value": str(wh)}]} for minutes, wh in registers]
        given = {"connectorId": 1, "transactionId": number, "meterValue": values}
        self.say("MeterValues", given, minutes=registers[-1][0] if heard is None else heard)

    def stop(self, number: int, meter: int | None, *, minutes: float = 60.0, data: Any = None) -> None:
        given = {"transactionId": number, "timestamp": at(minutes)}
        given |= {} if meter is None else {"meterStop": meter}
        given |= {} if data is None else {"transactionData": data}
        self.say("StopTransaction", given, minutes=minutes)

    @property
    def session(self) -> Transaction:
        return Transaction.objects.get()

    def assert_session(self, start: float | None, energy: float | None, remark: str = "") -> None:
        session = self.session
        self.assertEqual((session.meter_start_wh, session.energy_wh, session.remark), (start, energy, remark))


class Field23(EnergyCase):
    """A missing or zero start meter never bills the meter's lifetime (citrineos-core#1060)."""

    def test_field_23_zero_start_before_a_lifetime_register(self) -> None:
        number = self.start(0)
        self.meters(number, (1, LIFETIME))
        self.assert_session(LIFETIME, 0.0, "implausible_start_meter")
        self.meters(number, (30, LIFETIME + 3000))
        self.stop(number, LIFETIME + 8000)
        self.assert_session(LIFETIME, 8000.0, "implausible_start_meter")
        self.assertEqual(rules_of(self.station), {"implausible_start_meter": 1})

    def test_field_23_zero_start_is_the_start_of_a_small_register(self) -> None:
        number = self.start(0)
        self.meters(number, (10, 1500))
        self.stop(number, 7000)
        self.assert_session(0.0, 7000.0)

    def test_field_23_offline_session_is_judged_by_the_stations_clock(self) -> None:
        """All is heard within a moment, hours later: 40 kWh took three hours."""
        number = self.start(0, minutes=0, heard=300)
        self.meters(number, (180, 40_000), heard=300)
        self.assert_session(0.0, 40_000.0)

    def test_field_23_zero_start_on_a_meter_that_is_known_to_count_on(self) -> None:
        first = self.start(20_000)
        self.stop(first, 24_000)
        second = self.start(0, minutes=70)
        session = Transaction.objects.get(pk=second)
        self.assertEqual((session.meter_start_wh, session.remark), (None, "implausible_start_meter"))
        self.meters(second, (71, 0), (72, 24_000), (80, 25_000))
        self.stop(second, 26_000, minutes=90)
        session.refresh_from_db()
        self.assertEqual((session.meter_start_wh, session.energy_wh), (24_000.0, 2000.0))

    def test_field_23_zero_start_on_a_meter_that_begins_anew_each_time(self) -> None:
        for minutes in (0, 100):
            number = self.start(0, minutes=minutes)
            self.stop(number, 15_000, minutes=minutes + 60)
            session = Transaction.objects.get(pk=number)
            self.assertEqual((session.meter_start_wh, session.energy_wh, session.remark), (0.0, 15_000.0, ""))

    def test_field_23_zero_start_on_a_meter_that_was_read_before(self) -> None:
        EvseFactory.create(station=self.station, energy_wh=3_000)
        self.start(0)
        self.assert_session(None, None, "implausible_start_meter")

    def test_field_23_missing_start_is_the_first_reading(self) -> None:
        number = self.start(None)
        self.meters(number, (1, LIFETIME), (30, LIFETIME + 500))
        self.stop(number, LIFETIME + 700)
        self.assert_session(LIFETIME, 700.0, "missing_meter")

    def test_field_23_missing_start_and_only_a_stop_is_no_energy(self) -> None:
        self.stop(self.start(None), LIFETIME)
        self.assert_session(None, None, "missing_meter")

    def test_field_23_zero_start_and_only_a_stop_is_no_energy(self) -> None:
        self.stop(self.start(0), LIFETIME)
        self.assert_session(None, None, "implausible_start_meter")

    def test_field_23_start_comes_with_the_data_of_the_stop(self) -> None:
        for meter, remark in ((None, "missing_meter"), (0, "implausible_start_meter")):
            data = [
                {"timestamp": at(60), "sampledValue": [{"value": "5000900", "context": "Transaction.End"}]},
                {"timestamp": at(0), "sampledValue": [{"value": "5000000", "context": "Transaction.Begin"}]},
            ]
            self.stop(self.start(meter), None, data=data)
            session = self.session
            self.assertEqual((session.meter_stop_wh, session.remark), (5_000_900.0, remark))
            self.assertEqual((session.meter_start_wh, session.energy_wh), (5_000_000.0, 900.0))
            self.assertEqual(MeterValue.objects.filter(transaction=session).count(), 2)
            Transaction.objects.all().delete()
            EVSE.objects.all().delete()

    def test_field_23_start_is_the_earliest_of_readings_out_of_order(self) -> None:
        number = self.start(None)
        self.meters(number, (10, LIFETIME + 1000))
        self.meters(number, (5, LIFETIME + 400), heard=11)
        self.assert_session(LIFETIME + 400, 600.0, "missing_meter")
        self.meters(number, (6, 0), (2, 10**9), heard=12)
        self.assert_session(LIFETIME + 400, 600.0, "missing_meter")

    def test_field_23_repeated_start_does_not_bring_the_zero_back(self) -> None:
        number = self.start(0)
        self.meters(number, (1, LIFETIME))
        self.assertEqual(self.start(0), number)
        self.assert_session(LIFETIME, 0.0, "implausible_start_meter")

    def test_field_23_zero_register_of_2x_is_not_the_start_either(self) -> None:
        EvseFactory.create(station=self.station, energy_wh=LIFETIME)
        for kind, number, register in (("Started", 0, 0), ("Updated", 1, LIFETIME + 10), ("Ended", 2, LIFETIME + 500)):
            event = {
                "eventType": kind,
                "timestamp": at(number),
                "triggerReason": "MeterValuePeriodic",
                "seqNo": number,
                "transactionInfo": {"transactionId": "T1"},
                "evse": {"id": 1},
                "meterValue": [{"timestamp": at(number), "sampledValue": [{"value": register}]}],
            }
            self.say("TransactionEvent", event, minutes=number, version="2.0.1")
        self.assert_session(LIFETIME + 10, 490.0, "implausible_start_meter")

    def test_field_23_start_of_2x_may_come_without_a_meter(self) -> None:
        event = {
            "eventType": "Started",
            "timestamp": at(0),
            "triggerReason": "CablePluggedIn",
            "seqNo": 0,
            "transactionInfo": {"transactionId": "T1"},
        }
        self.say("TransactionEvent", event, version="2.0.1")
        self.assert_session(None, None)


class Order(EnergyCase):
    def test_older_reading_does_not_replace_a_newer_one(self) -> None:
        number = self.start(1000)
        self.meters(number, (20, 3000))
        self.meters(number, (10, 2000), heard=21)
        self.assert_session(1000.0, 2000.0)
        self.assertEqual((EVSE.objects.get().energy_wh, MeterValue.objects.count()), (3000.0, 2))
        self.meters(number, (21, 3100))
        self.assert_session(1000.0, 2100.0)

    def test_older_reading_does_not_replace_a_newer_one_in_one_message(self) -> None:
        number = self.start(1000)
        self.meters(number, (20, 3000), (10, 2000), (25, 3500), (15, 2500))
        self.assert_session(1000.0, 2500.0)

    def test_readings_of_a_clock_that_is_not_believed_count_as_they_come(self) -> None:
        number = self.start(1000)
        for register in (2000, 3000):
            given = [{"timestamp": "1970-01-01T00:00:00Z", "sampledValue": [{"value": str(register)}]}]
            self.say("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": given})
        self.assert_session(1000.0, 2000.0)
        self.assertIsNone(self.session.measured_at_station)

    def test_readings_of_the_future_do_not_stop_the_count(self) -> None:
        number = self.start(1000)
        given = [{"timestamp": "2099-01-01T00:00:00Z", "sampledValue": [{"value": "2000"}]}]
        self.say("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": given})
        self.meters(number, (10, 3000))
        self.assert_session(1000.0, 2000.0)

    def test_replayed_reading_of_an_ended_session_is_not_shown_on_the_next(self) -> None:
        first = self.start(1000)
        self.stop(first, 2000, minutes=30)
        second = self.start(2000, minutes=40)
        self.meters(second, (50, 2500))
        self.meters(first, (10, 1200), heard=51)
        self.assertEqual(EVSE.objects.get().energy_wh, 2500.0)
        self.assertEqual(MeterValue.objects.filter(transaction=first).count(), 1)


class Backwards(EnergyCase):
    def test_replaced_meter_counts_on(self) -> None:
        number = self.start(50_000)
        self.meters(number, (10, 52_000))
        self.meters(number, (20, 100))
        self.assert_session(50_000.0, 2000.0, "meter_went_backwards")
        self.meters(number, (30, 1000))
        self.stop(number, 1500, minutes=40)
        self.assert_session(50_000.0, 3400.0, "meter_went_backwards")
        self.assertEqual(rules_of(self.station), {"meter_went_backwards": 1})

    def test_glitch_changes_nothing(self) -> None:
        number = self.start(50_000)
        self.meters(number, (10, 52_000), (20, 0), (30, 53_000))
        self.assert_session(50_000.0, 3000.0, "meter_went_backwards")
        self.stop(number, 54_000)
        self.assert_session(50_000.0, 4000.0, "meter_went_backwards")

    def test_stop_below_the_last_reading(self) -> None:
        number = self.start(50_000)
        self.meters(number, (10, 52_000))
        self.stop(number, 0)
        self.assert_session(50_000.0, 2000.0, "meter_went_backwards")

    def test_data_of_the_stop_counts_too(self) -> None:
        number = self.start(50_000)
        data = [
            {"timestamp": at(n), "sampledValue": [{"value": str(wh)}]} for n, wh in ((20, 300), (10, 52_000), (15, 0))
        ]
        self.stop(number, 400, minutes=30, data=data)
        self.assert_session(50_000.0, 2400.0, "meter_went_backwards")


class Shown(EnergyCase):
    def test_register_of_the_outlet_is_known_from_start_and_stop(self) -> None:
        number = self.start(1000)
        self.assertEqual(EVSE.objects.get().energy_wh, 1000.0)
        self.stop(number, 3000)
        self.assertEqual(EVSE.objects.get().energy_wh, 3000.0)

    def test_late_stop_does_not_set_the_register_back(self) -> None:
        first = self.start(1000)
        self.start(5000, minutes=60)
        self.stop(first, 4000, minutes=70)
        self.assertEqual(EVSE.objects.get().energy_wh, 5000.0)

    def test_end_without_any_meter_keeps_what_is_known(self) -> None:
        evse = EvseFactory.create(station=self.station)
        session = TransactionFactory.create(
            station=self.station, evse=evse, meter_start_wh=100, meter_last_wh=300, energy_wh=200
        )
        self.stop(session.pk, None)
        self.assertEqual((self.session.energy_wh, self.session.meter_stop_wh), (200.0, None))

    def test_data_of_the_stop_stands_for_a_missing_stop_meter(self) -> None:
        number = self.start(1000)
        data = [{"timestamp": at(n), "sampledValue": [{"value": str(wh)}]} for n, wh in ((30, 2500), (10, 2000))]
        self.stop(number, None, data=data)
        self.assert_session(1000.0, 1500.0)
        self.assertIsNone(self.session.meter_stop_wh)
