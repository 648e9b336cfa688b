"""Answers to the calls of the profiles Core and FirmwareManagement (1.6 chapter 5). Pure."""

from __future__ import annotations

from stations.emulator.point.model import ChargePointModel
from stations.emulator.point.outlet import Outlet
from stations.emulator.point.words import Reason, Status
from stations.ocpp.errors import OCCURRENCE_VIOLATION, CallError
from stations.ocpp.frames import Payload

VENDOR = "org.smartserver.emulator"
"""Whose DataTransfers this station understands; the message `Echo` gives the data back."""


def change_availability(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """5.2: connector 0 is the station with all its connectors."""
    number, operative = payload["connectorId"], payload["type"] == "Operative"
    if number and not model.has(number):
        return {"status": "Rejected"}
    if number:
        return {"status": model.outlet(number).operate(operative, now)}
    before, model.inoperative = model.inoperative, not operative
    if before != model.inoperative:
        model.say(model.words.station_status(model.status, model.moment(now)), now)
    answers = {outlet.operate(operative, now) for outlet in model.outlets}
    return {"status": "Scheduled" if "Scheduled" in answers else "Accepted"}


def change_configuration(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"status": model.configure(payload["key"], payload["value"], now)}


def get_configuration(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    wanted = payload.get("key", [])
    if len(wanted) > model.settings.number("GetConfigurationMaxKeys"):
        raise CallError(OCCURRENCE_VIOLATION, "These are more keys than GetConfigurationMaxKeys.")
    return model.settings.report(wanted)


def clear_cache(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    status = model.access.clear_cache()
    if status == "Accepted":
        model.tariffs.forget_drivers()
    return {"status": status}


def data_transfer(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    if payload["vendorId"] != VENDOR:
        return {"status": "UnknownVendorId"}
    message = payload.get("messageId", "")
    if message not in ("", "Echo"):
        return {"status": "UnknownMessageId"}
    return {"status": "Accepted"} | ({"data": payload["data"]} if message and "data" in payload else {})


def remote_start_transaction(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """5.11; not before the boot was accepted (4.2)."""
    profile = payload.get("chargingProfile")
    outlet = remotely_startable(model, payload.get("connectorId"), payload["idTag"])
    unfit = profile is not None and profile["chargingProfilePurpose"] != "TxProfile"
    if outlet is None or unfit or not model.registration.accepted:
        return {"status": "Rejected"}
    outlet.start_remotely(payload["idTag"], profile, now)
    return {"status": "Accepted"}


def remotely_startable(model: ChargePointModel, number: int | None, token: str, group: str = "") -> Outlet | None:
    """The connector that a remote start is for; without a number one with a vehicle goes first."""
    if number is not None:
        chosen = [model.outlet(number)] if model.has(number) else []
    else:
        chosen = sorted(model.outlets, key=lambda outlet: outlet.vehicle is None)
    for outlet in chosen:
        reservation = model.reservations.of(outlet.number)
        # A token of the group that it is reserved for is known by its parent, which only the server can tell.
        may_be_of_group = reservation is not None and bool(reservation.group) and not group
        kept = reservation is not None and not may_be_of_group and not reservation.admits(token, group)
        if not (outlet.taken or kept) and outlet.status not in (Status.FAULTED, Status.UNAVAILABLE):
            return outlet
    return None


def remote_stop_transaction(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """5.12."""
    for outlet in model.outlets:
        if outlet.charge is not None and outlet.running and outlet.charge.number == payload["transactionId"]:
            outlet.stop(now, Reason.REMOTE)
            return {"status": "Accepted"}
    return {"status": "Rejected"}


def reset(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    model.reset(payload["type"], now)
    return {"status": "Accepted"}


def unlock_connector(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """5.18: a connector that there is not has no lock, either."""
    number = payload["connectorId"]
    return {"status": model.outlet(number).unlock(now) if model.has(number) else "NotSupported"}


def get_diagnostics(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return model.logs.get_diagnostics(payload, now)


def update_firmware(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    model.firmware.update(payload, now)
    return {}
