"""What a reservation is in a version of OCPP: `FORM` of `v16/`, `v201/` and `v21/reservation.py`. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from stations.ocpp.frames import Payload


class Wanted(NamedTuple):
    """`evse` 0: whichever is free. `group` is the name of the token's group, `connector` a type of connector of 2.x."""

    number: int
    evse: int
    token: str
    type: str
    group: str
    expires: datetime
    connector: str = ""


class Form(NamedTuple):
    """`takes(value, type)`: whether the version has a word for such a token. `call`: the payload of ReserveNow.

    `connectors`: whether one can be asked for by the type of its connector.
    """

    takes: Callable[[str, str], bool]
    call: Callable[[Wanted], Payload]
    connectors: bool = True


def write_cancellation(number: int) -> Payload:
    """CancelReservation, the same in all versions."""
    return {"reservationId": number}
