"""Firmware, logs, what local controllers publish (use cases L01 to L04, N01): our calls and what is said of them.

UpdateFirmware says what SignedUpdateFirmware of 1.6 says, and GetLog is the same: both came to 1.6 from here.
"""

from __future__ import annotations

from stations.ocpp.files import FirmwareUnpublished, Publication, PublishStatusReported
from stations.ocpp.frames import Payload
from stations.ocpp.reading import request_number
from stations.ocpp.v16.files import read_log, some, tries, write_log
from stations.ocpp.v16.files import read_signed_update as read_answer
from stations.ocpp.v16.files import write_signed_update as write_update

__all__ = [
    "read_answer",
    "read_log",
    "read_publish_status",
    "read_unpublish",
    "write_log",
    "write_publish",
    "write_update",
]

MAX_LOCATIONS = 50
MAX_LOCATION = 2000


def write_publish(order: Publication) -> Payload:
    """PublishFirmware."""
    return some(requestId=order.request, location=order.location, checksum=order.checksum, **tries(order))


def read_unpublish(request: Payload, reply: Payload) -> FirmwareUnpublished:
    return FirmwareUnpublished(request["checksum"], reply["status"])


def read_publish_status(payload: Payload) -> PublishStatusReported:
    locations = [each[:MAX_LOCATION] for each in payload.get("location") or ()]
    return PublishStatusReported(payload["status"], request_number(payload), tuple(locations[:MAX_LOCATIONS]))
