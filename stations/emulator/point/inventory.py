"""The device model of an emulated 2.x station, as a NotifyReport lists it (OCPP 2.0.1 part 2, appendix 4). Pure."""

from __future__ import annotations

from typing import Any

from stations.emulator.point.words import Plate
from stations.ocpp.frames import Payload

SAMPLE_SECONDS = 10
ALIGNED_SECONDS = 900

_MEASURANDS = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"


def report_data(plate: Plate, outlets: int) -> list[Payload]:
    """The entries of `reportData`: 16 of the station, 4 of each EVSE."""
    entries = [
        _entry("ChargingStation", "VendorName", plate.vendor),
        _entry("ChargingStation", "Model", plate.model),
        _entry("ChargingStation", "SerialNumber", plate.serial_number),
        _entry("ChargingStation", "FirmwareVersion", plate.firmware),
        _entry("ChargingStation", "Available", "true", kind="boolean"),
        _entry("ChargingStation", "AvailabilityState", "Available", kind="OptionList"),
        _entry("AuthCtrlr", "Enabled", "true", kind="boolean", writable=True),
        _entry("AuthCtrlr", "LocalAuthorizeOffline", "true", kind="boolean", writable=True),
        _entry("AlignedDataCtrlr", "Interval", ALIGNED_SECONDS, kind="integer", unit="s", writable=True),
        _entry("SampledDataCtrlr", "TxUpdatedInterval", SAMPLE_SECONDS, kind="integer", unit="s", writable=True),
        _entry("SampledDataCtrlr", "TxUpdatedMeasurands", _MEASURANDS, kind="MemberList", writable=True),
        _entry("OCPPCommCtrlr", "HeartbeatInterval", 300, kind="integer", unit="s", writable=True),
        _entry("OCPPCommCtrlr", "MessageTimeout", 30, kind="integer", unit="s", writable=True),
        _entry("TxCtrlr", "TxStartPoint", "EVConnected", kind="MemberList"),
        _entry("TxCtrlr", "TxStopPoint", "Authorized,EVConnected", kind="MemberList"),
        _entry("SecurityCtrlr", "SecurityProfile", 1, kind="integer"),
    ]
    for number in range(1, outlets + 1):
        evse = {"id": number}
        entries += [
            _entry("EVSE", "Available", "true", kind="boolean", evse=evse),
            _entry("EVSE", "Power", 22_000, kind="decimal", unit="W", evse=evse),
            _entry("Connector", "Available", "true", kind="boolean", evse={**evse, "connectorId": 1}),
            _entry("Connector", "ConnectorType", "sType2", evse={**evse, "connectorId": 1}),
        ]
    return entries


def _entry(
    component: str,
    variable: str,
    value: object,
    *,
    kind: str = "string",
    unit: str = "",
    writable: bool = False,
    evse: dict[str, int] | None = None,
) -> Payload:
    characteristics: dict[str, Any] = {"dataType": kind, "supportsMonitoring": False}
    if unit:
        characteristics["unit"] = unit
    return {
        "component": {"name": component} | ({"evse": evse} if evse else {}),
        "variable": {"name": variable},
        "variableAttribute": [
            {
                "type": "Actual",
                "value": str(value),
                "mutability": "ReadWrite" if writable else "ReadOnly",
                "persistent": True,
                "constant": False,
            }
        ],
        "variableCharacteristics": characteristics,
    }
