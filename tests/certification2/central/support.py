"""A scripted 2.x station: it says what a test has it say, and answers what the test does not ask about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from smartserver.core import clock
from smartserver.core.clock import isoformat
from stations.models import Command, Transaction
from stations.ocpp.frames import Payload
from tests.certification.central.support import ACCEPTED, REJECTED, CentralCase, ScriptedStation
from tests.certification.support import CARD, IDENTITY
from tests.certification2.support import CertificationCase2, token

__all__ = ["ACCEPTED", "REJECTED", "CentralCase2", "ScriptedStation2", "metered", "now"]

PLATE = {"vendorName": "Vendor", "model": "Model"}
REFERENCE = "T1"


def now() -> str:
    return isoformat(clock.now())


def metered(wh: float, context: str = "Sample.Periodic", **more: Any) -> list[Payload]:
    """A meterValue with the register and the power."""
    energy = {"value": wh, "context": context, "measurand": "Energy.Active.Import.Register", **more}
    power = {"value": 11_000.0, "context": context, "measurand": "Power.Active.Import"}
    return [{"timestamp": now(), "sampledValue": [energy, power]}]


class ScriptedStation2(ScriptedStation):
    by_itself: ClassVar[dict[str, Payload]] = {
        "GetBaseReport": {"status": "NotSupported"},
        "GetLocalListVersion": {"versionNumber": 0},
        "TriggerMessage": {"status": "NotImplemented"},
    }
    _sequence = 0

    def power_up(self, reason: str = "PowerUp") -> Payload:
        return self.call("BootNotification", reason=reason, chargingStation=PLATE)

    def tell(self, connector: int, status: str, error: str = "") -> None:
        """The status of an EVSE's only connector."""
        answer = self.call(
            "StatusNotification", timestamp=now(), connectorStatus=status, evseId=connector, connectorId=1
        )
        assert answer == {}

    def authorize(self, card: str = CARD, **more: Any) -> Payload:
        """The idTokenInfo."""
        info: Payload = self.call("Authorize", idToken=token(card), **more)["idTokenInfo"]
        return info

    def event(
        self, kind: str, trigger: str, state: str = "", *, reference: str = REFERENCE, evse: int = 1, **more: Any
    ) -> Payload:
        """The answer to a TransactionEvent. `state`: the chargingState; `info`: more of the transactionInfo.

        `evse`: 0 where it is not known yet."""
        self._sequence = 0 if kind == "Started" else self._sequence + 1
        info: Payload = {"transactionId": reference} | more.pop("info", {})
        if state:
            info["chargingState"] = state
        body = {"eventType": kind, "timestamp": now(), "triggerReason": trigger, "seqNo": self._sequence}
        where = {"evse": {"id": evse, "connectorId": 1}} if evse else {}
        return self.call("TransactionEvent", **body, transactionInfo=info, **where, **more)

    def charge(self, connector: int = 1, *, card: str = CARD, wh: float = 1000.0, **more: Any) -> str:  # type: ignore[override]
        """A transaction in which energy flows; its id."""
        self.tell(connector, "Occupied")
        reference: str = more.setdefault("reference", REFERENCE)
        self.event("Started", "CablePluggedIn", "EVConnected", evse=connector, **more)
        answer = self.event("Updated", "Authorized", evse=connector, idToken=token(card), **more)
        assert answer["idTokenInfo"]["status"] == "Accepted", answer
        begin = metered(wh, "Transaction.Begin")
        self.event("Updated", "ChargingStateChanged", "Charging", evse=connector, meterValue=begin, **more)
        return reference

    def end(self, trigger: str, reason: str = "", *, wh: float = 3000.0, **more: Any) -> Payload:
        """The answer to the last event. `reason`: the stoppedReason."""
        info = more.pop("info", {}) | ({"stoppedReason": reason} if reason else {})
        return self.event("Ended", trigger, info=info, meterValue=metered(wh, "Transaction.End"), **more)


class CentralCase2(CertificationCase2, CentralCase):
    @contextmanager
    def connected(self, identity: str = IDENTITY, **options: Any) -> Iterator[ScriptedStation2]:
        """A station that has connected, and said nothing."""
        client = ScriptedStation2(
            f"{self.server.ws}/ocpp/{identity}", **{"versions": (f"ocpp{self.version}",)} | options
        )
        try:
            yield client
        finally:
            client.close()

    @contextmanager
    def booted(self, **options: Any) -> Iterator[ScriptedStation2]:
        """A station that was accepted, whose connectors are free, and of whom nobody asks anything by itself."""
        with self.connected(**options) as client:
            self.boot(client)
            yield client

    def boot(self, client: ScriptedStation2, reason: str = "PowerUp") -> None:
        self.assertEqual(client.power_up(reason)["status"], "Accepted")
        for evse in (1, 2):
            client.tell(evse, "Available")
        self.settle_first(client)

    @contextmanager
    def charging(self, **options: Any) -> Iterator[tuple[ScriptedStation2, str]]:
        """A station at which a transaction runs, and its id."""
        with self.booted() as client:
            yield client, client.charge(**options)

    def asked(self, action: str, payload: Payload, *results: str) -> None:
        """The operator asks; the station answers with each of these statuses in turn, and the operator sees that."""
        with self.booted() as client:
            for result in results or ("Accepted",):
                self.ask(client, action, payload, {"status": result})

    def answered(self, client: ScriptedStation2, action: str, reply: Payload, result: str | None = None) -> Command:
        """The same for a call that a service has made."""
        client.expect(action)
        client.reply(reply)
        return self.assert_answered(self.newest(action), str(reply["status"]) if result is None else result)

    def assert_over(self, reason: str, energy: float = 2000.0) -> Transaction:
        """The newest transaction is over, nothing of it is missing, and it is known what was charged."""
        done = self.transaction()
        self.assertEqual((done.active, done.end_reason, done.missing_events), (False, reason, 0))
        self.assertEqual((done.energy_wh, self.row()["sessions"]), (energy, 0))
        return done
