"""Answers to the calls about messages on displays (2.x block O). Pure."""

from __future__ import annotations

from stations.emulator.point.model import ChargePointModel
from stations.ocpp.frames import Payload


def set_display_message(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.display.set(payload["message"], now)}


def get_display_messages(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.display.report(payload, now)}


def clear_display_message(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.display.clear(payload["id"], now)}
