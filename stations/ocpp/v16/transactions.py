"""Authorize, transactions, meter values (sections 4.1, 4.7, 4.8, 4.10)."""

from __future__ import annotations

from typing import Any

from stations.ocpp.facts import (
    MetersReported,
    Phase,
    Token,
    TokenJudged,
    TokenPresented,
    TransactionKept,
    TransactionReported,
)
from stations.ocpp.frames import Payload
from stations.ocpp.reading import readings, request_number, stamp, text, whole
from stations.ocpp.times import written


def read_authorize(payload: Payload) -> TokenPresented:
    return TokenPresented(Token(text(payload, "idTag")))


_ONLY_IN_2 = frozenset({"NoCredit", "NotAtThisLocation", "Unknown"})
"""1.6 has no word for a token that may charge elsewhere, or that nobody knows (section 7.2)."""


def _token_info(judged: TokenJudged) -> Payload:
    info: dict[str, Any] = {"status": "Invalid" if judged.status in _ONLY_IN_2 else judged.status}
    if judged.expires is not None:
        info["expiryDate"] = written(judged.expires)
    if judged.group:
        info["parentIdTag"] = judged.group[:20]
    return info


def write_authorize(answer: TokenJudged) -> Payload:
    return {"idTagInfo": _token_info(answer)}


def read_start(payload: Payload) -> TransactionReported:
    token = Token(text(payload, "idTag"))
    number = whole(payload, "connectorId", least=1)
    meter = payload.get("meterStart")
    return TransactionReported(
        phase=Phase.STARTED,
        # What a station repeats to the letter when it did not hear the answer (section 4.8).
        reference=f"{number}|{token.value}|{payload.get('timestamp')}|{meter}"[:255],
        evse=number,
        connector=1,
        token=token,
        stamp=stamp(payload.get("timestamp")),
        meter_wh=meter,
        reservation=request_number(payload, "reservationId"),
    )


def write_start(answer: TransactionKept) -> Payload:
    judged = answer.token or TokenJudged("Accepted")
    return {"transactionId": answer.number, "idTagInfo": _token_info(judged)}


def read_stop(payload: Payload) -> TransactionReported:
    token = text(payload, "idTag")
    return TransactionReported(
        phase=Phase.ENDED,
        number=payload["transactionId"],
        token=Token(token) if token else None,
        stamp=stamp(payload.get("timestamp")),
        meter_wh=payload.get("meterStop"),
        reason=text(payload, "reason") or "Local",
        readings=readings(payload.get("transactionData")),
    )


def write_stop(answer: TransactionKept) -> Payload:
    return {"idTagInfo": _token_info(answer.token)} if answer.token else {}


def read_meters(payload: Payload) -> MetersReported:
    return MetersReported(
        evse=whole(payload, "connectorId"),
        readings=readings(payload.get("meterValue")),
        transaction=payload.get("transactionId"),
    )
