"""Answers of a 2.1 station about payments (C25). Pure."""

from __future__ import annotations

from stations.emulator.point.model import ChargePointModel
from stations.ocpp.frames import Payload


def notify_web_payment_started(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """C25: there is no way to say that an EVSE is not known."""
    model.payments.await_payment(payload["evseId"], payload["timeout"], now)
    return {}
