"""Boot, heartbeat, status, data transfer (sections 4.2, 4.3, 4.6, 4.9)."""

from __future__ import annotations

import orjson

from stations.ocpp.facts import Booted, DataAnswered, DataTransferred, HeartBeaten, Registered, StatusReported, TimeTold
from stations.ocpp.frames import Payload
from stations.ocpp.reading import stamp, text, whole
from stations.ocpp.times import written


def read_boot(payload: Payload) -> Booted:
    return Booted(
        vendor=text(payload, "chargePointVendor"),
        model=text(payload, "chargePointModel"),
        serial_number=text(payload, "chargePointSerialNumber") or text(payload, "chargeBoxSerialNumber"),
        firmware_version=text(payload, "firmwareVersion"),
        iccid=text(payload, "iccid"),
        imsi=text(payload, "imsi"),
        meter_type=text(payload, "meterType"),
        meter_serial_number=text(payload, "meterSerialNumber"),
    )


def write_boot(answer: Registered) -> Payload:
    return {"status": answer.status, "currentTime": written(answer.now), "interval": answer.interval}


def read_heartbeat(_: Payload) -> HeartBeaten:
    return HeartBeaten()


def write_heartbeat(answer: TimeTold) -> Payload:
    return {"currentTime": written(answer.now)}


def read_status(payload: Payload) -> StatusReported:
    number = whole(payload, "connectorId")
    error = payload["errorCode"]
    return StatusReported(
        evse=number,
        connector=1 if number else 0,
        status=payload["status"],
        stamp=stamp(payload.get("timestamp")),
        error_code="" if error == "NoError" else error,
        info=text(payload, "info"),
        vendor_error_code=text(payload, "vendorErrorCode"),
    )


def read_data(payload: Payload) -> DataTransferred:
    return DataTransferred(text(payload, "vendorId"), text(payload, "messageId"), payload.get("data"))


def write_data(answer: DataAnswered) -> Payload:
    """Data is a text in 1.6; anything else travels as JSON in it."""
    if answer.data is None:
        return {"status": answer.status}
    data = answer.data if isinstance(answer.data, str) else orjson.dumps(answer.data).decode()
    return {"status": answer.status, "data": data}
