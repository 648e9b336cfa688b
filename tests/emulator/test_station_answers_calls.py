"""What a server asks is answered truthfully."""

from __future__ import annotations

from datetime import UTC, datetime

from django.test import SimpleTestCase

from stations.emulator.point import calls
from stations.emulator.point.model import ChargePointModel
from stations.ocpp import schemas
from stations.ocpp.directions import from_stations
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from tests.emulator.fakes import VERSIONS, Drive, model


class TriggerMessage(SimpleTestCase):
    def trigger(self, version: str, **payload: object) -> tuple[str, list[tuple[str, Payload]]]:
        drive = Drive(model(version)).connect().run(1)
        drive.said.clear()
        answer = calls.answer(drive.station, "TriggerMessage", dict(payload), drive.now)
        self.assertEqual(schemas.response_problems(version, "TriggerMessage", answer), [])
        drive.run(0)
        self.assertEqual(drive.problems, [])
        return answer["status"], [(action, each) for _, action, each in drive.said]

    def test_sends_what_is_wanted(self) -> None:
        for version in VERSIONS:
            for wanted in ("Heartbeat", "StatusNotification", "MeterValues"):
                status, said = self.trigger(version, requestedMessage=wanted)
                self.assertEqual(status, "Accepted")
                self.assertEqual({action for action, _ in said}, {wanted})

    def test_boots_where_it_may(self) -> None:
        """2.x: not when it is accepted (F06.FR.17)."""
        status, said = self.trigger("1.6", requestedMessage="BootNotification")
        self.assertEqual((status, [action for action, _ in said]), ("Accepted", ["BootNotification"]))
        for version in ("2.0.1", "2.1"):
            self.assertEqual(self.trigger(version, requestedMessage="BootNotification"), ("Rejected", []))

    def test_sends_it_for_one_connector(self) -> None:
        _, said = self.trigger("1.6", requestedMessage="StatusNotification", connectorId=2)
        self.assertEqual([each["connectorId"] for _, each in said], [2])
        _, said = self.trigger("2.1", requestedMessage="MeterValues", evse={"id": 1})
        self.assertEqual([each["evseId"] for _, each in said], [1])

    def test_rejects_a_connector_that_it_has_not(self) -> None:
        self.assertEqual(self.trigger("1.6", requestedMessage="MeterValues", connectorId=9), ("Rejected", []))

    def test_says_what_it_cannot_send(self) -> None:
        status, said = self.trigger("2.0.1", requestedMessage="SignCombinedCertificate")
        self.assertEqual((status, said), ("NotImplemented", []))
        status, said = self.trigger("2.1", requestedMessage="CustomTrigger", customTrigger="org.vendor.Wash")
        self.assertEqual((status, said), ("NotImplemented", []))


class TransactionStatus(SimpleTestCase):
    def ask(self, station: ChargePointModel, **payload: object) -> Payload:
        answer = calls.answer(station, "GetTransactionStatus", dict(payload), 3.0)
        self.assertEqual(schemas.response_problems("2.0.1", "GetTransactionStatus", answer), [])
        return answer

    def test_tells_what_runs_and_what_waits(self) -> None:
        station = ChargePointModel("CP1", "2.0.1", started=datetime(2026, 6, 21, tzinfo=UTC), manual=True)
        self.assertEqual(self.ask(station), {"messagesInQueue": False})
        station.outlet(1).plug_in(1.0)
        station.outlet(1).present("TOKEN", 2.0)
        charge = station.outlet(1).charge
        assert charge is not None
        self.assertEqual(
            self.ask(station, transactionId=charge.reference), {"ongoingIndicator": True, "messagesInQueue": True}
        )
        self.assertEqual(
            self.ask(station, transactionId="other"), {"ongoingIndicator": False, "messagesInQueue": False}
        )
        self.assertEqual(self.ask(station), {"messagesInQueue": True})


class OtherCalls(SimpleTestCase):
    def code(self, version: str, action: str, payload: Payload) -> str:
        with self.assertRaises(CallError) as caught:
            calls.answer(model(version), action, payload, 0.0)
        return caught.exception.code

    def test_that_the_version_knows_are_not_supported(self) -> None:
        self.assertEqual(self.code("1.6", "Heartbeat", {}), "NotSupported")
        self.assertEqual(self.code("2.0.1", "Heartbeat", {}), "NotSupported")

    def test_are_none_in_version_16(self) -> None:
        """Every call that a central system can make has an answer."""
        self.assertEqual(set(calls.ANSWERS_16), schemas.actions("1.6") - from_stations("1.6") | {"DataTransfer"})

    def test_that_the_version_does_not_know_are_not_implemented(self) -> None:
        self.assertEqual(self.code("1.6", "GetVariables", {}), "NotImplemented")
        self.assertEqual(self.code("2.1", "MakeCoffee", {}), "NotImplemented")

    def test_that_are_malformed_are_refused(self) -> None:
        self.assertEqual(self.code("1.6", "TriggerMessage", {}), "OccurrenceConstraintViolation")
