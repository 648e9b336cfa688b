"""FIELD rules 14, 15 and 24: each named rule with a payload that needs it."""

from __future__ import annotations

import unittest

from stations.ocpp import errors, schemas
from stations.ocpp.frames import Payload
from tests.stations.payloads import ACTIONS, payload
from tests.stations.repairing import GOOD, RepairCase, meters
from tests.stations.support import NOON_TEXT


class ValidPayloads(RepairCase):
    def test_stay_as_they_are(self) -> None:
        for version, action in ACTIONS:
            with self.subTest(action, version=version):
                self.repair(version, action, payload(version, action))


class SingleRules(RepairCase):
    def test_null_value(self) -> None:
        given = payload("1.6", "BootNotification") | {"iccid": None, "imsi": None}
        mended = self.repair("1.6", "BootNotification", given, "null_value")
        self.assertEqual(mended, payload("1.6", "BootNotification", iccid=None, imsi=None))
        self.assertEqual(given["iccid"], None, "what came in is not touched: it goes into the log")

    def test_null_inside(self) -> None:
        given = payload("2.0.1", "BootNotification")
        given["chargingStation"]["modem"] = {"iccid": None, "imsi": "7"}
        mended = self.repair("2.0.1", "BootNotification", given, "null_value")
        self.assertEqual(mended["chargingStation"]["modem"], {"imsi": "7"})

    def test_number_as_text(self) -> None:
        for text, number in (("7", 7), (" 7 ", 7), ("+7", 7), ("7.0", 7), ("7,0", 7), ("7e2", 700)):
            given = payload("1.6", "StartTransaction") | {"meterStart": text}
            self.assertEqual(self.repair("1.6", "StartTransaction", given, "number_as_text")["meterStart"], number)
        given = meters({"value": "7,4"}, version="2.0.1")
        mended = self.repair("2.0.1", "MeterValues", given, "number_as_text")
        self.assertEqual(mended["meterValue"][0]["sampledValue"], [{"value": 7.4}])

    def test_texts_that_are_no_numbers(self) -> None:
        for text in ("seven", "", "7.5", "0x7", "1_000", "NaN", "9" * 400 + "e99"):
            given = payload("1.6", "StartTransaction") | {"meterStart": text}
            self.assertEqual(self.refused("1.6", "StartTransaction", given).code, errors.TYPE_VIOLATION)

    def test_fraction_as_integer(self) -> None:
        given = payload("1.6", "StopTransaction") | {"meterStop": 1234.6}
        self.assertEqual(self.repair("1.6", "StopTransaction", given, "fraction_as_integer")["meterStop"], 1235)

    def test_text_as_number(self) -> None:
        given = payload("1.6", "Authorize") | {"idTag": 4711}
        self.assertEqual(self.repair("1.6", "Authorize", given, "text_as_number"), {"idTag": "4711"})
        mended = self.repair("1.6", "MeterValues", meters({"value": 7.4}), "text_as_number")
        self.assertEqual(mended["meterValue"][0]["sampledValue"], [{"value": "7.4"}])

    def test_boolean_as_text(self) -> None:
        for text, value in (("true", True), ("False", False), ("1", True), (0, False)):
            given = payload("2.0.1", "TransactionEvent") | {"offline": text}
            mended = self.repair("2.0.1", "TransactionEvent", given, "boolean_as_text")
            self.assertIs(mended["offline"], value)
        given = payload("2.0.1", "TransactionEvent") | {"offline": "perhaps"}
        self.assertEqual(self.refused("2.0.1", "TransactionEvent", given).code, errors.TYPE_VIOLATION)

    def test_booleans_are_neither_texts_nor_numbers(self) -> None:
        given = payload("1.6", "Authorize") | {"idTag": True}
        self.assertEqual(self.refused("1.6", "Authorize", given).code, errors.TYPE_VIOLATION)

    def test_object_instead_of_list(self) -> None:
        given = {"connectorId": 1, "meterValue": {"timestamp": NOON_TEXT, "sampledValue": GOOD}}
        self.assertEqual(self.repair("1.6", "MeterValues", given, "object_instead_of_list"), meters(GOOD))

    def test_unknown_field(self) -> None:
        given = payload("1.6", "Authorize") | {"a": 1, "b": 2}
        self.assertEqual(self.repair("1.6", "Authorize", given, "unknown_field"), payload("1.6", "Authorize"))
        given = meters(GOOD | {"quality": "high"})
        self.assertEqual(self.repair("1.6", "MeterValues", given, "unknown_field"), meters(GOOD))

    def test_text_too_long(self) -> None:
        long = "x" * 500
        given = payload("1.6", "BootNotification") | {"chargePointModel": long, "chargePointSerialNumber": long}
        mended = self.repair("1.6", "BootNotification", given, "text_too_long")
        self.assertEqual((mended["chargePointModel"], mended["chargePointSerialNumber"]), (long, long))

    def test_odd_timestamp(self) -> None:
        for text in ("yesterday", "", "2026-06-21 12:00", "21.06.2026 12:00:00"):
            given = payload("1.6", "StatusNotification") | {"timestamp": text}
            mended = self.repair("1.6", "StatusNotification", given, "odd_timestamp")
            self.assertEqual(mended["timestamp"], text, "it is kept as sent")

    def test_enum_spelling(self) -> None:
        for text in ("suspendedEV", "SUSPENDEDEV", "Suspended_EV", "Suspended EV", "suspended-e.v"):
            given = payload("1.6", "StatusNotification") | {"status": text}
            mended = self.repair("1.6", "StatusNotification", given, "enum_spelling")
            self.assertEqual(mended["status"], "SuspendedEV")

    def test_status_of_other_version(self) -> None:
        given = payload("1.6", "StatusNotification") | {"status": "Occupied"}
        mended = self.repair("1.6", "StatusNotification", given, "status_of_other_version")
        self.assertEqual(mended["status"], "Preparing")
        for text in ("Preparing", "Charging", "SuspendedEVSE", "SuspendedEV", "Finishing"):
            given = payload("2.0.1", "StatusNotification") | {"connectorStatus": text}
            mended = self.repair("2.0.1", "StatusNotification", given, "status_of_other_version")
            self.assertEqual(mended["connectorStatus"], "Occupied")

    def test_unknown_error_code(self) -> None:
        given = payload("1.6", "StatusNotification", vendorErrorCode=None) | {"errorCode": "DoorOpen"}
        mended = self.repair("1.6", "StatusNotification", given, "unknown_error_code")
        self.assertEqual((mended["errorCode"], mended["vendorErrorCode"]), ("OtherError", "DoorOpen"))
        given = payload("1.6", "StatusNotification") | {"errorCode": "DoorOpen"}
        mended = self.repair("1.6", "StatusNotification", given, "unknown_error_code")
        self.assertEqual(mended["vendorErrorCode"], "E7", "the station's own word stays")

    def test_unknown_enum_value(self) -> None:
        given = payload("1.6", "StopTransaction") | {"reason": "Boredom"}
        self.assertEqual(self.repair("1.6", "StopTransaction", given, "unknown_enum_value")["reason"], "Other")
        given = payload("2.0.1", "BootNotification") | {"reason": "Boredom"}
        self.assertEqual(self.repair("2.0.1", "BootNotification", given, "unknown_enum_value")["reason"], "Unknown")
        given = payload("1.6", "StatusNotification") | {"status": "Dancing"}
        self.assertEqual(self.refused("1.6", "StatusNotification", given).code, errors.PROPERTY_VIOLATION)

    def test_missing_text(self) -> None:
        mended = self.repair("1.6", "BootNotification", {}, "missing_text")
        self.assertEqual(mended, {"chargePointVendor": "", "chargePointModel": ""})
        mended = self.repair("2.1", "BootNotification", {"chargingStation": {}}, "missing_text")
        self.assertEqual(mended, {"chargingStation": {"vendorName": "", "model": ""}, "reason": "Unknown"})

    def test_missing_error_code(self) -> None:
        given = payload("1.6", "StatusNotification", errorCode=None)
        self.assertEqual(self.repair("1.6", "StatusNotification", given, "missing_error_code")["errorCode"], "NoError")

    def test_missing_transaction_id(self) -> None:
        given = payload("1.6", "StopTransaction", transactionId=None)
        mended = self.repair("1.6", "StopTransaction", given, "missing_transaction_id")
        self.assertEqual(mended["transactionId"], -1)
        given = payload("2.0.1", "TransactionEvent", transactionInfo={"chargingState": "Charging"})
        self.assertEqual(self.refused("2.0.1", "TransactionEvent", given).code, errors.OCCURRENCE_VIOLATION)

    def test_missing_timestamp_and_meter(self) -> None:
        for action, field, rule in (
            ("StartTransaction", "timestamp", "missing_timestamp"),
            ("StartTransaction", "meterStart", "missing_meter"),
            ("StopTransaction", "meterStop", "missing_meter"),
        ):
            given = payload("1.6", action, **{field: None})
            self.assertEqual(self.repair("1.6", action, given, rule), given)

    def test_missing_fields_for_which_nothing_can_stand(self) -> None:
        for version, action, field in (
            ("1.6", "StartTransaction", "connectorId"),
            ("1.6", "StartTransaction", "idTag"),
            ("1.6", "StatusNotification", "status"),
            ("1.6", "MeterValues", "meterValue"),
            ("2.0.1", "TransactionEvent", "seqNo"),
            ("2.1", "Authorize", "idToken"),
        ):
            error = self.refused(version, action, payload(version, action, **{field: None}))
            self.assertEqual(error.code, errors.OCCURRENCE_VIOLATION)
            self.assertIn(field, error.description)


class Strictness(RepairCase):
    def test_refuses_with_the_code_of_the_first_problem(self) -> None:
        cases: list[tuple[str, Payload, str, str]] = [
            ("Authorize", {}, errors.OCCURRENCE_VIOLATION, '"idTag" is a required property'),
            ("Authorize", {"idTag": 7}, errors.TYPE_VIOLATION, "idTag: "),
            ("Authorize", {"idTag": "x", "a": 1}, errors.FORMAT_VIOLATION, "'a'"),
            ("Authorize", {"idTag": "x" * 21}, errors.PROPERTY_VIOLATION, "idTag: "),
            (
                "StatusNotification",
                payload("1.6", "StatusNotification") | {"status": "X"},
                errors.PROPERTY_VIOLATION,
                "",
            ),
            ("MeterValues", {"connectorId": 1, "meterValue": []}, errors.OCCURRENCE_VIOLATION, "meterValue: "),
            ("MeterValues", meters({}), errors.OCCURRENCE_VIOLATION, "meterValue/0/sampledValue/0: "),
        ]
        for action, given, code, text in cases:
            with self.subTest(action, text=text):
                error = self.refused("1.6", action, given, strict=True)
                self.assertEqual(error.code, code)
                self.assertIn(text, error.description)

    def test_spells_codes_as_16_does(self) -> None:
        error = self.refused("1.6", "Authorize", {}, strict=True)
        self.assertEqual(errors.code_for("1.6", error.code), "OccurenceConstraintViolation")
        error = self.refused("2.0.1", "Heartbeat", {"a": 1}, strict=True)
        self.assertEqual(errors.code_for("2.0.1", error.code), "FormatViolation")


class Schemas(unittest.TestCase):
    def test_actions_are_those_of_the_version(self) -> None:
        self.assertEqual(
            {version: len(schemas.actions(version)) for version in ("1.6", "2.0.1", "2.1")},
            {"1.6": 39, "2.0.1": 64, "2.1": 91},
        )
        self.assertIn("NotifyPeriodicEventStream", schemas.actions("2.1"))
        self.assertNotIn("TransactionEvent", schemas.actions("1.6"))

    def test_every_one_of_them_compiles(self) -> None:
        for version in ("1.6", "2.0.1", "2.1"):
            for action in schemas.actions(version):
                schemas.request_problems(version, action, {})
                schemas.response_problems(version, action, {})

    def test_answers_are_judged_by_their_own_schema(self) -> None:
        self.assertEqual(schemas.response_problems("1.6", "Reset", {"status": "Accepted"}), [])
        (problem,) = schemas.response_problems("1.6", "Reset", {"status": "Perhaps"})
        self.assertEqual(
            (problem.path, problem.keyword, problem.code), (("status",), "enum", errors.PROPERTY_VIOLATION)
        )
