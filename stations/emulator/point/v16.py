"""What a station says in OCPP 1.6. Section numbers are those of its specification."""

from __future__ import annotations

from stations.emulator.point import measurands
from stations.emulator.point.access import Verdict
from stations.emulator.point.message import Charge, Message, Moment, Reading
from stations.emulator.point.settings import Settings
from stations.emulator.point.words import Plate, Reason, Status, Words
from stations.ocpp.frames import Payload

DATA_LIMIT = 500
"""Meter values that one StopTransaction carries at most."""

_REASONS = {
    Reason.LOCAL: "Local",
    Reason.UNPLUGGED: "EVDisconnected",
    Reason.DEAUTHORISED: "DeAuthorized",
    Reason.FAULT: "Other",
    Reason.REBOOT: "Reboot",
    Reason.EMERGENCY_STOP: "EmergencyStop",
    Reason.HARD_RESET: "HardReset",
    Reason.RESET_AND_RESUME: "HardReset",
    Reason.SOFT_RESET: "SoftReset",
    Reason.POWER_LOSS: "PowerLoss",
    Reason.REMOTE: "Remote",
    Reason.UNLOCK_COMMAND: "UnlockCommand",
    Reason.MASTER_PASS: "Local",
    Reason.TIMEOUT: "Other",
    Reason.ENERGY_LIMIT: "Other",
    Reason.TIME_LIMIT: "Other",
    Reason.COST_LIMIT: "Other",
    Reason.SOC_LIMIT: "Other",
    Reason.VEHICLE: "Local",
    Reason.DEPARTED: "EVDisconnected",
    Reason.TRANSFER_REJECTED: "Other",
}

_COLLECTED = {"Sample.Clock": "StopTxnAlignedData"}
_SENT = {"Sample.Clock": "MeterValuesAlignedData"}


class Words16(Words):
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def boot(self, plate: Plate, reason: str) -> Message:
        payload: Payload = {
            "chargePointVendor": plate.vendor,
            "chargePointModel": plate.model,
            "chargePointSerialNumber": plate.serial_number,
            "firmwareVersion": plate.firmware,
            "meterType": plate.meter_type,
        }
        return Message("BootNotification", payload)

    def status(self, outlet: int, status: Status, error: str, moment: Moment) -> Message:
        payload: Payload = {
            "connectorId": outlet,
            "errorCode": error or "NoError",
            "status": status.value,
            "timestamp": moment.stamp,
        }
        return Message("StatusNotification", payload, outlet=outlet)

    def station_status(self, status: Status, moment: Moment) -> list[Message]:
        return [self.status(0, status, "", moment)]

    def authorize(self, token: str, outlet: int) -> Message:
        return Message("Authorize", {"idTag": token}, token=token, outlet=outlet)

    def began(self, charge: Charge, reading: Reading) -> list[Message]:
        charge.open = True
        payload: Payload = {
            "connectorId": charge.outlet,
            "idTag": charge.token,
            "meterStart": reading.energy_wh,
            "timestamp": reading.moment.stamp,
        }
        if charge.reservation is not None:
            payload["reservationId"] = charge.reservation
        charge.note(reading)
        self.collected(charge, reading, "Transaction.Begin")
        return [Message("StartTransaction", payload, charge=charge, token=charge.token, kept=True)]

    def sampled(self, charge: Charge, reading: Reading) -> list[Message]:
        self.collected(charge, reading, "Sample.Periodic")
        return self.meters(charge.outlet, reading, "Sample.Periodic", charge)

    def collected(self, charge: Charge, reading: Reading, context: str) -> None:
        names = self._settings.names(_COLLECTED.get(context, "StopTxnSampledData"))
        if not (sampled := measurands.samples(reading, names, context)):
            return
        if len(charge.data) >= DATA_LIMIT:
            del charge.data[1::2]  # every second one, never the first: the curve keeps its shape
        charge.data.append({"timestamp": reading.moment.stamp, "sampledValue": sampled})

    def gathered(self, charge: Charge, reading: Reading) -> None:
        """There is but one interval of round times: `collected`."""

    def ended(self, charge: Charge, reading: Reading, reason: Reason, by: str) -> list[Message]:
        charge.open = False
        charge.note(reading)
        payload: Payload = {
            "meterStop": reading.energy_wh,
            "timestamp": reading.moment.stamp,
            "reason": _REASONS[reason],
        }
        if by:
            payload["idTag"] = by
        self.collected(charge, reading, "Transaction.End")
        if charge.data:
            payload["transactionData"] = charge.data
        return [Message("StopTransaction", payload, charge=charge, token=by, kept=True, numbered=True)]

    def meters(self, outlet: int, reading: Reading, context: str, charge: Charge | None) -> list[Message]:
        names = self._settings.names(_SENT.get(context, "MeterValuesSampledData"))
        if not (sampled := measurands.samples(reading, names, context)):
            return []
        payload: Payload = {
            "connectorId": outlet,
            "meterValue": [{"timestamp": reading.moment.stamp, "sampledValue": sampled}],
        }
        running = charge if charge is not None and charge.open else None
        ours = running is not None
        if running is not None:
            running.note(reading)
        return [Message("MeterValues", payload, charge=running, kept=ours, intermediate=ours, numbered=ours)]

    def verdict(self, payload: Payload) -> Verdict | None:
        info = payload.get("idTagInfo")
        return Verdict.read(info) if info else None
