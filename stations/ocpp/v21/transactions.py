"""Transaction events: what 2.1 adds (use cases E16 and E17, Q01)."""

from __future__ import annotations

from stations.ocpp.facts import TransactionKept, TransactionReported
from stations.ocpp.frames import Payload
from stations.ocpp.reading import text
from stations.ocpp.v201 import transactions

LIMITS = ("maxCost", "maxEnergy", "maxTime", "maxSoC")
"""TransactionLimitType: in the station's currency, Wh, s, %."""


def read_event(payload: Payload) -> TransactionReported:
    info = payload["transactionInfo"]
    limits = info.get("transactionLimit")
    return transactions.read_event(
        payload,
        operation_mode=text(info, "operationMode"),
        tariff=text(info, "tariffId"),
        limits=None if limits is None else {name: limits[name] for name in LIMITS if limits.get(name) is not None},
    )


def write_event(answer: TransactionKept) -> Payload:
    payload = transactions.write_event(answer)
    return payload | {"transactionLimit": answer.limits} if answer.limits else payload
