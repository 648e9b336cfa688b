"""What benchmarks have stations say: frames that are made once, the same in every version of OCPP."""

from __future__ import annotations

import json
from typing import Any

from benchmarks import raw_client

COUNT = 2_000
"""Frames, no two alike; a station that has said all of them begins anew."""

_BOOT_16 = {"chargePointVendor": "Bench", "chargePointModel": "B1"}
_BOOT_2 = {"reason": "PowerUp", "chargingStation": {"vendorName": "Bench", "model": "B1"}}


def boot(version: str) -> bytes:
    return _frame("boot", "BootNotification", _BOOT_16 if version == "1.6" else _BOOT_2)


def heartbeats() -> list[bytes]:
    return [_frame(f"hb-{n:06d}", "Heartbeat", {}) for n in range(COUNT)]


def meter_values(version: str) -> list[bytes]:
    """Readings with five sampled values each."""
    place = {"connectorId": 1} if version == "1.6" else {"evseId": 1}
    return [_frame(f"mv-{n:06d}", "MeterValues", place | {"meterValue": [_reading(version, n)]}) for n in range(COUNT)]


def starts(version: str) -> list[bytes]:
    """Sessions that begin: StartTransaction, or the TransactionEvent that says the same."""
    if version == "1.6":
        return [
            _frame(
                f"st-{n:06d}",
                "StartTransaction",
                {"connectorId": 1, "idTag": "BENCH", "meterStart": 1000 + n, "timestamp": _moment(n)},
            )
            for n in range(COUNT)
        ]
    return [_frame(f"st-{n:06d}", "TransactionEvent", _started(n)) for n in range(COUNT)]


def session(version: str) -> list[bytes]:
    """One session with its readings: MeterValues, or the TransactionEvents that carry the same."""
    if version == "1.6":
        return [*starts(version)[:1], *meter_values(version)[1:]]
    events = [_started(0), *(_updated(version, n) for n in range(1, COUNT))]
    return [_frame(f"te-{n:06d}", "TransactionEvent", event) for n, event in enumerate(events)]


def _started(n: int) -> dict[str, Any]:
    sampled = {"value": 1000 + n, "context": "Transaction.Begin"}
    return _event("Started", "Authorized", n, transaction=n) | {
        "idToken": {"idToken": "BENCH", "type": "Central"},
        "meterValue": [{"timestamp": _moment(n), "sampledValue": [sampled]}],
    }


def _updated(version: str, n: int) -> dict[str, Any]:
    return _event("Updated", "MeterValuePeriodic", n, transaction=0) | {"meterValue": [_reading(version, n)]}


def _event(kind: str, trigger: str, n: int, *, transaction: int) -> dict[str, Any]:
    return {
        "eventType": kind,
        "triggerReason": trigger,
        "timestamp": _moment(n),
        "seqNo": n,
        "transactionInfo": {"transactionId": f"BENCH-{transaction:06d}", "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1},
    }


def _reading(version: str, n: int) -> dict[str, Any]:
    sampled = (
        (100_000 + n * 7, "Energy.Active.Import.Register", "Wh"),
        (7000 + n % 90, "Power.Active.Import", "W"),
        (30.5 + n % 3, "Current.Import", "A"),
        (229.1 + n % 5, "Voltage", "V"),
        (20 + n % 70, "SoC", "Percent"),
    )
    values = [_sample(version, value, measurand, unit) for value, measurand, unit in sampled]
    return {"timestamp": _moment(n), "sampledValue": values}


def _sample(version: str, value: float, measurand: str, unit: str) -> dict[str, Any]:
    if version == "1.6":
        return {"value": str(value), "measurand": measurand, "unit": unit}
    return {"value": value, "measurand": measurand, "unitOfMeasure": {"unit": unit}}


def _moment(n: int) -> str:
    return f"2026-01-01T00:{n // 60 % 60:02d}:{n % 60:02d}Z"


def _frame(message_id: str, action: str, payload: dict[str, Any]) -> bytes:
    return raw_client.text_frame(json.dumps([2, message_id, action, payload]))
