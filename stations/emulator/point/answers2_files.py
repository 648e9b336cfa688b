"""Answers to the calls of 2.x about firmware and logs (use cases L01 to L04, N01). Pure."""

from __future__ import annotations

from stations.emulator.point.firmware import PLAIN
from stations.emulator.point.model import ChargePointModel
from stations.ocpp.frames import Payload


def update_firmware(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.firmware.update_numbered(payload, now, PLAIN)}


def publish_firmware(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.publications.publish(payload, now)}


def unpublish_firmware(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.publications.unpublish(payload, now)}


def get_log(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return model.logs.get_log(payload, now, tells_of_end=True)
