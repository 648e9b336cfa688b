"""What a station says in OCPP 2.0.1 and 2.1. Use-case letters are those of their part 2.

A transaction begins when the cable is plugged in and ends when the driver stops it or goes
(TxStartPoint EVConnected; E01, E06).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from stations.emulator.point.access import Verdict
from stations.emulator.point.message import Charge, Message, Moment, Reading
from stations.emulator.point.words import Plate, Reason, Status, Words
from stations.ocpp.frames import Payload

_STATUSES = {
    Status.AVAILABLE: "Available",
    Status.FAULTED: "Faulted",
    Status.RESERVED: "Reserved",
    Status.UNAVAILABLE: "Unavailable",
}


class _Ending(NamedTuple):
    trigger: str
    reason: str


_ENDINGS = {
    Reason.LOCAL: _Ending("StopAuthorized", "Local"),
    Reason.UNPLUGGED: _Ending("EVCommunicationLost", "EVDisconnected"),
    Reason.DEAUTHORISED: _Ending("Deauthorized", "DeAuthorized"),
    Reason.FAULT: _Ending("AbnormalCondition", "Other"),
    Reason.REBOOT: _Ending("AbnormalCondition", "Reboot"),
    Reason.EMERGENCY_STOP: _Ending("AbnormalCondition", "EmergencyStop"),
    Reason.HARD_RESET: _Ending("ResetCommand", "ImmediateReset"),
    Reason.SOFT_RESET: _Ending("ResetCommand", "Reboot"),
    Reason.POWER_LOSS: _Ending("AbnormalCondition", "PowerLoss"),
    Reason.REMOTE: _Ending("RemoteStop", "Remote"),
    Reason.UNLOCK_COMMAND: _Ending("UnlockCommand", "Other"),
}


class Words2(Words):
    def boot(self, plate: Plate, reason: str) -> Message:
        station: Payload = {
            "vendorName": plate.vendor,
            "model": plate.model,
            "serialNumber": plate.serial_number,
            "firmwareVersion": plate.firmware,
        }
        return Message("BootNotification", {"reason": reason, "chargingStation": station})

    def status_word(self, status: Status) -> str:
        return _STATUSES.get(status, "Occupied")

    def status(self, outlet: int, status: Status, error: str, moment: Moment) -> Message:
        payload: Payload = {
            "timestamp": moment.stamp,
            "connectorStatus": self.status_word(status),
            "evseId": outlet,
            "connectorId": 1,
        }
        return Message("StatusNotification", payload, outlet=outlet)

    def authorize(self, token: str, outlet: int) -> Message:
        return Message("Authorize", {"idToken": _token(token)}, token=token, outlet=outlet)

    def plugged_in(self, charge: Charge, reading: Reading) -> list[Message]:
        charge.open = True
        return [_event("Started", "CablePluggedIn", charge, reading, "EVConnected", context="Transaction.Begin")]

    def authorised(self, charge: Charge, reading: Reading) -> list[Message]:
        return [_event("Updated", "Authorized", charge, reading, "EVConnected", token=True)]

    def began(self, charge: Charge, reading: Reading) -> list[Message]:
        return [_event("Updated", "ChargingStateChanged", charge, reading, "Charging")]

    def sampled(self, charge: Charge, reading: Reading) -> list[Message]:
        state = "Charging" if reading.power_w > 0 else "SuspendedEV"
        return [
            _event("Updated", "MeterValuePeriodic", charge, reading, state, context="Sample.Periodic", passing=True)
        ]

    def collected(self, charge: Charge, reading: Reading, context: str) -> None:
        """Each event carries its own reading."""

    def suspended(self, charge: Charge, reading: Reading) -> list[Message]:
        return [_event("Updated", "ChargingStateChanged", charge, reading, "SuspendedEV")]

    def ended(self, charge: Charge, reading: Reading, reason: Reason, by: str) -> list[Message]:
        charge.open = False
        trigger, stopped = _ENDINGS[reason]
        message = _event("Ended", trigger, charge, reading, "", token=bool(by), context="Transaction.End")
        message.payload["transactionInfo"]["stoppedReason"] = stopped
        return [message]

    def meters(self, outlet: int, reading: Reading, context: str, charge: Charge | None) -> list[Message]:
        return [Message("MeterValues", {"evseId": outlet, "meterValue": [_meter_value(reading, context)]})]

    def verdict(self, payload: Payload) -> Verdict | None:
        info = payload.get("idTokenInfo")
        return Verdict(info["status"]) if info else None


def _token(token: str) -> Payload:
    return {"idToken": token, "type": "ISO14443"}


def _event(
    phase: str,
    trigger: str,
    charge: Charge,
    reading: Reading,
    state: str,
    *,
    token: bool = False,
    context: str = "",
    passing: bool = False,
) -> Message:
    """A TransactionEvent; with a `context` it carries the reading."""
    info: Payload = {"transactionId": charge.reference}
    if state:
        info["chargingState"] = state
    if phase != "Started":
        info["timeSpentCharging"] = int(charge.charging_seconds)
    payload: Payload = {
        "eventType": phase,
        "timestamp": reading.moment.stamp,
        "triggerReason": trigger,
        "seqNo": charge.sequence,
        "transactionInfo": info,
        "evse": {"id": charge.outlet, "connectorId": 1},
    }
    charge.sequence += 1
    if reading.moment.offline:
        payload["offline"] = True
    if token:
        payload["idToken"] = _token(charge.token)
    if context:
        payload["meterValue"] = [_meter_value(reading, context)]
    return Message("TransactionEvent", payload, charge=charge, kept=True, intermediate=passing)


def _meter_value(reading: Reading, context: str) -> Payload:
    samples: list[dict[str, Any]] = [
        _sample(reading.energy_wh, "Energy.Active.Import.Register", "Wh"),
        _sample(round(reading.power_w, 1), "Power.Active.Import", "W"),
        _sample(round(reading.current_a, 2), "Current.Import", "A"),
        _sample(round(reading.voltage_v, 1), "Voltage", "V"),
    ]
    if reading.soc is not None:
        samples.append(_sample(round(reading.soc, 1), "SoC", "Percent") | {"location": "EV"})
    return {
        "timestamp": reading.moment.stamp,
        "sampledValue": [{**sample, "context": context} for sample in samples],
    }


def _sample(value: float, measurand: str, unit: str) -> dict[str, Any]:
    return {"value": value, "measurand": measurand, "unitOfMeasure": {"unit": unit}}
