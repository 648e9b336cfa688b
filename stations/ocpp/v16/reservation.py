"""Reservations (sections 5.2 and 5.13): what is sent, and what the answers tell."""

from __future__ import annotations

from stations.ocpp.frames import Payload
from stations.ocpp.reading import stamp
from stations.ocpp.reservation import Form, Wanted
from stations.ocpp.times import written
from stations.ocpp.told import ReservationCancelled, Reserved
from stations.ocpp.v16.local_list import MAX_TAG


def takes(value: str, type: str) -> bool:
    return len(value) <= MAX_TAG


def write_reservation(wanted: Wanted) -> Payload:
    payload: Payload = {
        "connectorId": wanted.evse,
        "expiryDate": written(wanted.expires),
        "idTag": wanted.token,
        "reservationId": wanted.number,
    }
    return payload | {"parentIdTag": wanted.group[:MAX_TAG]} if wanted.group else payload


FORM = Form(takes, write_reservation, connectors=False)


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
