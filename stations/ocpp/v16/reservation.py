"""Reservations (sections 5.2 and 5.13): what is sent, and what the answers tell."""

from __future__ import annotations

from datetime import datetime

from stations.ocpp.frames import Payload
from stations.ocpp.reading import stamp
from stations.ocpp.times import written
from stations.ocpp.told import ReservationCancelled, Reserved


def write_reservation(number: int, *, evse: int, tag: str, group: str, expires: datetime) -> Payload:
    payload: Payload = {
        "connectorId": evse,
        "expiryDate": written(expires),
        "idTag": tag,
        "reservationId": number,
    }
    return payload | {"parentIdTag": group[:20]} if group else payload


def write_cancellation(number: int) -> Payload:
    return {"reservationId": number}


def read_reserved(request: Payload, reply: Payload) -> Reserved:
    return Reserved(
        reservation=request["reservationId"],
        evse=request["connectorId"],
        id_token=request["idTag"],
        expires=stamp(request["expiryDate"]).moment,
        status=reply["status"],
    )


def read_cancelled(request: Payload, reply: Payload) -> ReservationCancelled:
    return ReservationCancelled(request["reservationId"], reply["status"])
