"""Boot, heartbeat, status, inventory, data transfer (use cases B01, G02, G01, B05 to B08, P02)."""

from __future__ import annotations

from collections.abc import Iterator

from stations.ocpp.facts import (
    Booted,
    DataAnswered,
    DataTransferred,
    HeartBeaten,
    InventoryReported,
    Registered,
    StatusReported,
    TimeTold,
    VariableReported,
)
from stations.ocpp.frames import Payload
from stations.ocpp.reading import stamp, text, whole
from stations.ocpp.times import written


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


def read_report(payload: Payload) -> InventoryReported:
    return InventoryReported(
        request_id=payload["requestId"],
        sequence=payload["seqNo"],
        more_follows=bool(payload.get("tbc")),
        variables=tuple(_variables(payload)),
    )


def _variables(payload: Payload) -> Iterator[VariableReported]:
    for data in payload.get("reportData") or ():
        component, variable = data["component"], data["variable"]
        evse = component.get("evse") or {}
        for attribute in data["variableAttribute"]:
            yield VariableReported(
                component=text(component, "name"),
                component_instance=text(component, "instance"),
                variable=text(variable, "name"),
                variable_instance=text(variable, "instance"),
                evse=whole(evse, "id") if evse else None,
                connector=whole(evse, "connectorId") if "connectorId" in evse else None,
                attribute=attribute.get("type") or "Actual",
                value=attribute.get("value"),
                mutability=attribute.get("mutability") or "ReadWrite",
                characteristics=data.get("variableCharacteristics") or {},
            )


def read_data(payload: Payload) -> DataTransferred:
    return DataTransferred(text(payload, "vendorId"), text(payload, "messageId"), payload.get("data"))


def write_data(answer: DataAnswered) -> Payload:
    return {"status": answer.status} if answer.data is None else {"status": answer.status, "data": answer.data}
