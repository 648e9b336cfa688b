"""Answers to the calls of smart charging and V2X in OCPP 2.0.1 and 2.1 (part 2, blocks K and Q). Pure."""

from __future__ import annotations

from stations.emulator.point import v2_charging as words
from stations.emulator.point.model import ChargePointModel
from stations.emulator.point.outlet import Outlet
from stations.emulator.point.v2_bidirectional import BOTH_WAYS, transfers_of
from stations.emulator.point.vehicle import Rating
from stations.ocpp.errors import NOT_SUPPORTED, CallError
from stations.ocpp.frames import Payload

_ACCEPTED, _REJECTED = {"status": "Accepted"}, {"status": "Rejected"}


def _refused(reason: str) -> Payload:
    """`reason`: one of the standard reasonCodes (2.1 part 2, appendix 5)."""
    return _REJECTED | {"statusInfo": {"reasonCode": reason}}


def _require_smart_charging(model: ChargePointModel) -> None:
    """A station that has none, or where it is switched off, knows none of these calls (K01.FR.29)."""
    if not model.charging.profiles.abilities.enabled:
        raise CallError(NOT_SUPPORTED, "There is no smart charging (SmartChargingCtrlr).")


def set_charging_profile(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """K01."""
    _require_smart_charging(model)
    evse, profile = payload["evseId"], payload["chargingProfile"]
    if evse and not model.has(evse):
        return _refused("UnknownEvse")
    outlet = model.outlet(evse) if evse else None
    charge = outlet.charge if outlet is not None and outlet.running else None
    if reason := model.charging.profiles.refusal(evse, profile, charge, model.clock(now)):
        return _refused(reason)
    model.charging.apply(now)
    if outlet is not None:
        model.charging.choose_schedule(outlet, profile, now)
    return _ACCEPTED


def clear_charging_profile(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """K10."""
    _require_smart_charging(model)
    status = model.profiles.clear(payload)
    model.charging.apply(now)
    return {"status": status}


def get_charging_profiles(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """K09: what it has follows in reports."""
    _require_smart_charging(model)
    found = model.charging.profiles.report(payload.get("evseId"), payload["chargingProfile"])
    if not found:
        return {"status": "NoProfiles"}
    model.say_at_once(words.profile_report(payload["requestId"], found), now)
    return _ACCEPTED


def get_composite_schedule(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """K08; EVSE 0 is what the station takes from the grid."""
    _require_smart_charging(model)
    evse = payload["evseId"]
    unit = payload.get("chargingRateUnit", "W" if model.profiles.speaks("W") else "A")
    if evse and not model.has(evse):
        return _refused("UnknownEvse")
    if not model.profiles.speaks(unit):
        return _refused("UnsupportedRateUnit")
    if payload["duration"] <= 0:
        return _refused("InvalidValue")
    whole = Rating(sum(outlet.rating.power_w for outlet in model.outlets), 3)
    schedule = model.profiles.composite(
        evse,
        at=model.clock(now),
        duration=payload["duration"],
        unit=unit,
        hardware=model.outlet(evse).rating if evse else whole,
        sessions=model.sessions,
    )
    return {"status": "Accepted", "schedule": schedule}


def update_dynamic_schedule(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """K28."""
    number, values = payload["chargingProfileId"], payload["scheduleUpdate"]
    status = model.charging.profiles.update(number, values, model.clock(now))
    model.charging.apply(now)
    return {"status": status}


def use_priority_charging(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """K21."""
    outlet = _charging(model, payload["transactionId"])
    if outlet is None:
        return _REJECTED
    if not model.charging.profiles.has_priority_profile(outlet.number):
        return {"status": "NoProfile"}
    model.charging.profiles.prioritise(payload["transactionId"], payload["activate"])
    model.charging.apply(now)
    return _ACCEPTED


def afrr_signal(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """Q08: it means something where a profile has a curve for it."""
    reason = model.v2x.signal(payload["signal"], now)
    return _refused(reason) if reason else _ACCEPTED


def notify_allowed_energy_transfer(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """Q01: a vehicle that talks then says anew what it wants, in a way that is allowed."""
    outlet, allowed = _charging(model, payload["transactionId"]), payload["allowedEnergyTransfer"]
    if outlet is None or outlet.charge is None or outlet.vehicle is None:
        return _REJECTED
    able = set(transfers_of(outlet.vehicle, outlet.rating))
    if not model.v2x.is_enabled(outlet.number):
        able.discard(BOTH_WAYS)
    if not set(allowed) & able:
        return _REJECTED
    outlet.charge.transfers = tuple(allowed)
    model.charging.apply(now)
    model.charging.tell_needs(outlet, now)
    return _ACCEPTED


def _charging(model: ChargePointModel, reference: str) -> Outlet | None:
    """Where the session with this transactionId runs."""
    found = (each for each in model.outlets if each.running and each.charge and each.charge.reference == reference)
    return next(found, None)
