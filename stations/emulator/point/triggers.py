"""TriggerMessage (1.6 section 5.17, 2.0.1 F06) and ExtendedTriggerMessage (whitepaper section 5.3). Pure.

What was asked for leaves also while the boot is pending (1.6 section 4.2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stations.emulator.point.firmware import PLAIN, SIGNED
from stations.emulator.point.model import ChargePointModel
from stations.emulator.point.outlet import Outlet
from stations.ocpp.frames import Payload
from stations.ocpp.v21 import certificates

Outlets = list[Outlet]
Trigger = Callable[[ChargePointModel, Outlets, bool, float], None]


def trigger_message(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    if (use := SIGNING.get(payload["requestedMessage"])) is not None:
        return {"status": model.security.signing.ask(now, use)}
    if model.version == "1.6":
        return _trigger(model, TRIGGERS_16, payload, now)
    if payload["requestedMessage"] == "BootNotification" and model.registration.accepted:
        return {"status": "Rejected"}  # F06.FR.17
    return _trigger(model, TRIGGERS_2, payload, now)


def extended_trigger_message(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    if payload["requestedMessage"] == "SignChargePointCertificate":
        return {"status": model.security.signing.ask(now)}
    return _trigger(model, EXTENDED_TRIGGERS, payload, now)


def _trigger(model: ChargePointModel, triggers: Mapping[str, Trigger], payload: Payload, now: float) -> Payload:
    trigger = triggers.get(payload["requestedMessage"])
    if trigger is None:
        return {"status": "NotImplemented"}
    number = payload.get("connectorId", (payload.get("evse") or {}).get("id"))
    outlets = [outlet for outlet in model.outlets if number in (None, 0, outlet.number)]
    if not outlets:
        return {"status": "Rejected"}
    trigger(model, outlets, number in (None, 0), now)
    return {"status": "Accepted"}


def _boot(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    model.registration.boot("Triggered")


def _heartbeat(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    model.say_at_once([model.words.heartbeat()], now)


def _status(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    if whole:
        model.say_at_once(model.words.station_status(model.status, model.moment(now)), now)
    for outlet in outlets:
        model.say_at_once([outlet.status_message(now)], now)


def _meters(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    for outlet in outlets:
        outlet.advance(now)
        model.say_at_once(model.words.meters(outlet.number, outlet.reading(now), "Trigger", outlet.charge), now)


def _transactions(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    for outlet in outlets:
        if outlet.charge is not None and outlet.charge.open:
            outlet.advance(now)
            model.say_at_once(model.words.triggered(outlet.charge, outlet.reading(now)), now)


def _diagnostics(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    model.say_at_once([model.logs.diagnostics_message()], now)


def _log(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    model.say_at_once([model.logs.log_message()], now)


def _firmware(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    model.say_at_once([model.firmware.status_message()], now)


def _numbered_firmware(tells: str) -> Trigger:
    def trigger(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
        model.say_at_once([model.firmware.numbered_status_message(tells)], now)

    return trigger


def _publication(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    model.say_at_once([model.publications.status_message()], now)


SIGNING: Mapping[str, str] = {trigger: use for use, trigger in certificates.TRIGGERS.items()}
"""What a 2.x station has signed when it is triggered (A02, A03). Schemas see to it that no other version is."""

_COMMON: dict[str, Trigger] = {
    "BootNotification": _boot,
    "Heartbeat": _heartbeat,
    "MeterValues": _meters,
    "StatusNotification": _status,
}

TRIGGERS_2 = _COMMON | {
    "FirmwareStatusNotification": _numbered_firmware(PLAIN),
    "LogStatusNotification": _log,
    "PublishFirmwareStatusNotification": _publication,
    "TransactionEvent": _transactions,
}

TRIGGERS_16 = _COMMON | {
    "DiagnosticsStatusNotification": _diagnostics,
    "FirmwareStatusNotification": _firmware,
}

EXTENDED_TRIGGERS = _COMMON | {
    "LogStatusNotification": _log,
    "FirmwareStatusNotification": _numbered_firmware(SIGNED),
}
