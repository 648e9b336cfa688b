"""A station at which only what a test does happens, and a server that knows tokens."""

from __future__ import annotations

from typing import Any
from unittest import TestCase

from stations.emulator.point import calls
from stations.emulator.point.effects import Reconnect
from stations.emulator.point.outlet import Outlet
from stations.ocpp import schemas
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from tests.emulator.fakes import Answers, Drive, model


class Registry(Answers):
    """Tokens are accepted unless something else is known of them."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: dict[str, Payload] = {}

    def to(self, action: str, payload: Payload) -> Payload:
        answer = super().to(action, payload)
        if "idTagInfo" in answer and payload.get("idTag") in self.tokens:
            answer["idTagInfo"] = self.tokens[payload["idTag"]]
        if action == "DataTransfer":
            return {"status": "Accepted"}
        if action == "SignCertificate":
            return {"status": "Accepted"}
        return answer


class Scripted(Drive):
    """A station, connected and accepted."""

    def __init__(
        self, test: TestCase, version: str = "1.6", *, registry: Registry | None = None, **options: Any
    ) -> None:
        self.registry = registry or Registry()
        super().__init__(model(version, **{"manual": True} | options), self.registry)
        self.test = test
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

    def charge(self, token: str = "CARD", number: int = 1) -> None:
        """Have a session run."""
        self.plug_in(number)
        self.present(token, number)
        self.test.assertTrue(self.station.outlet(number).running)

    def set(self, **keys: object) -> None:
        for name, value in keys.items():
            self.station.settings.put(name, str(value).lower() if isinstance(value, bool) else str(value))

    def ask(self, action: str, **payload: Any) -> Payload:
        """Call the station; what it answers fits the schema, and what follows is heard."""
        self.test.assertEqual(schemas.request_problems(self.station.version, action, payload), [])
        answer = calls.answer(self.station, action, payload, self.now)
        self.test.assertEqual(schemas.response_problems(self.station.version, action, answer), [])
        self.run(0)
        return answer

    def status_of(self, action: str, **payload: Any) -> str:
        return str(self.ask(action, **payload)["status"])

    def refuses(self, action: str, **payload: Any) -> str:
        with self.test.assertRaises(CallError) as caught:
            calls.answer(self.station, action, payload, self.now)
        return caught.exception.code

    def statuses(self, number: int = 1) -> list[str]:
        return [each["status"] for each in self.of("StatusNotification") if each["connectorId"] == number]

    def actions(self) -> list[str]:
        return [action for _, action, _ in self.said]

    def stopped(self) -> Payload:
        """The one StopTransaction there was."""
        stops = self.of("StopTransaction")
        self.test.assertEqual(len(stops), 1, self.actions())
        return stops[0]

    def at(self, seconds: float = 0.0) -> str:
        """A time of the station's clock, from now."""
        return self.station.moment(self.now + seconds).stamp

    def lose_connection(self) -> None:
        self.station.disconnected(self.now)

    def reconnect(self) -> None:
        self.connect().run(0)

    def restart(self) -> None:
        """Do what a station does that wants to reconnect."""
        effects = self.station.take_effects()
        self.test.assertEqual([type(effect) for effect in effects], [Reconnect])
        self.lose_connection()
        effect = effects[0]
        assert isinstance(effect, Reconnect)
        self.run(effect.after)
        self.reconnect()
