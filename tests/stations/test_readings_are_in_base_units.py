"""FIELD rules 24 and 26: what is read from sampled values and times."""

from __future__ import annotations

import math
import unittest
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stations.ocpp import reading as reader
from stations.ocpp.errors import PROPERTY_VIOLATION, CallError
from stations.ocpp.facts import Reading, Stamp
from stations.ocpp.times import written
from tests.stations.support import NOON, NOON_TEXT
from tests.stations.test_frames_are_read_and_written import JSON


def read(*samples: Any) -> Reading:
    return reader.reading({"timestamp": NOON_TEXT, "sampledValue": list(samples)})


def sample(value: Any, measurand: str = "", unit: str = "", phase: str = "", **more: Any) -> dict[str, Any]:
    found = {"value": value, "measurand": measurand, "unit": unit, "phase": phase}
    return {name: part for name, part in found.items() if part != ""} | more


class Quantities(unittest.TestCase):
    def test_without_measurand_is_the_energy_register(self) -> None:
        self.assertEqual(read(sample("1234")).energy_wh, 1234.0)

    def test_all_that_are_shown(self) -> None:
        found = read(
            sample("1.5", "Energy.Active.Import.Register", "kWh"),
            sample("7.4", "Power.Active.Import", "kW"),
            sample("16000", "Current.Import", "mA"),
            sample("0.4", "Voltage", "kV"),
            sample("55", "SoC", "Percent"),
        )
        self.assertEqual(found[2:7], (1500.0, 7400.0, 16.0, 400.0, 55.0))
        self.assertEqual(found.stamp, Stamp(NOON_TEXT, NOON))

    def test_units_are_normalised(self) -> None:
        for unit, factor in (("Wh", 1), ("kWh", 1e3), ("kwh", 1e3), ("MWh", 1e6), ("furlong", 1), ("", 1)):
            self.assertEqual(read(sample("2", unit=unit)).energy_wh, 2 * factor)

    def test_multiplier_of_2x(self) -> None:
        for measure, factor in (
            ({"unit": "Wh", "multiplier": 3}, 1e3),
            ({"unit": "kWh", "multiplier": -3}, 1),
            ({"multiplier": 2}, 1e2),
            ({"unit": "kWh"}, 1e3),
            ({}, 1),
            (None, 1),
        ):
            self.assertAlmostEqual(read(sample(2, unitOfMeasure=measure)).energy_wh or 0, 2 * factor)

    def test_texts_padded_or_with_a_comma_are_numbers(self) -> None:
        for text, number in ((" 12.5 ", 12.5), ("0012", 12.0), ("12,5", 12.5), (12, 12.0), ("1e3", 1000.0)):
            self.assertEqual(read(sample(text)).energy_wh, number)

    def test_what_is_no_number_is_kept_but_not_shown(self) -> None:
        values: list[Any] = ["NaN", "inf", "-Infinity", "twelve", "1,2,3", "", None, True, [], {}, "1e999", 10**400]
        for value in (*values, "1e300"):
            bad = sample(value, "Power.Active.Import") | {"value": value}
            found = read(bad, sample("5", "SoC"))
            self.assertEqual((found.power_w, found.soc, found.samples[0]), (None, 5.0, bad))

    def test_huge_values_do_not_become_infinite(self) -> None:
        power = "Power.Active.Import"
        found = read(*(sample(1e308, power, phase=phase, unitOfMeasure={"multiplier": 99}) for phase in ("L1", "L2")))
        self.assertIsNone(found.power_w)

    def test_signed_data_is_no_number(self) -> None:
        self.assertIsNone(read(sample("1234", format="SignedData")).energy_wh)

    def test_other_measurands_and_places_are_not_shown(self) -> None:
        found = read(
            sample("1", "Energy.Active.Export.Register"),
            sample("2", "Power.Offered"),
            sample("3", "Current.Import", location="EV"),
            sample("4", "Voltage", location="Inlet"),
            sample("5", "SoC", location="EV"),
            sample("6", "Power.Active.Import", location="Outlet"),
        )
        self.assertEqual(found[2:7], (None, 6.0, None, None, 5.0))
        self.assertEqual(len(found.samples), 6)


class Contexts(unittest.TestCase):
    def test_missing_one_is_periodic(self) -> None:
        """FIELD 24 (1.6 section 7.43)."""
        for found in (read(sample("1")), read(), read(sample("1", context=None)), read(sample("1", context=7))):
            self.assertEqual(found.context, "Sample.Periodic")

    def test_is_that_of_the_energy_register(self) -> None:
        found = read(sample("1", context="Transaction.Begin"), sample("5", "SoC", context="Sample.Clock"), sample("x"))
        self.assertEqual(found.context, "Transaction.Begin")


class Phases(unittest.TestCase):
    def test_are_added_up(self) -> None:
        for measurand, name in (
            ("Energy.Active.Import.Register", "energy_wh"),
            ("Power.Active.Import", "power_w"),
            ("Current.Import", "current_a"),
        ):
            found = read(*(sample("10", measurand, phase=phase) for phase in ("L1", "L2", "L3")))
            self.assertEqual(getattr(found, name), 30.0)

    def test_of_the_voltage_are_averaged(self) -> None:
        values = (("L1-N", "229"), ("L2-N", "230"), ("L3-N", "231"))
        self.assertEqual(read(*(sample(value, "Voltage", phase=phase) for phase, value in values)).voltage_v, 230.0)

    def test_neutral_does_not_count(self) -> None:
        found = read(sample("10", "Current.Import", phase="L1"), sample("9", "Current.Import", phase="N"))
        self.assertEqual(found.current_a, 10.0)

    def test_a_total_wins(self) -> None:
        power = "Power.Active.Import"
        found = read(sample("5", power, phase="L1"), sample("11", power), sample("5", power, phase="L2"))
        self.assertEqual(found.power_w, 11.0)


class Times(unittest.TestCase):
    def test_are_read_with_and_without_zone(self) -> None:
        for text in (
            "2026-06-21T12:00:00Z",
            "2026-06-21T14:00:00+02:00",
            "2026-06-21T12:00:00",
            "2026-06-21 12:00:00",
            "2026-06-21T12:00:00.000000000Z",
            " 2026-06-21T12:00:00.0Z ",
            "2026-06-21T12:00Z",
        ):
            self.assertEqual(reader.stamp(text), Stamp(text, NOON))

    def test_that_cannot_be_read_stay_texts(self) -> None:
        for text in ("yesterday", "21.06.2026", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"):
            self.assertEqual(reader.stamp(text), Stamp(text, None))
        self.assertEqual(reader.stamp("x" * 100), Stamp("x" * 64, None))

    def test_that_are_none_are_empty(self) -> None:
        nothing: list[Any] = [None, "", 5, {}]
        for value in nothing:
            self.assertEqual(reader.stamp(value), Stamp("", None))

    def test_of_1970_and_the_future_are_kept(self) -> None:
        self.assertEqual(reader.stamp("1970-01-01T00:00:00Z").moment, datetime(1970, 1, 1, tzinfo=UTC))
        self.assertEqual(reader.stamp("2106-02-07T06:28:15Z").moment, datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC))

    def test_of_the_server_are_in_utc_with_z(self) -> None:
        moment = NOON.astimezone(timezone(timedelta(hours=5)))
        self.assertEqual(written(moment), "2026-06-21T12:00:00.000Z")


class Helpers(unittest.TestCase):
    def test_texts_are_stripped_and_cut(self) -> None:
        self.assertEqual(reader.text({"a": "  x "}, "a"), "x")
        self.assertEqual(reader.text({"a": None}, "a") + reader.text({}, "a"), "")
        self.assertEqual(len(reader.text({"a": "x" * 5000}, "a")), 1000)

    def test_whole_numbers_fit_into_32_bits(self) -> None:
        self.assertEqual([reader.whole({"a": value}, "a") for value in (0, 7.0, 2**31 - 1)], [0, 7, 2**31 - 1])
        self.assertIs(type(reader.whole({"a": 7.0}, "a")), int)
        for value, least in ((-1, 0), (2**31, 0), (1e300, 0), (0, 1)):
            with self.assertRaises(CallError) as caught:
                reader.whole({"a": value}, "a", least=least)
            self.assertEqual(caught.exception.code, PROPERTY_VIOLATION)

    def test_readings_skip_what_is_none(self) -> None:
        self.assertEqual(reader.readings(None), ())
        self.assertEqual(len(reader.readings([{"sampledValue": ["odd", {"value": "1"}]}, "odd", None, {}])), 2)

    @given(JSON)
    def test_numbers_are_finite_or_none(self, value: Any) -> None:
        found = reader.number(value)
        self.assertTrue(found is None or math.isfinite(found))

    @given(st.text() | st.datetimes().map(str) | JSON)
    def test_times_are_read_or_kept(self, value: Any) -> None:
        found = reader.stamp(value)
        if found.moment is not None:
            self.assertEqual(found.moment.utcoffset(), timedelta(0))
            self.assertTrue(found.text)
