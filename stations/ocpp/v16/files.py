"""Firmware, diagnostics, logs (sections 5.10, 5.19; security whitepaper 4.3 and 5.1): our calls, their answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stations.ocpp.frames import Payload
from stations.ocpp.reading import text
from stations.ocpp.times import written
from stations.ocpp.told import FileJobAnswered


def write_update(
    *, location: str, retrieve_at: datetime, retries: int | None = None, retry_interval: int | None = None
) -> Payload:
    """UpdateFirmware: the station fetches the file at `location`, not before `retrieve_at`."""
    return _some(location=location, retrieveDate=written(retrieve_at), retries=retries, retryInterval=retry_interval)


def write_signed_update(
    *,
    request: int,
    location: str,
    retrieve_at: datetime,
    certificate: str,
    signature: str,
    install_at: datetime | None = None,
    retries: int | None = None,
    retry_interval: int | None = None,
) -> Payload:
    """SignedUpdateFirmware: the same, and the station checks the signature (base64) with the certificate (PEM)."""
    firmware = _some(
        location=location,
        retrieveDateTime=written(retrieve_at),
        installDateTime=_moment(install_at),
        signingCertificate=certificate,
        signature=signature,
    )
    return _some(requestId=request, firmware=firmware, retries=retries, retryInterval=retry_interval)


def write_diagnostics(
    *,
    location: str,
    start: datetime | None = None,
    stop: datetime | None = None,
    retries: int | None = None,
    retry_interval: int | None = None,
) -> Payload:
    """GetDiagnostics: what was noted between `start` and `stop` goes to `location`."""
    return _some(
        location=location,
        startTime=_moment(start),
        stopTime=_moment(stop),
        retries=retries,
        retryInterval=retry_interval,
    )


def write_log(
    *,
    request: int,
    location: str,
    log_type: str,
    oldest: datetime | None = None,
    latest: datetime | None = None,
    retries: int | None = None,
    retry_interval: int | None = None,
) -> Payload:
    """GetLog; `log_type` is DiagnosticsLog or SecurityLog."""
    log = _some(remoteLocation=location, oldestTimestamp=_moment(oldest), latestTimestamp=_moment(latest))
    return _some(requestId=request, logType=log_type, log=log, retries=retries, retryInterval=retry_interval)


def read_update(_: Payload, __: Payload) -> FileJobAnswered:
    """The answer to UpdateFirmware is empty: there is no refusing (section 6.52)."""
    return FileJobAnswered(None, "Accepted")


def read_signed_update(request: Payload, reply: Payload) -> FileJobAnswered:
    return FileJobAnswered(request["requestId"], reply["status"])


def read_diagnostics(_: Payload, reply: Payload) -> FileJobAnswered:
    return FileJobAnswered(None, "Accepted", text(reply, "fileName"))


def read_log(request: Payload, reply: Payload) -> FileJobAnswered:
    return FileJobAnswered(request["requestId"], reply["status"], text(reply, "filename"))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else written(moment)


def _some(**fields: Any) -> Payload:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
