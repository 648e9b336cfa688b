"""What a server asks is answered truthfully."""

from __future__ import annotations

from django.test import SimpleTestCase

from stations.emulator.point import calls
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
            for wanted in ("BootNotification", "Heartbeat", "StatusNotification", "MeterValues"):
                status, said = self.trigger(version, requestedMessage=wanted)
                self.assertEqual(status, "Accepted")
                self.assertEqual({action for action, _ in said}, {wanted})

    def test_sends_it_for_one_connector(self) -> None:
        _, said = self.trigger("1.6", requestedMessage="StatusNotification", connectorId=2)
        self.assertEqual([each["connectorId"] for _, each in said], [2])
        _, said = self.trigger("2.1", requestedMessage="MeterValues", evse={"id": 1})
        self.assertEqual([each["evseId"] for _, each in said], [1])

    def test_rejects_a_connector_that_it_has_not(self) -> None:
        self.assertEqual(self.trigger("1.6", requestedMessage="MeterValues", connectorId=9), ("Rejected", []))

    def test_says_what_it_cannot_send(self) -> None:
        status, said = self.trigger("2.0.1", requestedMessage="LogStatusNotification")
        self.assertEqual((status, said), ("NotImplemented", []))


class OtherCalls(SimpleTestCase):
    def code(self, version: str, action: str, payload: Payload) -> str:
        with self.assertRaises(CallError) as caught:
            calls.answer(model(version), action, payload, 0.0)
        return caught.exception.code

    def test_that_the_version_knows_are_not_supported(self) -> None:
        self.assertEqual(self.code("1.6", "Heartbeat", {}), "NotSupported")
        self.assertEqual(self.code("2.0.1", "GetVariables", {}), "NotSupported")

    def test_are_none_in_version_16(self) -> None:
        """Every call that a central system can make has an answer."""
        self.assertEqual(set(calls.ANSWERS_16), schemas.actions("1.6") - from_stations("1.6") | {"DataTransfer"})

    def test_that_the_version_does_not_know_are_not_implemented(self) -> None:
        self.assertEqual(self.code("1.6", "GetVariables", {}), "NotImplemented")
        self.assertEqual(self.code("2.1", "MakeCoffee", {}), "NotImplemented")

    def test_that_are_malformed_are_refused(self) -> None:
        self.assertEqual(self.code("1.6", "TriggerMessage", {}), "OccurrenceConstraintViolation")
