"""Boot, heartbeat, status, inventory, customers, data transfer (use cases B01, G02, G01, B07, B08, N09, N10, P02)."""

from __future__ import annotations

from stations.ocpp.facts import (
    Booted,
    DataAnswered,
    DataTransferred,
    HeartBeaten,
    Registered,
    StatusReported,
    TimeTold,
)
from stations.ocpp.frames import Payload
from stations.ocpp.reading import stamp, text, whole
from stations.ocpp.reports import ReportAsked, ReportKind, ReportPart, asked_of, part_of
from stations.ocpp.times import written
from stations.ocpp.v201.tokens import write_token


def read_boot(payload: Payload) -> Booted:
    station = payload["chargingStation"]
    modem = station.get("modem") or {}
    return Booted(
        vendor=text(station, "vendorName"),
        model=text(station, "model"),
        serial_number=text(station, "serialNumber"),
        firmware_version=text(station, "firmwareVersion"),
        iccid=text(modem, "iccid"),
        imsi=text(modem, "imsi"),
        reason=text(payload, "reason"),
    )


def write_boot(answer: Registered) -> Payload:
    return {"status": answer.status, "currentTime": written(answer.now), "interval": answer.interval}


def read_heartbeat(_: Payload) -> HeartBeaten:
    return HeartBeaten()


def write_heartbeat(answer: TimeTold) -> Payload:
    return {"currentTime": written(answer.now)}


def read_status(payload: Payload) -> StatusReported:
    return StatusReported(
        evse=whole(payload, "evseId"),
        connector=whole(payload, "connectorId"),
        status=payload["connectorStatus"],
        stamp=stamp(payload.get("timestamp")),
    )


def read_report(payload: Payload) -> ReportPart:
    return part_of(ReportKind.INVENTORY, payload, payload.get("reportData"))


def read_report_asked(request: Payload, answer: Payload) -> ReportAsked:
    """The answer to GetBaseReport (B07) or GetReport (B08)."""
    return asked_of(ReportKind.INVENTORY, request, answer)


def read_customer_information(payload: Payload) -> ReportPart:
    """A part of a text: parts are cut at 512 characters, wherever that is."""
    return part_of(ReportKind.CUSTOMER_INFORMATION, payload, [payload["data"]])


def read_customer_asked(request: Payload, answer: Payload) -> ReportAsked | None:
    """The answer to CustomerInformation: a report follows where one was asked for, and not after a mere `clear`."""
    return asked_of(ReportKind.CUSTOMER_INFORMATION, request, answer) if request["report"] else None


def write_forgetting(request: int, value: str, type: str, *, report: bool) -> Payload:
    """CustomerInformation (N10); `report`: and it tells what it knew."""
    return {"requestId": request, "report": report, "clear": True, "idToken": write_token(value, type)}


def read_data(payload: Payload) -> DataTransferred:
    return DataTransferred(text(payload, "vendorId"), text(payload, "messageId"), payload.get("data"))


def write_data(answer: DataAnswered) -> Payload:
    return {"status": answer.status} if answer.data is None else {"status": answer.status, "data": answer.data}
