"""A 2.x station at which only what a test does happens, and a server that knows tokens."""

from __future__ import annotations

from typing import Any
from unittest import TestCase

from stations.emulator.point.variables import Path
from stations.ocpp.frames import Payload
from tests.emulator.scripted import Registry, Scripted


class Registry2(Registry):
    """The same in the words of 2.x. `limits` go with the answers to events."""

    def __init__(self) -> None:
        super().__init__()
        self.limits: Payload = {}

    def to(self, action: str, payload: Payload) -> Payload:
        answer = super().to(action, payload)
        shown = payload.get("idToken", {}).get("idToken")
        if "idTokenInfo" in answer and shown in self.tokens:
            answer["idTokenInfo"] = self.tokens[shown]
        if action == "TransactionEvent" and self.limits:
            answer["transactionLimit"] = self.limits
        return answer


class Scripted2(Scripted):
    """Connected and accepted. `set` takes what governs the same in 1.6, by its key there."""

    registry: Registry2

    def __init__(self, test: TestCase, version: str = "2.1", **options: Any) -> None:
        super().__init__(test, version, registry=Registry2(), **options)

    def transact(self, token: str = "CARD", number: int = 1) -> str:
        """Have a session run; the id of its transaction."""
        self.charge(token, number)
        charge = self.station.outlet(number).charge
        assert charge is not None
        return charge.reference

    def set_variable(self, component: str, variable: str, value: str) -> None:
        self.test.assertEqual(self.station.variables.change(Path(component, variable), value, self.now), "Accepted")

    def reason_of(self, action: str, **payload: Any) -> str:
        """The reasonCode of a refusal."""
        return str(self.ask(action, **payload)["statusInfo"]["reasonCode"])

    def events(self) -> list[Payload]:
        return self.of("TransactionEvent")

    def story(self) -> list[str]:
        """The events in short: phase, trigger, charging state or reason of the end."""
        return [_told(event) for event in self.events()]

    def statuses(self, number: int = 1) -> list[str]:
        return [each["connectorStatus"] for each in self.of("StatusNotification") if each["evseId"] == number]


def _told(event: Payload) -> str:
    info = event["transactionInfo"]
    return f"{event['eventType']} {event['triggerReason']} {info.get('stoppedReason') or info.get('chargingState', '')}"


def token(value: str = "CARD", kind: str = "ISO14443") -> Payload:
    return {"idToken": value, "type": kind}


def group(name: str) -> Payload:
    return {"idToken": name, "type": "Central"}
