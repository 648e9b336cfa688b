"""What was wrong with an exchange: each place, what was asked for, and the rule that took it. Without its values."""

from __future__ import annotations

from typing import Any
from unittest import TestCase

from hypothesis import given, settings
from hypothesis import strategies as st

from stations.ocpp.inspection import MAX_FINDINGS, Finding, inspect
from stations.ocpp.repairs import check
from tests.core.strategies import junk

METER: dict[str, Any] = {
    "connectorId": 1,
    "meterValue": [{"timestamp": "2026-11-29T12:00:00Z", "sampledValue": [{"value": "1"}, {"value": 2}]}],
}


def found(version: str, action: str, request: Any, reply: Any = None, *, from_station: bool = True) -> list[Finding]:
    return inspect(version, action, request=request, reply=reply, from_station=from_station)


class ExchangesAreInspected(TestCase):
    def test_what_is_right_has_no_findings(self) -> None:
        self.assertEqual(found("1.6", "Heartbeat", {}, {"currentTime": "2026-11-29T12:00:00Z"}), [])

    def test_a_place_deep_inside_is_pointed_at(self) -> None:
        (one,) = found("1.6", "MeterValues", METER)
        self.assertEqual(one.pointer, "/meterValue/0/sampledValue/1/value")
        self.assertEqual(
            (one.part, one.keyword, one.expected, one.rule), ("request", "type", ("string",), "text_as_number")
        )
        self.assertEqual(one.reason, "It is not of the type string.")
        self.assertEqual(METER["meterValue"][0]["sampledValue"][1]["value"], 2, "Nothing is mended here.")

    def test_what_is_missing_is_told_of_the_place_where_it_should_be(self) -> None:
        (one,) = found("1.6", "BootNotification", {"chargePointVendor": "A"})
        self.assertEqual((one.pointer, one.keyword, one.rule), ("", "required", "missing_text"))
        self.assertEqual(one.reason, "chargePointModel is missing.")

    def test_fields_that_are_unknown_are_pointed_at_themselves(self) -> None:
        (one,) = found("1.6", "Heartbeat", {"a/b~c": 1})
        self.assertEqual((one.pointer, one.rule), ("/a~1b~0c", "unknown_field"))

    def test_a_rule_that_names_no_value(self) -> None:
        (one,) = found("2.0.1", "MeterValues", {"evseId": 1, "meterValue": []})
        self.assertEqual((one.pointer, one.keyword, one.expected), ("/meterValue", "minItems", ()))

    def test_rules_of_tolerance_are_for_what_stations_say(self) -> None:
        request, reply = {"type": "Warm"}, {"status": "accepted"}
        ours, theirs = found("1.6", "Reset", request, reply, from_station=False)
        self.assertEqual((ours.part, ours.keyword, ours.rule), ("request", "enum", ""))
        self.assertEqual((theirs.part, theirs.keyword, theirs.rule), ("reply", "enum", "enum_spelling"))

    def test_an_action_that_the_version_does_not_have(self) -> None:
        (one,) = found("1.6", "TransactionEvent", {"a": 1}, {"b": 2})
        self.assertEqual((one.pointer, one.reason), ("", "This action is none of OCPP 1.6."))

    def test_what_cannot_be_looked_into_has_no_findings(self) -> None:
        for version, action, request, reply in (
            ("NOC", "LogEvent", {"a": 1}, {}),
            ("", "Heartbeat", {"a": 1}, {}),
            ("1.6", "", "[2,", None),
            ("1.6", "Heartbeat", '{"cut', ["text", {}]),
        ):
            self.assertEqual(found(version, action, request, reply), [])

    def test_there_are_not_more_than_anybody_reads(self) -> None:
        self.assertEqual(len(found("1.6", "Heartbeat", {str(n): n for n in range(500)})), MAX_FINDINGS)

    @given(st.sampled_from(("1.6", "2.0.1", "2.1")), st.sampled_from(("BootNotification", "Heartbeat")), junk(), junk())
    @settings(max_examples=100, deadline=None)
    def test_any_payload_is_inspected_and_left_as_it_was(
        self, version: str, action: str, request: Any, reply: Any
    ) -> None:
        before = repr((request, reply))
        findings = found(version, action, request, reply)
        self.assertEqual(repr((request, reply)), before)
        for each in findings:
            self.assertTrue(each.reason)
        if isinstance(request, dict) and not [each for each in findings if each.part == "request"]:
            self.assertEqual(check(version, action, request).quirks, ())
