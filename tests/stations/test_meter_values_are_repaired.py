"""Meter values that break their schema: one bad value does not lose the good ones."""

from __future__ import annotations

from typing import Any
from unittest import mock

from stations.ocpp import errors, repairs
from tests.stations.payloads import payload
from tests.stations.repairing import GOOD, GOOD_2, RepairCase, meters
from tests.stations.support import NOON_TEXT


class MeterValues(RepairCase):
    """FIELD 14: one bad value does not lose the good ones."""

    def repair_samples(self, version: str, samples: list[Any], *rules: str) -> list[Any]:
        mended = self.repair(version, "MeterValues", meters(*samples, version=version), *rules)
        found: list[Any] = [value["sampledValue"] for value in mended["meterValue"]]
        return found

    def test_a_bad_value_is_dropped_alone(self) -> None:
        no_objects: list[Any] = ["text", 7, None, True, [], ["7"]]
        for bad in no_objects:
            rules = ["null_value" if bad is None else "bad_sampled_value"]
            self.assertEqual(self.repair_samples("1.6", [GOOD, bad, GOOD], *rules), [[GOOD, GOOD]])
        no_values: list[Any] = [{"value": True}, {"value": {}}, {"value": []}, {}, {"measurand": "SoC"}]
        for bad in no_values:
            self.assertEqual(self.repair_samples("1.6", [GOOD, bad, GOOD], "bad_sampled_value"), [[GOOD, GOOD]])
        for bad in ({"value": "lots"}, {"value": "7 kWh"}, {"value": ""}):
            self.assertEqual(self.repair_samples("2.0.1", [GOOD_2, bad], "bad_sampled_value"), [[GOOD_2]])

    def test_a_null_value_is_dropped_alone(self) -> None:
        bad = {"value": None, "measurand": "SoC"}
        self.assertEqual(self.repair_samples("1.6", [bad, GOOD, bad], "null_value", "bad_sampled_value"), [[GOOD]])

    def test_a_value_with_a_bad_part_is_dropped_alone(self) -> None:
        for name in ("measurand", "unit", "phase", "context"):
            parts: list[Any] = [{}, [], True]
            for wrong in parts:
                samples = [GOOD, GOOD | {name: wrong}, GOOD]
                rules = ("bad_sampled_value", "unknown_measurand_or_unit")
                self.assertEqual(self.repair_samples("1.6", samples, *rules), [[GOOD, GOOD]])
        bad = GOOD_2 | {"signedMeterValue": {"signedMeterData": "abc"}}
        self.assertEqual(self.repair_samples("2.0.1", [bad, GOOD_2], "bad_sampled_value"), [[GOOD_2]])
        bad = GOOD_2 | {"unitOfMeasure": {"multiplier": "big"}}
        self.assertEqual(self.repair_samples("2.1", [bad, GOOD_2], "bad_sampled_value"), [[GOOD_2]])

    def test_several_bad_values_leave_all_the_good_ones(self) -> None:
        bad: list[Any] = [{"value": True}, "text", {}]
        samples = [bad[0], GOOD | {"unit": "Wh"}, bad[1], GOOD | {"unit": "kWh"}, bad[2], GOOD]
        expected = [[GOOD | {"unit": "Wh"}, GOOD | {"unit": "kWh"}, GOOD]]
        self.assertEqual(self.repair_samples("1.6", samples, "bad_sampled_value"), expected)

    def test_the_same_holds_in_reports_of_transactions(self) -> None:
        given = payload("1.6", "StopTransaction")
        given["transactionData"] = [{"timestamp": NOON_TEXT, "sampledValue": [GOOD, {"unit": "Wh"}]}]
        mended = self.repair("1.6", "StopTransaction", given, "bad_sampled_value")
        self.assertEqual(mended["transactionData"][0]["sampledValue"], [GOOD])

    def test_an_empty_list_takes_only_its_meter_value_along(self) -> None:
        given = meters(GOOD)
        given["meterValue"].insert(0, {"timestamp": NOON_TEXT, "sampledValue": []})
        self.assertEqual(self.repair("1.6", "MeterValues", given, "empty_sampled_value"), meters(GOOD))

    def test_a_missing_list_takes_only_its_meter_value_along(self) -> None:
        given = meters(GOOD)
        given["meterValue"].insert(0, {"timestamp": NOON_TEXT})
        self.assertEqual(self.repair("1.6", "MeterValues", given, "bad_sampled_value"), meters(GOOD))

    def test_no_values_at_all_are_nothing_to_store(self) -> None:
        for given, rules in (
            ({"connectorId": 1, "meterValue": []}, ["empty_meter_value"]),
            (meters(), ["empty_sampled_value", "empty_meter_value"]),
            (meters("bad"), ["bad_sampled_value", "empty_sampled_value", "empty_meter_value"]),
        ):
            self.assertEqual(self.repair("1.6", "MeterValues", given, *rules)["meterValue"], [])

    def test_illegal_measurands_units_and_phases_are_kept(self) -> None:
        odd = GOOD | {"measurand": "Beauty", "unit": "stars", "phase": "L9", "context": "Now", "location": "Roof"}
        self.assertEqual(self.repair_samples("1.6", [odd, GOOD], "unknown_measurand_or_unit"), [[odd, GOOD]])

    def test_known_words_in_another_spelling_are_understood(self) -> None:
        odd = GOOD | {"unit": "KWH", "phase": "l1"}
        self.assertEqual(self.repair_samples("1.6", [odd], "enum_spelling"), [[GOOD | {"unit": "kWh", "phase": "L1"}]])

    def test_missing_and_odd_times_are_kept(self) -> None:
        given = meters(GOOD)
        del given["meterValue"][0]["timestamp"]
        self.assertEqual(self.repair("1.6", "MeterValues", given, "missing_timestamp"), given)
        given = meters(GOOD, timestamp="noon")
        self.assertEqual(self.repair("1.6", "MeterValues", given, "odd_timestamp"), given)

    def test_what_was_waived_is_looked_at_again_when_places_have_moved(self) -> None:
        good = {"sampledValue": [GOOD]}  # without a time, which is waived
        odd: list[Any] = [
            {"timestamp": NOON_TEXT, "sampledValue": []},
            good,
            {"timestamp": NOON_TEXT, "sampledValue": None},
        ]
        rules = ("empty_sampled_value", "missing_timestamp", "null_value", "bad_sampled_value")
        mended = self.repair("1.6", "MeterValues", {"connectorId": 1, "meterValue": odd}, *rules)
        self.assertEqual(mended["meterValue"], [good])

    def test_that_need_too_many_rounds_are_refused(self) -> None:
        with mock.patch.object(repairs, "MAX_ROUNDS", 1):
            self.repair("1.6", "MeterValues", meters(GOOD, "bad"), "bad_sampled_value")
            self.assertEqual(self.refused("1.6", "MeterValues", meters("bad")).code, errors.OCCURRENCE_VIOLATION)

    def test_other_lists_may_not_be_empty(self) -> None:
        given = payload("2.0.1", "NotifyReport", reportData=[])
        self.assertEqual(self.refused("2.0.1", "NotifyReport", given).code, errors.OCCURRENCE_VIOLATION)

    def test_many_mistakes_at_once(self) -> None:
        given = {
            "connectorId": "1",
            "transactionId": None,
            "site": "roof",
            "meterValue": [
                {
                    "timestamp": "noon",
                    "sampledValue": [{"value": None}, {"value": 5, "unit": "kwh", "measurand": "Joy"}],
                },
                {"timestamp": NOON_TEXT, "sampledValue": []},
            ],
        }
        mended = self.repair(
            "1.6",
            "MeterValues",
            given,
            "number_as_text",
            "null_value",
            "unknown_field",
            "odd_timestamp",
            "bad_sampled_value",
            "text_as_number",
            "enum_spelling",
            "unknown_measurand_or_unit",
            "empty_sampled_value",
        )
        kept = {"value": "5", "unit": "kWh", "measurand": "Joy"}
        self.assertEqual(mended, {"connectorId": 1, "meterValue": [{"timestamp": "noon", "sampledValue": [kept]}]})
