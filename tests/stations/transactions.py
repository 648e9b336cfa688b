"""Starts, stops and transaction events as stations send them."""

from __future__ import annotations

from typing import Any

from django.test import TestCase

from stations.models import Station, Transaction
from stations.ocpp.frames import Payload
from tests.stations.factories import StationFactory, TokenFactory
from tests.stations.payloads import payload
from tests.stations.support import call
from tests.units import run


def started(**changes: Any) -> Payload:
    return payload("1.6", "StartTransaction", **{"reservationId": None} | changes)


def event(kind: str, sequence: int, energy: float | None = None, **changes: Any) -> Payload:
    """A TransactionEvent; `energy` is its meter value."""
    changes.setdefault("timestamp", f"2026-06-21T12:00:{sequence:02d}Z")
    changes.setdefault("transactionInfo", {"transactionId": "T1"})
    meter = None
    if energy is not None:
        meter = [{"timestamp": changes["timestamp"], "sampledValue": [{"value": energy}]}]
    return payload("2.0.1", "TransactionEvent", eventType=kind, seqNo=sequence, meterValue=meter, **changes)


class TransactionCase(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()
        TokenFactory.create(value="CARD")

    def ask(self, action: str, given: Payload, *, version: str = "1.6", **options: Any) -> Payload:
        (answer,) = run(call(self.station, action, given, version=version, **options))
        found: Payload = answer
        return found

    def event(self, kind: str, sequence: int, energy: float | None = None, **changes: Any) -> Payload:
        return self.ask("TransactionEvent", event(kind, sequence, energy, **changes), version="2.0.1")

    @property
    def session(self) -> Transaction:
        return Transaction.objects.exclude(remark="unknown_transaction_id").get()

    @property
    def kept(self) -> list[Transaction]:
        """Stops of nobody's session."""
        return list(Transaction.objects.filter(remark="unknown_transaction_id").order_by("pk"))
