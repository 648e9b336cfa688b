"""A 2.x station at which only what a test does happens, and a server that knows tokens."""

from __future__ import annotations

from typing import Any
from unittest import TestCase

from stations.emulator.point import calls
from stations.emulator.point.outlet import Outlet
from stations.emulator.point.variables import Path
from stations.ocpp import schemas
from stations.ocpp.frames import Payload
from tests.emulator.fakes import Answers, Drive, model


class Registry2(Answers):
    """Tokens are accepted unless something else is known of them. `limits` go with the answers to events."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: dict[str, Payload] = {}
        self.limits: Payload = {}

    def to(self, action: str, payload: Payload) -> Payload:
        answer = super().to(action, payload)
        shown = payload.get("idToken", {}).get("idToken")
        if "idTokenInfo" in answer and shown in self.tokens:
            answer["idTokenInfo"] = self.tokens[shown]
        if action == "TransactionEvent" and self.limits:
            answer["transactionLimit"] = self.limits
        return answer


class Scripted2(Drive):
    """Connected and accepted."""

    def __init__(self, test: TestCase, version: str = "2.1", **options: Any) -> None:
        self.registry = Registry2()
        super().__init__(model(version, **{"manual": True} | options), self.registry)
        self.test = test
        self.version = version
        test.addCleanup(lambda: test.assertEqual(self.problems, []))
        self.connect().run(0)
        self.said.clear()

    @property
    def outlet(self) -> Outlet:
        return self.station.outlet(1)

    def plug_in(self, number: int = 1) -> None:
        self.station.outlet(number).plug_in(self.now)
        self.run(0)

    def unplug(self, number: int = 1) -> None:
        self.station.outlet(number).unplug(self.now)
        self.run(0)

    def present(self, token: str = "CARD", number: int = 1) -> None:
        self.station.outlet(number).present(token, self.now)
        self.run(0)

    def charge(self, token: str = "CARD", number: int = 1) -> str:
        """Have a session run; the id of its transaction."""
        self.plug_in(number)
        self.present(token, number)
        charge = self.station.outlet(number).charge
        self.test.assertTrue(charge is not None and charge.running)
        assert charge is not None
        return charge.reference

    def set(self, **keys: object) -> None:
        """What governs the same in 1.6, by its key there."""
        for name, value in keys.items():
            self.station.settings.put(name, str(value).lower() if isinstance(value, bool) else str(value))

    def set_variable(self, component: str, variable: str, value: str) -> None:
        self.test.assertEqual(self.station.variables.change(Path(component, variable), value, self.now), "Accepted")

    def ask(self, action: str, **payload: Any) -> Payload:
        """Call the station; what it answers fits the schema, and what follows is heard."""
        self.test.assertEqual(schemas.request_problems(self.version, action, payload), [])
        answer = calls.answer(self.station, action, payload, self.now)
        self.test.assertEqual(schemas.response_problems(self.version, action, answer), [])
        self.run(0)
        return answer

    def status_of(self, action: str, **payload: Any) -> str:
        return str(self.ask(action, **payload)["status"])

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

    def at(self, seconds: float = 0.0) -> str:
        """A time of the station's clock, from now."""
        return self.station.moment(self.now + seconds).stamp

    def lose_connection(self) -> None:
        self.station.disconnected(self.now)

    def reconnect(self) -> None:
        self.connect().run(0)


def _told(event: Payload) -> str:
    info = event["transactionInfo"]
    return f"{event['eventType']} {event['triggerReason']} {info.get('stoppedReason') or info.get('chargingState', '')}"


def token(value: str = "CARD", kind: str = "ISO14443") -> Payload:
    return {"idToken": value, "type": kind}


def group(name: str) -> Payload:
    return {"idToken": name, "type": "Central"}
