"""Answers to the calls of DER control (2.1 use case R04). Pure."""

from __future__ import annotations

from stations.emulator.point.model import ChargePointModel
from stations.ocpp.frames import Payload


def set_der_control(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return model.der.set(payload, now)


def get_der_control(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.der.get(payload, now)}


def clear_der_control(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.der.clear(payload)}
