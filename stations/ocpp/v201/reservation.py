"""Reservations (use cases H01 and H02): what is sent, and what the answers tell."""

from __future__ import annotations

from stations.ocpp.frames import Payload
from stations.ocpp.reading import count, stamp, text
from stations.ocpp.reservation import Form, Wanted
from stations.ocpp.times import written
from stations.ocpp.told import ReservationCancelled, Reserved
from stations.ocpp.v201.tokens import takes, write_group, write_token


def write_reservation(wanted: Wanted) -> Payload:
    payload: Payload = {
        "id": wanted.number,
        "expiryDateTime": written(wanted.expires),
        "idToken": write_token(wanted.token, wanted.type),
    }
    if wanted.evse:
        payload["evseId"] = wanted.evse
    if wanted.connector:
        payload["connectorType"] = wanted.connector
    if wanted.group:
        payload["groupIdToken"] = write_group(wanted.group)
    return payload


FORM = Form(takes, write_reservation)


def read_reserved(request: Payload, reply: Payload) -> Reserved:
    return Reserved(
        reservation=request["id"],
        evse=count(request, "evseId") or 0,
        id_token=request["idToken"]["idToken"],
        expires=stamp(request["expiryDateTime"]).moment,
        status=reply["status"],
        token_type=request["idToken"]["type"],
        connector_type=text(request, "connectorType"),
    )


def read_cancelled(request: Payload, reply: Payload) -> ReservationCancelled:
    return ReservationCancelled(request["reservationId"], reply["status"])
