"""Answers of a 2.x station about sessions: local lists, reservations, remote control, availability (D to H). Pure."""

from __future__ import annotations

from stations.emulator.point import tokens2
from stations.emulator.point.answers_core import remotely_startable
from stations.emulator.point.answers_profiles import reserve
from stations.emulator.point.clock import parsed
from stations.emulator.point.connector import Lock
from stations.emulator.point.model import ChargePointModel
from stations.emulator.point.outlet import Outlet
from stations.emulator.point.reservations import Reservation
from stations.ocpp.frames import Payload

REJECTED = "Rejected"


def _refused(status: str, reason: str) -> Payload:
    """`reason`: one of the standard reasonCodes (2.1 part 2, appendix 5)."""
    return {"status": status, "statusInfo": {"reasonCode": reason}}


# -- remote control (F) -----------------------------------------------------------------------


def request_start_transaction(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """F01, F02; not before the boot was accepted (B02)."""
    token, group = tokens2.read(payload["idToken"]), tokens2.read_group(payload)
    if not model.registration.accepted:
        return _refused(REJECTED, "NotEnabled")
    # A station without smart charging leaves it aside (F01, K05).
    profile = payload.get("chargingProfile") if model.charging.profiles.abilities.enabled else None
    if profile is not None and profile["chargingProfilePurpose"] != "TxProfile":
        return _refused(REJECTED, "InvalidProfile")
    number = payload.get("evseId")
    if number is not None and not model.has(number):
        return _refused(REJECTED, "UnknownEvse")
    outlet = remotely_startable(model, number, token, group)
    if outlet is None:
        return _refused(REJECTED, "TxInProgress")
    charge = outlet.charge  # by the answer the server knows the transaction that has begun with the cable
    answer = {"status": "Accepted"} | ({"transactionId": charge.reference} if charge and charge.open else {})
    model.payments.remember(payload["idToken"])
    outlet.start_remotely(token, profile, now, group=group, number=payload["remoteStartId"])
    return answer


def request_stop_transaction(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """F03."""
    outlet = _with_transaction(model, payload["transactionId"])
    if outlet is None:
        return _refused(REJECTED, "TxNotFound")
    outlet.stop_remotely(now)
    return {"status": "Accepted"}


def _with_transaction(model: ChargePointModel, reference: str) -> Outlet | None:
    for outlet in model.outlets:
        if outlet.charge is not None and outlet.charge.open and outlet.charge.reference == reference:
            return outlet
    return None


def get_transaction_status(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """E14: whether it runs, and whether something of it has not reached the server. Without an id: of any."""
    reference = payload.get("transactionId")
    waiting = any(
        message.kept and message.charge is not None and reference in (None, message.charge.reference)
        for message in model.outbox
    )
    if reference is None:
        return {"messagesInQueue": waiting}
    return {"ongoingIndicator": _with_transaction(model, reference) is not None, "messagesInQueue": waiting}


def unlock_connector(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """F05."""
    number = payload["evseId"]
    if not model.has(number) or payload["connectorId"] != 1:
        return {"status": "UnknownConnector"}
    outlet = model.outlet(number)
    status = outlet.unlock_idle(now)
    if status == "UnlockFailed" and outlet.lock is Lock.MISSING:
        return _refused(status, "FixedCable")
    return {"status": status}


# -- availability (G) -------------------------------------------------------------------------

STATION, EVSE, CONNECTOR = "station", "EVSE", "connector"
"""Parts that are in service or out of it each by itself: a connector is when all that it belongs to are."""


def change_availability(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """G03 (EVSE and connector), G04 (station)."""
    operative, evse = payload["operationalStatus"] == "Operative", payload.get("evse")
    if evse is None:
        model.inoperative = not operative
        answers = {outlet.operate(operative, now, STATION) for outlet in model.outlets}
        return {"status": "Scheduled" if "Scheduled" in answers else "Accepted"}
    number, connector = evse["id"], evse.get("connectorId")
    if not model.has(number) or connector not in (None, 1):
        return _refused(REJECTED, "UnknownConnectorId" if model.has(number) else "UnknownEvse")
    part = EVSE if connector is None else CONNECTOR
    return {"status": model.outlet(number).operate(operative, now, part)}


# -- local list (D) ---------------------------------------------------------------------------


def get_local_list_version(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """D02; 0: there is none, or nothing in it."""
    return {"versionNumber": max(0, model.access.reported_version)}


def send_local_list(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """D01. What the list may not be, or a station without one cannot take, has Failed."""
    entries = [
        (tokens2.read(each["idToken"]), tokens2.read_verdict(each["idTokenInfo"]) if "idTokenInfo" in each else None)
        for each in payload.get("localAuthorizationList", [])
    ]
    status = model.access.update(payload["updateType"], payload["versionNumber"], entries)
    return _refused("Failed", "NotEnabled") if status == "NotSupported" else {"status": status}


# -- reservations (H) -------------------------------------------------------------------------


def reserve_now(model: ChargePointModel, payload: Payload, now: float) -> Payload:
    """H01: of an EVSE, of any, or of any with a type of connector."""
    if not model.variables.flag("ReservationCtrlr", "Enabled"):
        return _refused(REJECTED, "NotEnabled")
    number = payload.get("evseId", 0)
    reservation = Reservation(
        id=payload["id"],
        outlet=number,
        token=tokens2.read(payload["idToken"]),
        group=tokens2.read_group(payload),
        expiry=parsed(payload["expiryDateTime"]),
        kind=payload.get("connectorType", ""),
    )
    known = model.has(number) if number else model.settings.flag("ReserveConnectorZeroSupported")
    if not known:
        return _refused(REJECTED, "UnknownEvse" if number else "UnsupportedParam")
    evses = [model.outlet(number)] if number else model.outlets
    if reservation.kind and reservation.kind not in {outlet.kind for outlet in evses}:
        return _refused(REJECTED, "UnknownConnectorType")
    if reservation.expiry <= model.clock(now):
        return _refused(REJECTED, "InvalidValue")
    return {"status": reserve(model, reservation, now)}
