"""What a station says in OCPP 2.0.1 and 2.1. Use-case letters are those of their part 2.

Where a transaction begins and ends is said by its points (`txpoints.py`).
"""

from __future__ import annotations

from collections.abc import Callable

from stations.emulator.point import tokens2
from stations.emulator.point.access import Verdict
from stations.emulator.point.endings2 import TOLD
from stations.emulator.point.message import Charge, Message, Moment, Reading
from stations.emulator.point.metering2 import Metering
from stations.emulator.point.meters2 import Meter
from stations.emulator.point.txpoints import AUTHORIZED, CONNECTED, DATA_SIGNED, ENERGY, PARKING_BAY, POWER_PATH, Points
from stations.emulator.point.variables import Variables
from stations.emulator.point.words import Ending, Plate, Reason, Status, Words
from stations.ocpp.frames import Payload
from stations.ocpp.profiles import IDLE

_STATUSES = {
    Status.AVAILABLE: "Available",
    Status.FAULTED: "Faulted",
    Status.RESERVED: "Reserved",
    Status.UNAVAILABLE: "Unavailable",
}


Measured = Callable[[int, str, str], tuple[str, ...]]
"""From the EVSE, the operation mode and the eventType to the measurands."""


class Words2(Words):
    tells_progress = True

    def __init__(self, variables: Variables, meter: Meter | None, measured: Measured) -> None:
        """`meter`: one that can sign; whether it does is said by variables (`metering2.py`). `measured`: what an
        operation mode has measured besides (2.1)."""
        self._points = Points(variables)
        self._metering = Metering(variables, meter)
        self._measured = measured

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

    def detected(self, charge: Charge, reading: Reading) -> list[Message]:
        if charge.open or not self._points.starts(PARKING_BAY):
            return []
        return [self._event("EVDetected", charge, reading, context="Transaction.Begin")]

    def plugged_in(self, charge: Charge, reading: Reading) -> list[Message]:
        if not self._begins(charge, CONNECTED):
            return []
        context = "" if charge.readings else "Transaction.Begin"
        message = self._event("CablePluggedIn", charge, reading, context=context)
        message.payload["cableMaxCurrent"] = reading.cable_a
        return [message]

    def admitted(self, charge: Charge, reading: Reading) -> list[Message]:
        return self.authorised(charge, reading)

    def authorised(self, charge: Charge, reading: Reading) -> list[Message]:
        if charge.told:
            return []
        if self._begins(charge, AUTHORIZED):
            return [self._authorised(charge, reading, "Authorized")]
        if self._points.starts(DATA_SIGNED) and self._metering.signs() and reading.state != "Idle":
            return [self._authorised(charge, reading, "SignedDataReceived")]
        return []

    def _authorised(self, charge: Charge, reading: Reading, trigger: str) -> Message:
        """The first event that has the token; of a remote start it says which (F01, F02)."""
        context = "" if charge.readings else "Transaction.Begin"
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
        """Energy may flow: here a transaction begins that has not before, or when energy flows (EnergyTransfer)."""
        if charge.told:
            return self.progressed(charge, reading)
        waits = self._points.starts(ENERGY) and not self._points.starts(POWER_PATH)
        if waits and reading.state != "Charging":
            return []
        return [self._authorised(charge, reading, "ChargingStateChanged")]

    def _begins(self, charge: Charge, point: str) -> bool:
        """Whether the transaction has begun, or does now."""
        return charge.open or self._points.starts(point)

    def sampled(self, charge: Charge, reading: Reading) -> list[Message]:
        return [self._event("MeterValuePeriodic", charge, reading, context="Sample.Periodic", passing=True)]

    def collected(self, charge: Charge, reading: Reading, context: str) -> None:
        """What is told now has its own reading."""

    def gathered(self, charge: Charge, reading: Reading) -> None:
        self._metering.gather(charge, reading)

    def progressed(self, charge: Charge, reading: Reading) -> list[Message]:
        trigger = "ChargingStateChanged" if reading.state != charge.told_state else "ChargingRateChanged"
        if reading.mode and (reading.mode, reading.wishes) != charge.told_mode:
            trigger = "OperationModeChanged"
        return [self._event(trigger, charge, reading)]

    @property
    def stops_with_energy(self) -> bool:
        return self._points.stops(ENERGY)

    def ending(self, reason: Reason) -> Ending:
        return self._points.ending(reason)

    def stopping(self, charge: Charge, reading: Reading, *, reason: Reason, by: str) -> list[Message]:
        """The vehicle's part is told as a state of charging, and when it is gone."""
        if reason in (Reason.VEHICLE, Reason.UNPLUGGED):
            return []
        return [self._event(TOLD[reason].trigger, charge, reading, token=by)]

    def unplugged(self, charge: Charge, reading: Reading) -> list[Message]:
        return [self._event("EVCommunicationLost", charge, reading)]

    def unlocked(self, charge: Charge, reading: Reading) -> list[Message]:
        return [self._event("UnlockCommand", charge, reading)]

    def triggered(self, charge: Charge, reading: Reading) -> list[Message]:
        return [self._event("Trigger", charge, reading, context="Trigger")]

    def resumed(self, charge: Charge, reading: Reading) -> list[Message]:
        """2.1 E17."""
        return [self._event("TxResumed", charge, reading)]

    def limited(self, charge: Charge, reading: Reading) -> list[Message]:
        message = self._event("LimitSet", charge, reading)
        message.payload["transactionInfo"]["transactionLimit"] = dict(charge.limits)
        return [message]

    def repriced(self, charge: Charge, reading: Reading) -> list[Message]:
        """With what the meter shows: it divides the energy between the tariffs."""
        return [self._event("TariffChanged", charge, reading, context="Other")]

    def ended(self, charge: Charge, reading: Reading, reason: Reason, by: str) -> list[Message]:
        """What happened last is its trigger, what happened first its reason (2.1 TransactionType.stoppedReason)."""
        if not charge.open:
            return []  # it has never begun
        trigger, stopped = TOLD[reason].trigger, TOLD[charge.stopping or reason].reason
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
        if context == "Sample.Clock" and charge is not None and charge.open and charge.placed:
            if self._metering.pauses:
                return []
            return [self._event("MeterValueClock", charge, reading, context=context, passing=True)]
        values = self._metering.alone(reading, context)
        return [Message("MeterValues", {"evseId": outlet, "meterValue": values})] if values else []

    def reservation_ended(self, number: int, why: str) -> list[Message]:
        return [Message("ReservationStatusUpdate", {"reservationId": number, "reservationUpdateStatus": why})]

    def verdict(self, payload: Payload) -> Verdict | None:
        info = payload.get("idTokenInfo")
        if not info:
            return None
        verdict = tokens2.read_verdict(info)
        if verdict.accepted and payload.get("certificateStatus", "Accepted") != "Accepted":
            return verdict._replace(status="Invalid")  # the contract that it stands for is not good (C07)
        return verdict

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
        payload: Payload = {
            "eventType": phase,
            "timestamp": reading.moment.stamp,
            "triggerReason": trigger,
            "seqNo": charge.sequence,
            "transactionInfo": _info(charge, reading, phase),
        }
        if charge.placed:
            payload["evse"] = {"id": charge.outlet, "connectorId": 1}
            charge.note(reading)
        payload |= _equipment(charge, reading, phase)
        charge.sequence += 1
        charge.open = phase != "Ended"
        charge.told_state = reading.state if charge.open else charge.told_state
        charge.told_w, charge.told_mode = reading.offered_w - reading.fed_w, (reading.mode, reading.wishes)
        if reading.moment.offline:
            payload["offline"] = True
        if token:
            payload["idToken"] = tokens2.written(token) | tokens2.of_vehicle(reading.evccid)
        also = self._measured(charge.outlet, reading.mode, phase)
        if context and charge.placed and (values := self._metering.of_session(charge, reading, context, also)):
            payload["meterValue"] = values
        return Message("TransactionEvent", payload, charge=charge, token=token, kept=True, intermediate=passing)


def _info(charge: Charge, reading: Reading, phase: str) -> Payload:
    """A TransactionType."""
    info: Payload = {"transactionId": charge.reference}
    if phase != "Ended":
        info["chargingState"] = reading.state
    if phase != "Started":
        info["timeSpentCharging"] = int(charge.charging_seconds)
    if charge.agreed:
        info["tariffId"] = charge.agreed[-1].tariff.id
    if reading.mode and phase != "Ended":
        info["operationMode"] = reading.mode
    return info


def _equipment(charge: Charge, reading: Reading, phase: str) -> Payload:
    """What an event tells of the EVSE and the vehicle."""
    told: Payload = {}
    if phase != "Ended" and reading.state == "Charging":
        told["numberOfPhasesUsed"] = reading.phases
    if phase != "Ended" and IDLE in (reading.mode, charge.told_mode[0]):
        told["evseSleep"] = "evseSleep" in reading.wishes
    if "preconditioningRequest" in reading.wishes:
        told["preconditioningStatus"] = "Preconditioning"
    return told
