"""Reservations, from the request to their end (1.6 sections 3.11, 5.2 and 5.13; 2.x use cases H01 to H04).

`requested` → `active` or `refused`; from there `used` by a transaction, `cancelled`, or `expired`. `failed`: the
station may or may not have it. (`used_reservations` has what stations report themselves.) A reservation's key is its
reservationId; a ReserveNow with the same id changes it (section 5.13).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings

from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from smartserver.core.errors import BadInput, Conflict, NotFound
from smartserver.core.events import RESERVATION_CHANGED
from stations.models import Command, IdToken, Reservation, Station
from stations.ocpp.facts import Token
from stations.ocpp.reservation import Form, Wanted, write_cancellation
from stations.ocpp.told import ReservationCancelled, Reserved
from stations.ocpp.v16.reservation import FORM as FORM_16
from stations.ocpp.v21.reservation import FORM as FORM_21
from stations.ocpp.v201.reservation import FORM as FORM_201
from stations.services.authorization.tokens import find_token, judge_token
from stations.services.commands import SERVER, Requester, queue_command, version_of
from stations.services.equipment.known_limits import has_evse
from stations.services.messages import CONNECTION_LOST
from stations.services.settled import Settled

State = Reservation.State

FORMS: Mapping[str, Form] = {"1.6": FORM_16, "2.0.1": FORM_201, "2.1": FORM_21}

OPEN = (State.REQUESTED, State.ACTIVE, State.FAILED)
"""The station has it, or may have it."""

LONGEST = timedelta(days=366)


def reserve(
    batch: Batch,
    *,
    station_id: int,
    evse: int,
    id_token: str,
    expires_at: datetime,
    connector_type: str = "",
    by: Requester = SERVER,
) -> Reservation:
    """Ask a station to keep an EVSE (0: any) for a token; in 2.x one with this type of connector ("": any).

    Errors: NotFound, BadInput; Conflict for a token that may not charge there.
    """
    station, form = _station(station_id)
    if connector_type and not form.connectors:
        raise BadInput("Only stations of OCPP 2.x reserve connectors by their type.")
    token = _check(batch, station, form, evse, id_token, expires_at)
    row = Reservation.objects.create(
        station=station,
        evse=evse,
        connector_type=connector_type,
        id_token=token,
        expires_at=expires_at,
        created_at=batch.now,
    )
    group = token.group.name if token.group else ""
    row.command = queue_command(
        batch,
        station_id=station_id,
        action="ReserveNow",
        payload=form.call(Wanted(row.pk, evse, token.value, token.type, group, expires_at, connector_type)),
        by=by,
        lifetime=min(expires_at - batch.now, timedelta(seconds=settings.COMMAND_LIFETIME)),
    )
    row.save(update_fields=("command",))
    _tell(batch, row)
    return row


def cancel(batch: Batch, *, reservation_id: int, by: Requester = SERVER) -> Reservation:
    """Ask the station to give a reservation up. It ends when the station has answered."""
    row = _open(reservation_id)
    queue_command(
        batch,
        station_id=row.station_id,
        action="CancelReservation",
        payload=write_cancellation(row.pk),
        by=by,
    )
    return row


def _station(station_id: int) -> tuple[Station, Form]:
    station = Station.objects.filter(pk=station_id).first()
    if station is None:
        raise NotFound("There is no such station.")
    form = FORMS.get(version_of(station))
    if form is None:
        raise Conflict("This station takes no reservations.")
    return station, form


def _open(reservation_id: int) -> Reservation:
    row = Reservation.objects.select_for_update().filter(pk=reservation_id).first()
    if row is None:
        raise NotFound("There is no such reservation.")
    if row.state not in OPEN:
        raise Conflict(f"This reservation is {row.get_state_display()} already.")
    return row


def _check(batch: Batch, station: Station, form: Form, evse: int, id_token: str, expires_at: datetime) -> IdToken:
    if not batch.now < expires_at <= batch.now + LONGEST:
        raise BadInput("A reservation ends in the future, within a year.")
    if evse and not has_evse(station.pk, evse):
        raise BadInput("The station has no such connector.")
    token = find_token(id_token)
    if token is None:
        raise BadInput("There is no such id token.")
    if not form.takes(token.value, token.type):
        raise BadInput(f"OCPP {version_of(station)} has no word for this token: it is too long, or of another type.")
    shown = tuple((each["type"], each["additionalIdToken"]) for each in token.additional_info)
    judged, _ = judge_token(
        token=Token(token.value, token.type, shown), station_id=station.pk, accept_unknown=False, now=batch.now
    )
    if judged.status != "Accepted":
        raise Conflict("This id token may not charge at this station.", status=judged.status)
    if token.expires_at is not None and token.expires_at < expires_at:
        raise Conflict("This id token expires before the reservation does.")
    return token


# -- what stations say --------------------------------------------------------------------------


def keep_reservation(batch: Batch, settled: Settled, fact: Reserved) -> None:
    """The station's answer to ReserveNow. An accepted one is as it was sent last: a raw command may have changed it."""
    row = _of(settled.station_id, fact.reservation)
    if row is None:
        return  # not made here: a raw command with an id of somebody's choice
    if row.state == State.USED:
        return  # the transaction was reported before the answer
    if fact.status != "Accepted":
        if row.state == State.REQUESTED:
            _end(batch, row, State.REFUSED, fact.status)
        return  # a change was refused: what the station has, it keeps
    row.state, row.result, row.ended_at = State.ACTIVE, fact.status, None
    row.evse, row.connector_type = fact.evse, fact.connector_type
    row.expires_at = fact.expires or row.expires_at
    if (token := find_token(fact.id_token, fact.token_type)) is not None:
        row.id_token = token
    row.save()
    _tell(batch, row)


def keep_cancellation(batch: Batch, settled: Settled, fact: ReservationCancelled) -> None:
    """Cancelled; Rejected means that the station has no such reservation (any more)."""
    row = _of(settled.station_id, fact.reservation)
    if row is not None and row.state in OPEN:
        _end(batch, row, State.CANCELLED, fact.status)


def lose_reservation(batch: Batch, settled: Settled) -> None:
    """ReserveNow ended without an answer that says something."""
    command = settled.command
    row = Reservation.objects.select_for_update().filter(command=command, state=State.REQUESTED).first()
    if row is None:
        return
    match command.state:
        case Command.State.EXPIRED:
            _end(batch, row, State.EXPIRED, command.result)
        case Command.State.CANCELLED:
            _end(batch, row, State.CANCELLED, command.result)
        case Command.State.FAILED if command.result != CONNECTION_LOST:  # a CALLERROR
            _end(batch, row, State.REFUSED, command.result)
        case _:
            row.state, row.result = State.FAILED, command.result
            row.save()
            _tell(batch, row)


def expire_reservations(batch: Batch, now: datetime) -> int:
    """End reservations whose time is over (section 3.11: the station does the same); how many there were."""
    over = list(Reservation.objects.select_for_update().filter(state__in=OPEN, expires_at__lte=now)[:1000])
    for row in over:
        _end(batch, row, State.EXPIRED, row.result)
    return len(over)


def _of(station_id: int, number: int) -> Reservation | None:
    if not 0 < number < 2**63:
        return None
    return Reservation.objects.select_for_update().filter(station_id=station_id, pk=number).first()


def _end(batch: Batch, row: Reservation, state: Reservation.State, result: str) -> None:
    row.state = state
    row.result = result[:64]
    row.ended_at = batch.now
    row.save()
    _tell(batch, row)


def _tell(batch: Batch, row: Reservation) -> None:
    batch.publish(
        RESERVATION_CHANGED,
        {
            "reservation": row.pk,
            "station": row.station.identity,
            "evse": row.evse,
            "id_token": row.id_token.value,
            "state": str(row.state),
            "result": row.result,
            "expires_at": isoformat(row.expires_at),
        },
    )
