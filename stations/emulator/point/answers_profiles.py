"""Answers to the calls of the profiles LocalAuthListManagement, Reservation and SmartCharging (1.6 chapter 5). Pure."""

from __future__ import annotations

from stations.emulator.point.access import Verdict
from stations.emulator.point.clock import parsed
from stations.emulator.point.model import ChargePointModel
from stations.emulator.point.outlet import Outlet
from stations.emulator.point.reservations import Reservation, enough
from stations.emulator.point.vehicle import Rating
from stations.emulator.point.words import Status
from stations.ocpp.frames import Payload
from stations.ocpp.times import written


def get_local_list_version(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    return {"listVersion": model.access.reported_version}


def send_local_list(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    listed = payload.get("localAuthorizationList", [])
    entries = [(each["idTag"], Verdict.read(each["idTagInfo"]) if "idTagInfo" in each else None) for each in listed]
    return {"status": model.access.update(payload["updateType"], payload["listVersion"], entries)}


# -- reservation ------------------------------------------------------------------------


def reserve_now(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """5.13."""
    number = payload["connectorId"]
    reservation = Reservation(
        id=payload["reservationId"],
        outlet=number,
        token=payload["idTag"],
        group=payload.get("parentIdTag", ""),
        expiry=parsed(payload["expiryDate"]),
    )
    known = model.has(number) if number else model.settings.flag("ReserveConnectorZeroSupported")
    willing = "Reservation" in model.settings.names("SupportedFeatureProfiles")
    if not (known and willing) or reservation.expiry <= model.clock(now):
        return {"status": "Rejected"}
    return {"status": reserve(model, reservation, now)}


def reserve(model: ChargePointModel, reservation: Reservation, now: float) -> str:
    """The status of a ReserveNow that makes sense."""
    status = reservable(model, reservation)
    if status == "Accepted":
        model.reservations.put(reservation._replace(made=model.clock(now)))
        _tell_all(model, now)
    return status


def reservable(model: ChargePointModel, wanted: Reservation) -> str:
    """What stands in its way; one with the same id is replaced, so it does not."""
    if wanted.outlet:
        return _obstacle(model, model.outlet(wanted.outlet), wanted) or "Accepted"
    found = {outlet: _obstacle(model, outlet, wanted) for outlet in model.outlets if wanted.kind in ("", outlet.kind)}
    free = [outlet.kind for outlet in model.outlets if not _obstacle(model, outlet, wanted)]
    others = [each for each in model.reservations.floating if each.id != wanted.id]
    if enough(free, [*others, wanted]):
        return "Accepted"
    return next((each for each in ("Occupied", "Faulted", "Unavailable") if each in found.values()), "Occupied")


def _obstacle(model: ChargePointModel, outlet: Outlet, wanted: Reservation) -> str:
    held = model.reservations.of(outlet.number)
    if outlet.status is Status.RESERVED:
        return "" if held is not None and held.id == wanted.id else "Occupied"
    words = {Status.AVAILABLE: "", Status.FAULTED: "Faulted", Status.UNAVAILABLE: "Unavailable"}
    return words.get(outlet.status, "Occupied")


def cancel_reservation(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """5.1."""
    if model.reservations.cancel(payload["reservationId"]) is None:
        return {"status": "Rejected"}
    _tell_all(model, now)
    return {"status": "Accepted"}


def _tell_all(model: ChargePointModel, now: float) -> None:
    for outlet in model.outlets:
        outlet.tell_change(now)


# -- smart charging ---------------------------------------------------------------------


def set_charging_profile(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """5.16."""
    number = payload["connectorId"]
    if number and not model.has(number):
        return {"status": "Rejected"}
    outlet = model.outlet(number) if number else None
    charge = outlet.charge if outlet is not None and outlet.running else None
    status = model.profiles.install(number, payload["csChargingProfiles"], charge, model.clock(now))
    model.charging.apply(now)
    return {"status": status}


def clear_charging_profile(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """5.5."""
    status = model.profiles.clear(payload)
    model.charging.apply(now)
    return {"status": status}


def get_composite_schedule(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """5.7; connector 0 is what the station takes from the grid."""
    number, unit = payload["connectorId"], payload.get("chargingRateUnit", "W")
    if (number and not model.has(number)) or not model.profiles.speaks(unit) or payload["duration"] < 0:
        return {"status": "Rejected"}
    if number:
        hardware = model.outlet(number).rating
    else:
        hardware = Rating(sum(outlet.rating.power_w for outlet in model.outlets), 3)
    at = model.clock(now)
    schedule = model.profiles.composite(
        number, at=at, duration=payload["duration"], unit=unit, hardware=hardware, sessions=model.sessions
    )
    return {
        "status": "Accepted",
        "connectorId": number,
        "scheduleStart": written(at),
        "chargingSchedule": schedule,
    }
