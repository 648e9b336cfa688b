"""Answers to the calls of the security extension (whitepaper chapters 4 and 5). Pure."""

from __future__ import annotations

from stations.emulator.point.firmware import SIGNED
from stations.emulator.point.model import ChargePointModel
from stations.ocpp.frames import Payload


def certificate_signed(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.security.signing.take(payload["certificateChain"], now)}


def install_certificate(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.security.install(payload["certificateType"], payload["certificate"], now)}


def delete_certificate(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.security.delete(payload["certificateHashData"])}


def get_installed_certificate_ids(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return model.security.list(payload["certificateType"])


def get_log(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return model.logs.get_log(payload, now)


def signed_update_firmware(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.firmware.update_numbered(payload, now, SIGNED)}
