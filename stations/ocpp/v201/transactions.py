"""Authorize, transaction events, meter values (use cases C01, E01 to E15, J01)."""

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
from stations.ocpp.reading import BEGIN, END, readings, register_at, request_number, stamp, text, whole
from stations.ocpp.times import written
from stations.ocpp.v201 import tariffs


def _token(payload: Payload) -> Token:
    more = payload.get("additionalInfo") or ()
    additional = tuple((text(each, "type"), text(each, "additionalIdToken")) for each in more)
    return Token(text(payload, "idToken"), text(payload, "type"), additional)


def read_authorize(payload: Payload) -> TokenPresented:
    return TokenPresented(_token(payload["idToken"]))


def _token_info(judged: TokenJudged) -> Payload:
    info: dict[str, Any] = {"status": judged.status}
    if judged.expires is not None:
        info["cacheExpiryDateTime"] = written(judged.expires)
    if judged.group:
        info["groupIdToken"] = {"idToken": judged.group[:36], "type": "Central"}
    return info


def write_authorize(answer: TokenJudged) -> Payload:
    return {"idTokenInfo": _token_info(answer) | tariffs.message_of(answer.tariff)}


def read_event(payload: Payload) -> TransactionReported:
    info = payload["transactionInfo"]
    evse = payload.get("evse") or {}
    meter_values = readings(payload.get("meterValue"))
    phase = Phase(payload["eventType"])
    return TransactionReported(
        phase=phase,
        reference=text(info, "transactionId")[:255],
        evse=whole(evse, "id") if evse else None,
        connector=whole(evse, "connectorId") if "connectorId" in evse else None,
        token=_token(payload["idToken"]) if payload.get("idToken") else None,
        stamp=stamp(payload.get("timestamp")),
        meter_wh=register_at(meter_values, BEGIN if phase is Phase.STARTED else END),
        reason=text(info, "stoppedReason"),
        trigger=payload["triggerReason"],
        charging_state=text(info, "chargingState"),
        sequence=whole(payload, "seqNo"),
        offline=bool(payload.get("offline")),
        reservation=request_number(payload, "reservationId"),
        readings=meter_values,
        cost_details=payload.get("costDetails"),
    )


def write_event(answer: TransactionKept) -> Payload:
    payload = {"idTokenInfo": _token_info(answer.token)} if answer.token else {}
    return payload | tariffs.write_cost(answer)


def read_meters(payload: Payload) -> MetersReported:
    return MetersReported(evse=whole(payload, "evseId"), readings=readings(payload.get("meterValue")))
