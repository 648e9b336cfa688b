"""Authorize, transaction events, meter values (use cases C01, E01 to E15, J01)."""

from __future__ import annotations

from typing import Any

from stations.ocpp.facts import (
    MetersReported,
    Phase,
    TokenJudged,
    TokenPresented,
    TransactionKept,
    TransactionReported,
)
from stations.ocpp.frames import Payload
from stations.ocpp.reading import BEGIN, END, count, readings, register_at, request_number, stamp, text, whole
from stations.ocpp.v201 import tariffs
from stations.ocpp.v201.tokens import read_token, write_info

_OF_THE_EVENT = frozenset(
    {"numberOfPhasesUsed", "cableMaxCurrent", "reservationId", "preconditioningStatus", "evseSleep"}
)
_PHASES = {phase.value: phase for phase in Phase}
_NAMED_ELSEWHERE = frozenset({"transactionId", "chargingState", "customData"})


def read_authorize(payload: Payload) -> TokenPresented:
    return TokenPresented(read_token(payload["idToken"]))


def write_authorize(answer: TokenJudged) -> Payload:
    judged: Payload = {"idTokenInfo": tariffs.message_of(answer.tariff) | write_info(answer)}
    return judged | ({"certificateStatus": answer.certificate} if answer.certificate else {})


def read_event(payload: Payload, **more: Any) -> TransactionReported:
    """`more`: what a later version tells, by the names of the fact."""
    info = payload["transactionInfo"]
    evse = payload.get("evse") or {}
    meter_values = readings(payload.get("meterValue"))
    phase = _PHASES[payload["eventType"]]
    return TransactionReported(
        phase=phase,
        reference=text(info, "transactionId")[:255],
        evse=whole(evse, "id") if evse else None,
        connector=whole(evse, "connectorId") if "connectorId" in evse else None,
        token=read_token(payload["idToken"]) if payload.get("idToken") else None,
        stamp=stamp(payload.get("timestamp")),
        meter_wh=register_at(meter_values, BEGIN if phase is Phase.STARTED else END),
        reason=text(info, "stoppedReason"),
        trigger=payload["triggerReason"],
        charging_state=text(info, "chargingState"),
        sequence=whole(payload, "seqNo"),
        offline=bool(payload.get("offline")),
        reservation=request_number(payload, "reservationId"),
        readings=meter_values,
        remote_start=count(info, "remoteStartId"),
        charging_seconds=count(info, "timeSpentCharging"),
        phases_used=count(payload, "numberOfPhasesUsed"),
        cable_max_current_a=count(payload, "cableMaxCurrent"),
        cost_details=payload.get("costDetails"),
        details=_details(payload),
        **more,
    )


def _details(payload: Payload) -> Payload:
    """What an event says beside its meter values and what is kept of it in other places."""
    info = payload["transactionInfo"]
    told = {name: info[name] for name in info if name not in _NAMED_ELSEWHERE}
    return told | {name: payload[name] for name in payload.keys() & _OF_THE_EVENT if payload[name] is not None}


def write_event(answer: TransactionKept) -> Payload:
    payload: Payload = {"idTokenInfo": write_info(answer.token)} if answer.token else {}
    return payload | tariffs.write_cost(answer)


def read_meters(payload: Payload) -> MetersReported:
    return MetersReported(evse=whole(payload, "evseId"), readings=readings(payload.get("meterValue")))
