"""A 2.x station at which only what a test does happens, and which is watched."""

from __future__ import annotations

from typing import Any
from unittest import TestCase

from stations.emulator.point import calls
from stations.emulator.point.variables import Path
from stations.ocpp import schemas
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from tests.emulator.fakes import Answers, Drive, model

POWER: Payload = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
STATE: Payload = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}
PROBLEM: Payload = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Problem"}}
INTERVAL: Payload = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}

HEARTBEATS = Path("OCPPCommCtrlr", "HeartbeatInterval")


class Willing(Answers):
    """`opens`: what the server says to streams."""

    opens = "Accepted"

    def to(self, action: str, payload: Payload) -> Payload:
        if action == "OpenPeriodicEventStream":
            return {"status": self.opens}
        return super().to(action, payload)


class Monitored(Drive):
    """Connected, and accepted; its beats are far away."""

    def __init__(self, test: TestCase, version: str = "2.1", **options: Any) -> None:
        self.server = Willing(interval=1_000_000)
        super().__init__(model(version, **{"manual": True} | options), self.server)
        self.version = version
        self.test = test
        test.addCleanup(lambda: test.assertEqual(self.problems, []))
        self.connect().run(0)
        self.said.clear()

    def ask(self, action: str, **payload: Any) -> Payload:
        """Call the station; what it answers fits the schema, and what follows is heard."""
        self.test.assertEqual(schemas.request_problems(self.version, action, payload), [])
        answer = calls.answer(self.station, action, payload, self.now)
        self.test.assertEqual(schemas.response_problems(self.version, action, answer), [])
        self.run(0)
        return answer

    def refuses(self, action: str, **payload: Any) -> str:
        with self.test.assertRaises(CallError) as caught:
            calls.answer(self.station, action, payload, self.now)
        return caught.exception.code

    def watch(self, variable: Payload, type: str, value: float, severity: int = 5, **more: Any) -> Payload:
        """The result of setting a monitor."""
        data = {**variable, "type": type, "value": value, "severity": severity, **more}
        (result,) = self.ask("SetVariableMonitoring", setMonitoringData=[data])["setMonitoringResult"]
        found: Payload = result
        return found

    def status(self, variable: Payload, type: str, value: float, severity: int = 5, **more: Any) -> str:
        return str(self.watch(variable, type, value, severity, **more)["status"])

    def put(self, value: object, path: Path = HEARTBEATS) -> None:
        """A variable has another value."""
        self.test.assertEqual(self.station.variables.change(path, str(value), self.now), "Accepted")
        self.run(0)

    def run(self, seconds: float) -> Monitored:
        super().run(seconds)
        self.station.step(self.now)  # as the client does whenever something has happened
        self.listen()
        return self

    def events(self) -> list[Payload]:
        """What was told since the last look."""
        found = [event for payload in self.of("NotifyEvent") for event in payload["eventData"]]
        self.said.clear()
        return found

    def values(self) -> list[str]:
        return [event["actualValue"] for event in self.events()]

    def numbers(self) -> list[int]:
        return [each.id for each in self.station.monitoring]
