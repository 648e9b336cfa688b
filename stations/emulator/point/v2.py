"""What a station says in OCPP 2.0.1 and 2.1. Use-case letters are those of their part 2.

A transaction begins at the first of the points that `TxCtrlr.TxStartPoint` names, and ends when the driver stops it or
goes (E01, E06).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from stations.emulator.point import tokens2
from stations.emulator.point.access import Verdict
from stations.emulator.point.clock import parsed
from stations.emulator.point.message import Charge, Message, Moment, Reading
from stations.emulator.point.meters2 import Meter, meter_value
from stations.emulator.point.settings import listed
from stations.emulator.point.variables import Variables
from stations.emulator.point.words import Plate, Reason, Status, Words
from stations.ocpp.frames import Payload
from stations.ocpp.profiles import IDLE

_STATUSES = {
    Status.AVAILABLE: "Available",
    Status.FAULTED: "Faulted",
    Status.RESERVED: "Reserved",
    Status.UNAVAILABLE: "Unavailable",
}

CONNECTED, AUTHORIZED = "EVConnected", "Authorized"
"""Points at which a transaction may begin (TxStartStopPointEnumType); it does at the latest with the energy."""


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
    Reason.MASTER_PASS: _Ending("StopAuthorized", "MasterPass"),
    Reason.TIMEOUT: _Ending("EVConnectTimeout", "Timeout"),
    Reason.ENERGY_LIMIT: _Ending("EnergyLimitReached", "EnergyLimitReached"),
    Reason.TIME_LIMIT: _Ending("TimeLimitReached", "TimeLimitReached"),
    Reason.SOC_LIMIT: _Ending("SoCLimitReached", "SOCLimitReached"),
    Reason.TRANSFER_REJECTED: _Ending("AbnormalCondition", "ReqEnergyTransferRejected"),
}


Measured = Callable[[int, str, str], tuple[str, ...]]
"""From the EVSE, the operation mode and the eventType to the measurands."""


def _nothing(evse: int, mode: str, phase: str) -> tuple[str, ...]:
    return ()


class Words2(Words):
    tells_progress = True

    def __init__(self, variables: Variables, meter: Meter | None, measured: Measured = _nothing) -> None:
        """`meter`: one that can sign; whether it does is said by `SampledDataCtrlr.SignReadings`. `measured`: what an
        operation mode has measured besides (2.1)."""
        self._variables = variables
        self._meter = meter
        self._measured = measured

    @property
    def _signing(self) -> Meter | None:
        if self._meter is None:
            return None
        wanted = self._variables.text("SampledDataCtrlr", "SignReadings").casefold() == "true"
        return self._meter if wanted else None

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
        return Message("Authorize", {"idToken": tokens2.written(token)}, token=token, outlet=outlet)

    # -- a transaction ----------------------------------------------------------------------

    def plugged_in(self, charge: Charge, reading: Reading) -> list[Message]:
        if not self._begins(charge, CONNECTED):
            return []
        context = "" if charge.open else "Transaction.Begin"
        message = self._event("CablePluggedIn", charge, reading, context=context)
        message.payload["cableMaxCurrent"] = reading.cable_a
        return [message]

    def admitted(self, charge: Charge, reading: Reading) -> list[Message]:
        return self.authorised(charge, reading)

    def authorised(self, charge: Charge, reading: Reading) -> list[Message]:
        if charge.told or not self._begins(charge, AUTHORIZED):
            return []
        return [self._authorised(charge, reading, "Authorized")]

    def _authorised(self, charge: Charge, reading: Reading, trigger: str) -> Message:
        """The first event that has the token; of a remote start it says which (F01, F02)."""
        context = "" if charge.open else "Transaction.Begin"
        remote = charge.remote_start
        trigger = "RemoteStart" if remote is not None and trigger == "Authorized" else trigger
        message = self._event(trigger, charge, reading, token=charge.token, context=context)
        if remote is not None:
            message.payload["transactionInfo"]["remoteStartId"] = remote
        if charge.reservation is not None:
            message.payload["reservationId"] = charge.reservation
        charge.told = True
        return message

    def began(self, charge: Charge, reading: Reading) -> list[Message]:
        """Energy flows: here a transaction begins that has not before (PowerPathClosed)."""
        if not charge.told:
            return [self._authorised(charge, reading, "ChargingStateChanged")]
        return self.progressed(charge, reading)

    def _begins(self, charge: Charge, point: str) -> bool:
        """Whether the transaction has begun, or does now."""
        return charge.open or point in listed(self._variables.text("TxCtrlr", "TxStartPoint"))

    def sampled(self, charge: Charge, reading: Reading) -> list[Message]:
        return [self._event("MeterValuePeriodic", charge, reading, context="Sample.Periodic", passing=True)]

    def collected(self, charge: Charge, reading: Reading, context: str) -> None:
        """Each event carries its own reading."""

    def progressed(self, charge: Charge, reading: Reading) -> list[Message]:
        trigger = "ChargingStateChanged" if reading.state != charge.told_state else "ChargingRateChanged"
        if reading.mode and (reading.mode, reading.wishes) != charge.told_mode:
            trigger = "OperationModeChanged"
        return [self._event(trigger, charge, reading)]

    def unplugged(self, charge: Charge, reading: Reading) -> list[Message]:
        return [self._event("EVCommunicationLost", charge, reading)]

    def unlocked(self, charge: Charge, reading: Reading) -> list[Message]:
        return [self._event("UnlockCommand", charge, reading)]

    def triggered(self, charge: Charge, reading: Reading) -> list[Message]:
        return [self._event("Trigger", charge, reading, context="Trigger")]

    def limited(self, charge: Charge, reading: Reading) -> list[Message]:
        message = self._event("LimitSet", charge, reading)
        message.payload["transactionInfo"]["transactionLimit"] = dict(charge.limits)
        return [message]

    def ended(self, charge: Charge, reading: Reading, reason: Reason, by: str) -> list[Message]:
        trigger, stopped = _ENDINGS[reason]
        message = self._event(trigger, charge, reading, token=by, context="Transaction.End", phase="Ended")
        message.payload["transactionInfo"]["stoppedReason"] = stopped
        return [message]

    def of_slot(
        self, trigger: str, charge: Charge, reading: Reading, *, context: str, token: str, reason: str
    ) -> Message:
        """Of a battery in its slot (2.1 S04); `reason`: the stoppedReason, where it ends."""
        phase = "Ended" if reason else ""
        message = self._event(trigger, charge, reading, context=context, token=token, phase=phase)
        message.intermediate = trigger == "MeterValuePeriodic"
        if reason:
            message.payload["transactionInfo"]["stoppedReason"] = reason
        return message

    # -- what else there is -----------------------------------------------------------------

    def meters(self, outlet: int, reading: Reading, context: str, charge: Charge | None) -> list[Message]:
        """Readings at round times belong to the transaction that runs (J02); outside of one they stand alone (J01)."""
        if context == "Sample.Clock" and charge is not None and charge.open:
            return [self._event("MeterValueClock", charge, reading, context=context, passing=True)]
        return [
            Message("MeterValues", {"evseId": outlet, "meterValue": [meter_value(reading, context, self._signing)]})
        ]

    def reservation_ended(self, number: int, why: str) -> list[Message]:
        return [Message("ReservationStatusUpdate", {"reservationId": number, "reservationUpdateStatus": why})]

    def verdict(self, payload: Payload) -> Verdict | None:
        info = payload.get("idTokenInfo")
        return read_verdict(info) if info else None

    def limits(self, payload: Payload) -> dict[str, float] | None:
        return payload.get("transactionLimit")

    def _event(
        self,
        trigger: str,
        charge: Charge,
        reading: Reading,
        *,
        token: str = "",
        context: str = "",
        passing: bool = False,
        phase: str = "",
    ) -> Message:
        """A TransactionEvent; with a `context` it carries the reading."""
        phase = phase or ("Updated" if charge.open else "Started")
        info: Payload = {"transactionId": charge.reference}
        if phase != "Ended":
            info["chargingState"] = charge.told_state = reading.state
        if phase != "Started":
            info["timeSpentCharging"] = int(charge.charging_seconds)
        if reading.mode and phase != "Ended":
            info["operationMode"] = reading.mode
        payload: Payload = {
            "eventType": phase,
            "timestamp": reading.moment.stamp,
            "triggerReason": trigger,
            "seqNo": charge.sequence,
            "transactionInfo": info,
            "evse": {"id": charge.outlet, "connectorId": 1},
        }
        if phase != "Ended" and reading.state == "Charging":
            payload["numberOfPhasesUsed"] = reading.phases
        if phase != "Ended" and IDLE in (reading.mode, charge.told_mode[0]):
            payload["evseSleep"] = "evseSleep" in reading.wishes
        if "preconditioningRequest" in reading.wishes:
            payload["preconditioningStatus"] = "Preconditioning"
        charge.sequence += 1
        charge.open = phase != "Ended"
        charge.told_w, charge.told_mode = reading.offered_w - reading.fed_w, (reading.mode, reading.wishes)
        charge.note(reading)
        if reading.moment.offline:
            payload["offline"] = True
        if token:
            payload["idToken"] = tokens2.written(token) | tokens2.of_vehicle(reading.evccid)
        if context:
            also = self._measured(charge.outlet, reading.mode, phase)
            payload["meterValue"] = [meter_value(reading, context, self._signing, also)]
        return Message("TransactionEvent", payload, charge=charge, token=token, kept=True, intermediate=passing)


def read_verdict(info: Payload) -> Verdict:
    """From an IdTokenInfoType."""
    expiry = info.get("cacheExpiryDateTime")
    return Verdict(
        info["status"],
        tokens2.read_group(info),
        parsed(expiry) if expiry else None,
        tuple(info.get("evseId", ())),
    )
