"""Firmware, diagnostics, logs (sections 5.10, 5.19; security whitepaper 4.3 and 5.1): our calls, their answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stations.ocpp.files import Collection, Order, Update
from stations.ocpp.frames import Payload
from stations.ocpp.reading import text
from stations.ocpp.times import written
from stations.ocpp.told import FileJobAnswered


def write_update(order: Update) -> Payload:
    """UpdateFirmware: the station fetches the file, not before `retrieve_at`."""
    return some(location=order.location, retrieveDate=written(order.retrieve_at), **tries(order))


def write_signed_update(order: Update) -> Payload:
    """SignedUpdateFirmware: the same, and the station checks the signature."""
    return some(requestId=order.request, firmware=firmware(order), **tries(order))


def write_diagnostics(order: Collection) -> Payload:
    """GetDiagnostics: it knows no kinds of logs."""
    span = some(startTime=moment(order.oldest), stopTime=moment(order.latest))
    return some(location=order.location, **span, **tries(order))


def write_log(order: Collection) -> Payload:
    """GetLog."""
    span = some(oldestTimestamp=moment(order.oldest), latestTimestamp=moment(order.latest))
    log = some(remoteLocation=order.location, **span)
    return some(requestId=order.request, logType=order.log_type, log=log, **tries(order))


def firmware(order: Update) -> Payload:
    """FirmwareType."""
    return some(
        location=order.location,
        retrieveDateTime=written(order.retrieve_at),
        installDateTime=moment(order.install_at),
        signingCertificate=order.certificate or None,
        signature=order.signature or None,
    )


def tries(order: Order) -> Payload:
    return some(retries=order.retries, retryInterval=order.retry_interval)


def moment(at: datetime | None) -> str | None:
    return None if at is None else written(at)


def some(**fields: Any) -> Payload:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def read_update(_: Payload, __: Payload) -> FileJobAnswered:
    """The answer to UpdateFirmware is empty: there is no refusing (section 6.52)."""
    return FileJobAnswered(None, "Accepted")


def read_signed_update(request: Payload, reply: Payload) -> FileJobAnswered:
    return FileJobAnswered(request["requestId"], reply["status"])


def read_diagnostics(_: Payload, reply: Payload) -> FileJobAnswered:
    return FileJobAnswered(None, "Accepted", text(reply, "fileName"))


def read_log(request: Payload, reply: Payload) -> FileJobAnswered:
    return FileJobAnswered(request["requestId"], reply["status"], text(reply, "filename"))
