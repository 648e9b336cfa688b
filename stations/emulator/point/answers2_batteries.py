"""The answer to the request for a battery swap (2.1 use case S02). Pure."""

from __future__ import annotations

from stations.emulator.point.model import ChargePointModel
from stations.ocpp.frames import Payload


def request_battery_swap(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return model.swaps.request(payload, now)
