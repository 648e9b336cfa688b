"""What a station says in OCPP 1.6. Section numbers are those of its specification."""

from __future__ import annotations

from typing import Any

from stations.emulator.message import Charge, Message, Moment, Reading
from stations.emulator.words import Plate, Reason, Status, Words
from stations.ocpp.frames import Payload

_REASONS = {
    Reason.LOCAL: "Local",
    Reason.UNPLUGGED: "EVDisconnected",
    Reason.DEAUTHORISED: "DeAuthorized",
    Reason.FAULT: "Other",
    Reason.REBOOT: "Reboot",
}


class Words16(Words):
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

    def station_status(self, moment: Moment) -> list[Message]:
        return [self.status(0, Status.AVAILABLE, "", moment)]

    def authorize(self, charge: Charge) -> Message:
        return Message("Authorize", {"idTag": charge.token}, charge=charge)

    def began(self, charge: Charge, reading: Reading) -> list[Message]:
        charge.open = True
        payload: Payload = {
            "connectorId": charge.outlet,
            "idTag": charge.token,
            "meterStart": reading.energy_wh,
            "timestamp": reading.moment.stamp,
        }
        return [Message("StartTransaction", payload, charge=charge, kept=True)]

    def sampled(self, charge: Charge, reading: Reading) -> list[Message]:
        return [self.meters(charge.outlet, reading, "Sample.Periodic", charge)]

    def ended(self, charge: Charge, reading: Reading, reason: Reason) -> list[Message]:
        charge.open = False
        payload: Payload = {
            "meterStop": reading.energy_wh,
            "timestamp": reading.moment.stamp,
            "reason": _REASONS[reason],
        }
        if reason is Reason.LOCAL:
            payload["idTag"] = charge.token
        return [Message("StopTransaction", payload, charge=charge, kept=True, numbered=True)]

    def meters(self, outlet: int, reading: Reading, context: str, charge: Charge | None) -> Message:
        payload: Payload = {
            "connectorId": outlet,
            "meterValue": [{"timestamp": reading.moment.stamp, "sampledValue": list(_samples(reading, context))}],
        }
        running = charge if charge is not None and charge.open else None
        ours = running is not None
        return Message("MeterValues", payload, charge=running, kept=ours, intermediate=ours, numbered=ours)

    def token_status(self, payload: Payload) -> str | None:
        status: str | None = (payload.get("idTagInfo") or {}).get("status")
        return status


def _samples(reading: Reading, context: str) -> list[dict[str, Any]]:
    """The values are texts (section 7.43)."""
    samples: list[dict[str, Any]] = [
        {"value": str(reading.energy_wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        {"value": f"{reading.power_w:.1f}", "measurand": "Power.Active.Import", "unit": "W"},
        {"value": f"{reading.current_a:.2f}", "measurand": "Current.Import", "unit": "A"},
        {"value": f"{reading.voltage_v:.1f}", "measurand": "Voltage", "unit": "V"},
    ]
    if reading.soc is not None:
        samples.append({"value": f"{reading.soc:.1f}", "measurand": "SoC", "unit": "Percent", "location": "EV"})
    return [{**sample, "context": context} for sample in samples]
