"""How far firmware and logs are, security events, signing requests (use cases L01, L02, N01, A04, A02, A03)."""

from __future__ import annotations

from stations.ocpp.facts import (
    CertificateRequested,
    Decided,
    FirmwareStatusReported,
    LogKind,
    LogStatusReported,
    Noticed,
    ReservationEnded,
    SecurityEventReported,
)
from stations.ocpp.frames import Payload
from stations.ocpp.reading import long_text, request_number, stamp, text


def read_log_status(payload: Payload) -> LogStatusReported:
    return LogStatusReported(LogKind.LOG, payload["status"], request_number(payload))


def read_firmware_status(payload: Payload) -> FirmwareStatusReported:
    return FirmwareStatusReported(payload["status"], request_number(payload))


def read_security_event(payload: Payload) -> SecurityEventReported:
    return SecurityEventReported(text(payload, "type"), stamp(payload.get("timestamp")), text(payload, "techInfo"))


def read_signing_request(payload: Payload) -> CertificateRequested:
    return CertificateRequested(long_text(payload, "csr"), text(payload, "certificateType"))


def write_signing_request(answer: Decided) -> Payload:
    return {"status": answer.status}


def read_reservation_status(payload: Payload) -> ReservationEnded:
    return ReservationEnded(payload["reservationId"], payload["reservationUpdateStatus"])


def read_notice(_: Payload) -> Noticed:
    return Noticed()
