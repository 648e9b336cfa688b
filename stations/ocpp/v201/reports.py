"""How far firmware and logs are, the end of reservations (use cases L01, L02, N01, H04)."""

from __future__ import annotations

from stations.ocpp.facts import (
    FirmwareStatusReported,
    LogKind,
    LogStatusReported,
    ReservationEnded,
)
from stations.ocpp.frames import Payload
from stations.ocpp.reading import request_number


def read_log_status(payload: Payload) -> LogStatusReported:
    return LogStatusReported(LogKind.LOG, payload["status"], request_number(payload))


def read_firmware_status(payload: Payload) -> FirmwareStatusReported:
    return FirmwareStatusReported(payload["status"], request_number(payload))


def read_reservation_status(payload: Payload) -> ReservationEnded:
    return ReservationEnded(payload["reservationId"], payload["reservationUpdateStatus"])
