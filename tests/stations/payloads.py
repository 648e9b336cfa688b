"""A valid payload for every action that is served, as full as it may be."""

from __future__ import annotations

import copy
from importlib.resources import files
from typing import Any

import orjson

from stations.ocpp.frames import Payload
from stations.ocpp.v21.routes import ROUTES as ROUTES_21
from stations.ocpp.v201.routes import ROUTES as ROUTES_201
from tests.stations.support import NOON_TEXT

_METERS_16: list[Any] = [
    {
        "timestamp": NOON_TEXT,
        "sampledValue": [
            {"value": "1000", "measurand": "Energy.Active.Import.Register", "unit": "Wh", "context": "Sample.Periodic"},
            {"value": "7.4", "measurand": "Power.Active.Import", "unit": "kW", "format": "Raw", "location": "Outlet"},
            {"value": "16", "measurand": "Current.Import", "unit": "A", "phase": "L1"},
        ],
    }
]
_METERS_2: list[Any] = [
    {
        "timestamp": NOON_TEXT,
        "sampledValue": [
            {"value": 1000, "unitOfMeasure": {"unit": "Wh", "multiplier": 0}, "context": "Sample.Periodic"},
            {"value": 7.4, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "kW"}, "location": "Outlet"},
            {"value": 16.0, "measurand": "Current.Import", "phase": "L1", "unitOfMeasure": {"unit": "A"}},
        ],
    }
]
_V16: dict[str, Payload] = {
    "Authorize": {"idTag": "CARD"},
    "BootNotification": {
        "chargePointVendor": "Vendor",
        "chargePointModel": "Model",
        "chargePointSerialNumber": "S1",
        "chargeBoxSerialNumber": "B1",
        "firmwareVersion": "1.0",
        "iccid": "8943",
        "imsi": "2320",
        "meterType": "MT",
        "meterSerialNumber": "MS",
    },
    "DataTransfer": {"vendorId": "org.example", "messageId": "hello", "data": "text"},
    "DiagnosticsStatusNotification": {"status": "Uploading"},
    "FirmwareStatusNotification": {"status": "Downloading"},
    "Heartbeat": {},
    "LogStatusNotification": {"status": "Uploading", "requestId": 7},
    "MeterValues": {"connectorId": 1, "transactionId": 1, "meterValue": _METERS_16},
    "SecurityEventNotification": {"type": "MemoryExhaustion", "timestamp": NOON_TEXT, "techInfo": "97 %"},
    "SignCertificate": {"csr": "-----BEGIN CERTIFICATE REQUEST-----"},
    "SignedFirmwareStatusNotification": {"status": "SignatureVerified", "requestId": 7},
    "StartTransaction": {
        "connectorId": 1,
        "idTag": "CARD",
        "meterStart": 0,
        "reservationId": 5,
        "timestamp": NOON_TEXT,
    },
    "StatusNotification": {
        "connectorId": 1,
        "errorCode": "OtherError",
        "status": "Faulted",
        "info": "hot",
        "vendorErrorCode": "E7",
        "vendorId": "org.example",
        "timestamp": NOON_TEXT,
    },
    "StopTransaction": {
        "transactionId": 1,
        "idTag": "CARD",
        "meterStop": 1000,
        "reason": "Local",
        "timestamp": NOON_TEXT,
        "transactionData": _METERS_16,
    },
}
_V2: dict[str, Payload] = {
    "Authorize": {"idToken": {"idToken": "CARD", "type": "ISO14443"}},
    "BootNotification": {
        "reason": "PowerUp",
        "chargingStation": {
            "vendorName": "Vendor",
            "model": "Model",
            "serialNumber": "S1",
            "firmwareVersion": "1.0",
            "modem": {"iccid": "8943", "imsi": "2320"},
        },
    },
    "DataTransfer": {"vendorId": "org.example", "messageId": "hello", "data": {"any": ["thing"]}},
    "Heartbeat": {},
    "MeterValues": {"evseId": 1, "meterValue": _METERS_2},
    "NotifyReport": {
        "requestId": 1,
        "generatedAt": NOON_TEXT,
        "seqNo": 0,
        "tbc": True,
        "reportData": [
            {
                "component": {"name": "EVSE", "instance": "left", "evse": {"id": 1, "connectorId": 1}},
                "variable": {"name": "Power", "instance": "max"},
                "variableAttribute": [
                    {"type": "Actual", "value": "22000", "mutability": "ReadOnly"},
                    {"type": "MaxSet", "value": "11000", "mutability": "ReadWrite"},
                ],
                "variableCharacteristics": {"dataType": "decimal", "unit": "W", "supportsMonitoring": True},
            }
        ],
    },
    "StatusNotification": {
        "timestamp": NOON_TEXT,
        "connectorStatus": "Occupied",
        "evseId": 1,
        "connectorId": 1,
    },
    "TransactionEvent": {
        "eventType": "Updated",
        "timestamp": NOON_TEXT,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": 1,
        "offline": True,
        "transactionInfo": {"transactionId": "T1", "chargingState": "Charging", "stoppedReason": "Local"},
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": "CARD", "type": "ISO14443"},
        "meterValue": _METERS_2,
    },
}


def _filled(schema: dict[str, Any], whole: dict[str, Any]) -> Any:
    """A value that fits a schema, with everything in it that it may have."""
    if "$ref" in schema:
        return _filled(whole["definitions"][schema["$ref"].rsplit("/", 1)[-1]], whole)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: _filled(part, whole) for name, part in properties.items() if name != "customData"}
        case "array":
            return [_filled(schema["items"], whole)]
        case "string":
            return NOON_TEXT if schema.get("format") == "date-time" else "text"[: schema.get("maxLength", 4)]
        case "integer" | "number":
            return min(max(1, schema.get("minimum", 1)), schema.get("maximum", 1))
        case kind:
            assert kind == "boolean", kind
            return True


def _from_schema(folder: str, action: str) -> Payload:
    path = files("ocpp") / folder / "schemas" / f"{action}Request.json"
    schema = orjson.loads(path.read_text(encoding="utf-8-sig"))
    made: Payload = _filled(schema, schema)
    return made


PAYLOADS = {
    "1.6": _V16,
    "2.0.1": {action: _V2.get(action) or _from_schema("v201", action) for action in ROUTES_201},
    "2.1": {action: _V2.get(action) or _from_schema("v21", action) for action in ROUTES_21},
}
"""Those of 2.x that are not written out here are made from their schemas."""

ACTIONS = [(version, action) for version, payloads in PAYLOADS.items() for action in payloads]


def payload(version: str, action: str, **changes: Any) -> Payload:
    """A copy of the payload; `name=None` takes the field `name` out."""
    made = copy.deepcopy(PAYLOADS[version][action]) | changes
    return {name: value for name, value in made.items() if value is not None}
