"""A scripted station: it says what a test has it say, and answers what the test does not ask about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.models import Command
from stations.ocpp.frames import Payload
from tests.certification.support import CARD, IDENTITY, CertificationCase
from tests.stations.support import Client

ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}


class ScriptedStation(Client):
    by_itself: ClassVar[dict[str, Payload]] = {
        "GetConfiguration": {"configurationKey": []},
        "GetLocalListVersion": {"listVersion": 0},
        "TriggerMessage": {"status": "NotImplemented"},
    }
    """What the server may ask by itself, and the answers of a station that can do the least."""

    _asked = ""
    """Message id of the server's call that waits for its answer."""

    def call(self, action: str, **payload: Any) -> Payload:
        """The payload of the answer; anything but a CALLRESULT fails."""
        frame = self.ask(action, payload)
        assert frame[0] == 3, f"{action} was answered with {frame}"
        answer: Payload = frame[2]
        return answer

    def expect(self, action: str) -> Payload:
        """The payload of the server's next call of this kind."""
        while True:
            _, message_id, asked, payload = self.hear_call()
            if asked == action:
                self._asked = message_id
                found: Payload = payload
                return found
            assert asked in self.by_itself, f"The server asked {asked} {payload}, not {action}."
            self.say([3, message_id, self.by_itself[asked]])

    def answer_by_itself(self) -> None:
        """Answer the next call, one that nobody in the test asked for."""
        _, message_id, asked, _ = self.hear_call()
        self.say([3, message_id, self.by_itself[asked]])

    def reply(self, payload: Payload) -> None:
        self.say([3, self._asked, payload])

    # -- what stations say ------------------------------------------------------------------

    def power_up(self) -> Payload:
        return self.call("BootNotification", chargePointVendor="Vendor", chargePointModel="Model")

    def tell(self, connector: int, status: str, error: str = "NoError") -> None:
        answer = self.call("StatusNotification", connectorId=connector, status=status, errorCode=error)
        assert answer == {}

    def authorize(self, card: str = CARD) -> Payload:
        info: Payload = self.call("Authorize", idTag=card)["idTagInfo"]
        return info

    def start(self, card: str = CARD, *, connector: int = 1, meter: int = 1000, **more: Any) -> Payload:
        """The answer to StartTransaction."""
        more.setdefault("timestamp", isoformat(clock.now()))
        return self.call("StartTransaction", connectorId=connector, idTag=card, meterStart=meter, **more)

    def stop(self, transaction: int, reason: str = "Local", *, meter: int = 3000, **more: Any) -> Payload:
        """The answer to StopTransaction."""
        more.setdefault("timestamp", isoformat(clock.now()))
        return self.call("StopTransaction", transactionId=transaction, meterStop=meter, reason=reason, **more)

    def charge(self, connector: int = 1) -> int:
        """A session that runs; its transactionId."""
        self.tell(connector, "Preparing")
        assert self.authorize()["status"] == "Accepted"
        number: int = self.start(connector=connector)["transactionId"]
        self.tell(connector, "Charging")
        return number


class CentralCase(CertificationCase):
    @contextmanager
    def connected(self, identity: str = IDENTITY, **options: Any) -> Iterator[ScriptedStation]:
        """A station that has connected, and said nothing."""
        client = ScriptedStation(f"{self.server.ws}/ocpp/{identity}", **options)
        try:
            yield client
        finally:
            client.close()

    @contextmanager
    def booted(self, **options: Any) -> Iterator[ScriptedStation]:
        """A station that was accepted, and whose connectors are free."""
        with self.connected(**options) as client:
            self.assertEqual(client.power_up()["status"], "Accepted")
            for connector in (0, 1, 2):
                client.tell(connector, "Available")
            yield client

    def ask(
        self, client: ScriptedStation, action: str, payload: Payload, reply: Payload, result: str | None = None
    ) -> Command:
        """The operator asks, the station hears just that and replies, and the operator sees the reply."""
        command = self.command(action, payload)
        self.assertEqual(client.expect(action), payload)
        client.reply(reply)
        return self.assert_answered(command, str(reply.get("status", "")) if result is None else result)

    def settle_first(self, client: ScriptedStation) -> None:
        """Let the server ask first what it wants to know of a station by itself (its whole configuration)."""
        while waiting := Command.objects.filter(station=self.station, settled_at=None).first():
            client.answer_by_itself()
            self.settled(waiting)

    def assert_ended(self, number: int, reason: str, energy: float = 2000.0) -> None:
        """The transaction is over, and it is known what was charged."""
        done = self.station.transactions.get(pk=number)
        self.assertEqual((done.active, done.end_reason, done.energy_wh), (False, reason, energy))
        self.assertEqual(self.row()["sessions"], 0)
