"""How far firmware and logs are, security events, certificates to be signed.

Sections 4.4 and 4.5; security whitepaper sections 4.5 (SecurityEventNotification), 4.6 and 4.7 (SignCertificate and the
statuses of signed updates and logs).
"""

from __future__ import annotations

from stations.ocpp.facts import (
    CertificateRequested,
    Decided,
    FirmwareStatusReported,
    LogKind,
    LogStatusReported,
    SecurityEventReported,
)
from stations.ocpp.frames import Payload
from stations.ocpp.reading import long_text, request_number, stamp, text


def read_diagnostics_status(payload: Payload) -> LogStatusReported:
    return LogStatusReported(LogKind.DIAGNOSTICS, payload["status"])


def read_log_status(payload: Payload) -> LogStatusReported:
    return LogStatusReported(LogKind.LOG, payload["status"], request_number(payload))


def read_firmware_status(payload: Payload) -> FirmwareStatusReported:
    return FirmwareStatusReported(payload["status"])


def read_signed_firmware_status(payload: Payload) -> FirmwareStatusReported:
    return FirmwareStatusReported(payload["status"], request_number(payload), signed=True)


def read_security_event(payload: Payload) -> SecurityEventReported:
    return SecurityEventReported(text(payload, "type"), stamp(payload.get("timestamp")), text(payload, "techInfo"))


def read_signing_request(payload: Payload) -> CertificateRequested:
    return CertificateRequested(long_text(payload, "csr"))


def write_signing_request(answer: Decided) -> Payload:
    return {"status": answer.status}
