"""The route tables: every answer that a use-case can give is a valid payload, in every version."""

from __future__ import annotations

import unittest
from datetime import timedelta
from decimal import Decimal
from typing import Any

from stations import dispatch
from stations.ocpp import batteries, certificates, der, directions, facts, monitoring, schemas, smart_charging
from stations.ocpp.errors import CallError
from stations.ocpp.facts import (
    Acknowledged,
    DataAnswered,
    Decided,
    Registered,
    TimeTold,
    TokenJudged,
    TransactionKept,
)
from stations.ocpp.files import PublishStatusReported
from stations.ocpp.reports import ReportKind, ReportPart
from stations.ocpp.routes import AnyAnswer
from stations.ocpp.tariffs import messages as tariffs
from stations.ocpp.v201.variables import reported
from tests.stations.payloads import ACTIONS, PAYLOADS, payload
from tests.stations.support import NOON
from tests.stations.tariffs import energy, tariff

_JUDGED = [
    TokenJudged(status, expires, group)
    for status in ("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx", "NotAtThisLocation")
    for expires in (None, NOON + timedelta(days=1))
    for group in ("", "FAMILY", "x" * 36)
]
_TEXT = {"format": "UTF8", "content": "x" * 1024}
_TARIFFS = [
    tariff(**energy(1)),
    tariff(**energy(1), description=[_TEXT]),
    tariff(**energy(1), description=[{"format": "QRCODE", "content": "x"}]),  # which 2.0.1 does not know
]
_REFUSALS = (
    *("SignatureError", "CertificateExpired", "CertificateRevoked"),
    *("NoCertificateAvailable", "CertChainError", "ContractCancelled"),
)
_SOURCE = certificates.StatusSource(facts.CertificateHash("SHA256", "aa", "bb", "1f"), ("http://a.example/",))
_DATA: list[Any] = [None, "text", {"an": ["object"]}, [], 0]
ANSWERS: dict[type, list[AnyAnswer]] = {
    facts.Booted: [Registered(status, NOON, 300) for status in ("Accepted", "Pending", "Rejected")],
    facts.HeartBeaten: [TimeTold(NOON)],
    facts.StatusReported: [Acknowledged()],
    facts.TokenPresented: [*_JUDGED, *(TokenJudged("Accepted", tariff=body) for body in _TARIFFS)],
    facts.MetersReported: [Acknowledged()],
    facts.TransactionReported: [
        *(TransactionKept(number, judged) for number in (1, -1) for judged in (None, *_JUDGED)),
        *(
            TransactionKept(1, None, cost=Decimal(cost), currency=currency)
            for cost, currency in (("0", "EUR"), ("1.5", "JPY"))
        ),
    ],
    facts.DataTransferred: [
        DataAnswered(status, data)
        for status in ("Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId")
        for data in _DATA
    ],
    facts.FirmwareStatusReported: [Acknowledged()],
    facts.LogStatusReported: [Acknowledged()],
    facts.SecurityEventReported: [Acknowledged()],
    facts.CertificateRequested: [Decided("Accepted"), Decided("Rejected")],
    certificates.ChainStatusRequested: [
        certificates.ChainStatusAnswered((certificates.StatusKnown(_SOURCE, status, NOON),))
        for status in ("Good", "Revoked", "Unknown", "Failed")
    ],
    certificates.ContractPresented: [
        *_JUDGED,
        TokenJudged("Accepted", certificate="Accepted"),
        *(TokenJudged("Invalid", certificate=word) for word in _REFUSALS),
    ],
    certificates.ContractRequested: [
        *(certificates.ContractAnswered("Accepted", "ZXhp", remaining) for remaining in (None, 0, 2)),
        certificates.ContractAnswered("Failed", reason="x" * 1000),
    ],
    certificates.StatusRequested: [
        certificates.StatusAnswered("Accepted", "b2NzcA=="),
        certificates.StatusAnswered("Failed", reason="x" * 1000),
    ],
    facts.ReservationEnded: [Acknowledged()],
    batteries.BatterySwapped: [Acknowledged()],
    der.DERAlarmReported: [Acknowledged()],
    der.DERStartStop: [Acknowledged()],
    facts.ProfileClaimed: [Decided("Accepted"), Decided("Rejected")],
    facts.ProfilesDisclaimed: [Decided("Accepted"), Decided("Unknown")],
    PublishStatusReported: [Acknowledged()],
    ReportPart: [Acknowledged()],
    smart_charging.EVScheduleNotified: [Decided("Accepted"), Decided("Rejected")],
    smart_charging.LimitCleared: [Acknowledged()],
    smart_charging.LimitNotified: [Acknowledged()],
    smart_charging.NeedsNotified: [Decided("Accepted"), Decided("Rejected"), Decided("Processing")],
    smart_charging.PriorityNotified: [Acknowledged()],
    smart_charging.SchedulePulled: [
        smart_charging.ScheduleTold("Rejected"),
        smart_charging.ScheduleTold("Accepted", {"limit": 1.0, "setpoint_L2": -1.0}),
    ],
    monitoring.EventsReported: [Acknowledged()],
    monitoring.StreamOpened: [Decided("Accepted"), Decided("Rejected")],
    monitoring.StreamClosed: [Acknowledged()],
    monitoring.StreamDelivered: [Acknowledged()],  # a SEND: it stays here
    tariffs.SettlementNotified: [tariffs.SettlementKept("R1"), tariffs.SettlementKept("R1", "https://example.org/r1")],
    tariffs.VatNumberAsked: [
        tariffs.VatNumberJudged("DE1", None, "Rejected", reason="InvalidCheckDigit"),
        tariffs.VatNumberJudged("DE1", 1, "Accepted", {"name": "A", "address1": "S", "city": "T", "country": "DE"}),
    ],
}


class EveryRoute(unittest.TestCase):
    def test_has_an_example_here(self) -> None:
        self.assertEqual(
            {version: set(routes) for version, routes in dispatch.ROUTES.items()},
            {version: set(each) for version, each in PAYLOADS.items()},
        )
        self.assertEqual(set(ANSWERS), set(dispatch.USE_CASES))

    def test_is_an_action_of_its_version(self) -> None:
        for version, action in ACTIONS:
            self.assertIn(action, schemas.actions(version))

    def test_reads_a_fact_that_has_a_use_case_and_writes_valid_answers(self) -> None:
        for version, action in ACTIONS:
            given = payload(version, action)
            self.assertEqual(schemas.request_problems(version, action, given), [])
            route = dispatch.ROUTES[version][action]
            for answer in ANSWERS[type(route.read(given))]:
                with self.subTest(action, version=version, answer=answer):
                    self.assertEqual(schemas.response_problems(version, action, route.write(answer)), [])


class EveryReversedRoute(unittest.TestCase):
    def test_is_an_action_to_stations_and_writes_valid_answers(self) -> None:
        for version, routes in dispatch.REVERSED.items():
            for action, route in routes.items():
                self.assertIn(action, directions.to_stations(version))
                fact = route.read({"id": 1, "chargingProfile": {"chargingProfileId": 1}})
                for answer in ANSWERS[type(fact)]:
                    with self.subTest(action, answer=answer):
                        self.assertEqual(schemas.response_problems(version, action, route.write(answer)), [])


class WhatIsRead(unittest.TestCase):
    """The versions meet in the same facts."""

    def read(self, version: str, action: str, **changes: Any) -> Any:
        return dispatch.ROUTES[version][action].read(payload(version, action, **changes))

    def test_boot(self) -> None:
        same = {
            "vendor": "Vendor",
            "model": "Model",
            "serial_number": "S1",
            "firmware_version": "1.0",
            "iccid": "8943",
            "imsi": "2320",
        }
        self.assertEqual(
            self.read("1.6", "BootNotification"), facts.Booted(**same, meter_type="MT", meter_serial_number="MS")
        )
        self.assertEqual(self.read("2.1", "BootNotification"), facts.Booted(**same, reason="PowerUp"))
        self.assertEqual(self.read("1.6", "BootNotification", chargePointSerialNumber=None).serial_number, "B1")
        bare = {"chargingStation": {"vendorName": "V", "model": "M"}, "reason": "PowerUp"}
        self.assertEqual(self.read("2.0.1", "BootNotification", **bare), facts.Booted("V", "M", reason="PowerUp"))

    def test_status(self) -> None:
        stamp = facts.Stamp("2026-06-21T12:00:00Z", NOON)
        found = self.read("1.6", "StatusNotification")
        self.assertEqual(found, facts.StatusReported(1, 1, "Faulted", stamp, "OtherError", "hot", "E7"))
        found = self.read("1.6", "StatusNotification", connectorId=0, errorCode="NoError", status="Available")
        self.assertEqual((found.evse, found.connector, found.error_code), (0, 0, ""))
        self.assertEqual(self.read("2.0.1", "StatusNotification"), facts.StatusReported(1, 1, "Occupied", stamp))

    def test_tokens(self) -> None:
        self.assertEqual(self.read("1.6", "Authorize").token, facts.Token("CARD"))
        self.assertEqual(self.read("2.0.1", "Authorize").token, facts.Token("CARD", "ISO14443"))

    def test_start_of_16_is_recognised_by_what_a_retry_repeats(self) -> None:
        start = self.read("1.6", "StartTransaction")
        self.assertEqual(start.reference, self.read("1.6", "StartTransaction", reservationId=9).reference)
        for changes in (
            {"connectorId": 2},
            {"idTag": "OTHER"},
            {"meterStart": 1},
            {"timestamp": "2026-06-21T12:00:01Z"},
        ):
            self.assertNotEqual(start.reference, self.read("1.6", "StartTransaction", **changes).reference)
        self.assertLessEqual(len(self.read("1.6", "StartTransaction", idTag="x" * 900).reference), 255)

    def test_end_of_a_transaction(self) -> None:
        stop = self.read("1.6", "StopTransaction")
        self.assertEqual((stop.phase, stop.number, stop.meter_wh, stop.reason), (facts.Phase.ENDED, 1, 1000, "Local"))
        self.assertEqual(len(stop.readings), 1)
        bare = self.read("1.6", "StopTransaction", idTag=None, reason=None, transactionData=None)
        self.assertEqual((bare.token, bare.reason, bare.readings), (None, "Local", ()))

    def test_event_of_a_transaction(self) -> None:
        event = self.read("2.0.1", "TransactionEvent")
        self.assertEqual(
            (event.phase, event.reference, event.evse, event.connector, event.sequence, event.offline, event.meter_wh),
            (facts.Phase.UPDATED, "T1", 1, 1, 1, True, 1000.0),
        )
        self.assertEqual(
            (event.charging_state, event.trigger, event.token),
            ("Charging", "MeterValuePeriodic", facts.Token("CARD", "ISO14443")),
        )
        bare = self.read("2.1", "TransactionEvent", evse=None, idToken=None, meterValue=None, offline=None)
        self.assertEqual(
            (bare.evse, bare.connector, bare.token, bare.meter_wh, bare.offline), (None, None, None, None, False)
        )
        self.assertIsNone(self.read("2.1", "TransactionEvent", evse={"id": 2}).connector)

    def test_start_with_a_reservation(self) -> None:
        self.assertEqual(self.read("1.6", "StartTransaction").reservation, 5)
        for none in (0, -1, None):  # what stations send that have none
            self.assertIsNone(self.read("1.6", "StartTransaction", reservationId=none).reservation)
        self.assertEqual(self.read("2.0.1", "TransactionEvent", reservationId=5).reservation, 5)

    def test_registers_at_begin_and_end_are_those_that_say_so(self) -> None:
        def sampled(*contexts: str) -> list[Any]:
            return [
                {"timestamp": "2026-06-21T12:00:00Z", "sampledValue": [{"value": n, "context": context}]}
                for n, context in enumerate(contexts, 1)
            ]

        marked = sampled("Sample.Periodic", "Transaction.Begin", "Transaction.End", "Sample.Clock")
        plain = sampled("Sample.Clock", "Sample.Periodic")
        for kind, values, register in (
            ("Started", marked, 2.0),
            ("Ended", marked, 3.0),
            ("Started", plain, 1.0),
            ("Ended", plain, 2.0),
            ("Ended", [], None),
        ):
            event = self.read("2.0.1", "TransactionEvent", eventType=kind, meterValue=values or None)
            self.assertEqual(event.meter_wh, register)

    def test_statuses_of_files(self) -> None:
        for version, action, fact in (
            (
                "1.6",
                "DiagnosticsStatusNotification",
                facts.LogStatusReported(facts.LogKind.DIAGNOSTICS, "Uploading"),
            ),
            ("1.6", "LogStatusNotification", facts.LogStatusReported(facts.LogKind.LOG, "Uploading", 7)),
            ("1.6", "FirmwareStatusNotification", facts.FirmwareStatusReported("Downloading")),
            (
                "1.6",
                "SignedFirmwareStatusNotification",
                facts.FirmwareStatusReported("SignatureVerified", 7, signed=True),
            ),
            ("2.0.1", "LogStatusNotification", facts.LogStatusReported(facts.LogKind.LOG, "BadMessage", 1)),
            ("2.1", "FirmwareStatusNotification", facts.FirmwareStatusReported("Downloaded", 1)),
        ):
            self.assertEqual(self.read(version, action), fact)
        self.assertIsNone(self.read("1.6", "LogStatusNotification", requestId=-1).request)

    def test_security(self) -> None:
        stamp = facts.Stamp("2026-06-21T12:00:00Z", NOON)
        event = facts.SecurityEventReported("MemoryExhaustion", stamp, "97 %")
        self.assertEqual(self.read("1.6", "SecurityEventNotification"), event)
        self.assertEqual(self.read("2.0.1", "SecurityEventNotification").type, "text")
        request = facts.CertificateRequested("-----BEGIN CERTIFICATE REQUEST-----")
        self.assertEqual(self.read("1.6", "SignCertificate"), request)
        found = self.read("2.1", "SignCertificate", csr="PEM", certificateType="V2GCertificate", requestId=4)
        self.assertEqual((found.csr, found.use, found.request), ("PEM", "V2GCertificate", 4))

    def test_end_of_a_reservation(self) -> None:
        self.assertEqual(self.read("2.0.1", "ReservationStatusUpdate"), facts.ReservationEnded(1, "Expired"))

    def test_inventory(self) -> None:
        report = self.read("2.0.1", "NotifyReport")
        self.assertEqual(
            (report.kind, report.request, report.sequence, report.more_follows), (ReportKind.INVENTORY, 1, 0, True)
        )
        first, _ = reported(report.items)
        self.assertEqual(
            (
                first.component,
                first.component_instance,
                first.variable,
                first.variable_instance,
                first.evse,
                first.connector,
            ),
            ("EVSE", "left", "Power", "max", 1, 1),
        )
        bare = {"component": {"name": "C"}, "variable": {"name": "V"}, "variableAttribute": [{}]}
        (variable,) = reported(self.read("2.0.1", "NotifyReport", reportData=[bare], tbc=None).items)
        self.assertEqual(variable, facts.VariableReported("C", "V", "Actual", None, "ReadWrite"))
        self.assertEqual(self.read("2.0.1", "NotifyReport", reportData=None).items, [])
        with self.assertRaises(CallError):
            self.read("2.0.1", "NotifyReport", requestId=2**31)

    def test_data(self) -> None:
        self.assertEqual(self.read("1.6", "DataTransfer"), facts.DataTransferred("org.example", "hello", "text"))
        self.assertEqual(self.read("2.0.1", "DataTransfer").data, {"any": ["thing"]})
