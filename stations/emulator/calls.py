"""How an emulated station answers the calls of a server. Pure.

What it cannot do it says: `NotSupported` for an action that its version knows, `NotImplemented` for
one that it does not (OCPP-J 1.6 section 4.2.3, 2.0.1 part 4 section 4.3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stations.emulator.model import ChargePointModel
from stations.emulator.outlet import Outlet
from stations.ocpp import schemas
from stations.ocpp.errors import NOT_IMPLEMENTED, NOT_SUPPORTED, CallError
from stations.ocpp.frames import Payload

Outlets = list[Outlet]


def answer(model: ChargePointModel, action: str, payload: Payload, now: float) -> Payload:
    """The CALLRESULT's payload, or `CallError`."""
    if action not in schemas.actions(model.version):
        raise CallError(NOT_IMPLEMENTED, f"{action[:64]} is no action of OCPP {model.version}.")
    if action not in _ANSWERS:
        raise CallError(NOT_SUPPORTED, f"{action} is not supported by this station.")
    if problems := schemas.request_problems(model.version, action, payload):
        raise CallError(problems[0].code, problems[0].message)
    return _ANSWERS[action](model, payload, now)


def _trigger_message(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """1.6 section 5.17, 2.0.1 F06."""
    trigger = _TRIGGERS.get(payload["requestedMessage"])
    if trigger is None:
        return {"status": "NotImplemented"}
    number = payload.get("connectorId", (payload.get("evse") or {}).get("id"))
    outlets = [outlet for outlet in model.outlets if number in (None, 0, outlet.number)]
    if not outlets:
        return {"status": "Rejected"}
    trigger(model, outlets, number in (None, 0), now)
    return {"status": "Accepted"}


def _send_boot(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    model.boot("Triggered")


def _send_heartbeat(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    model.say([model.words.heartbeat()], now)


def _send_status(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    if whole:
        model.say(model.words.station_status(model.moment(now)), now)
    for outlet in outlets:
        model.say(outlet.tell(now), now)


def _send_meters(model: ChargePointModel, outlets: Outlets, whole: bool, now: float) -> None:
    for outlet in outlets:
        outlet.advance(now)
        model.say([model.words.meters(outlet.number, outlet.reading(now), "Trigger", outlet.charge)], now)


_TRIGGERS: Mapping[str, Callable[[ChargePointModel, Outlets, bool, float], None]] = {
    "BootNotification": _send_boot,
    "Heartbeat": _send_heartbeat,
    "MeterValues": _send_meters,
    "StatusNotification": _send_status,
}

_ANSWERS: Mapping[str, Callable[[ChargePointModel, Payload, float], Payload]] = {"TriggerMessage": _trigger_message}
