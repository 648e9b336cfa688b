"""A session that was reserved: the reservation is used up by it (1.6 section 4.8)."""

from __future__ import annotations

from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from smartserver.core.events import RESERVATION_CHANGED
from stations.models import Reservation, Station, Transaction
from stations.ocpp.facts import Acknowledged, ReservationEnded
from stations.services import quirks, remarks
from stations.services.authorization import tokens
from stations.services.context import Context

State = Reservation.State

OPEN = (State.REQUESTED, State.ACTIVE, State.FAILED, State.EXPIRED)
"""What a station may still use: of those that failed or expired here it knows better."""

_ENDS = {"Expired": State.EXPIRED, "NoTransaction": State.USED, "Removed": State.CANCELLED}


def use(batch: Batch, context: Context, station: Station, session: Transaction, number: int) -> None:
    """The session names this reservation."""
    reservation = Reservation.objects.select_related("id_token").filter(pk=number, station=station.pk).first()
    if reservation is None:
        quirks.note_in(batch, context, rules=("unknown_reservation",))
        return
    session.reservation = reservation
    if session.id_token is not None and not tokens.is_same_group(reservation.id_token, session.id_token):
        session.remark = remarks.added(session.remark, remarks.FOREIGN_RESERVATION)
    if reservation.state in OPEN:
        _end(batch, context, station, reservation, State.USED)


def end_reservation(batch: Batch, context: Context, fact: ReservationEnded) -> Acknowledged:
    """The station says that a reservation is over (2.x use case H04)."""
    station = Station.objects.select_for_update().only("identity").get(pk=context.station_id)
    known = Reservation.objects.select_related("id_token").filter(pk=fact.reservation, station=station.pk)
    reservation = known.first() if fact.reservation > 0 else None
    if reservation is None:
        quirks.note_in(batch, context, rules=("unknown_reservation",))
    elif reservation.state in (State.REQUESTED, State.ACTIVE, State.FAILED):
        _end(batch, context, station, reservation, _ENDS[fact.status])
    return Acknowledged()


def _end(batch: Batch, context: Context, station: Station, reservation: Reservation, state: State) -> None:
    reservation.state = state
    reservation.ended_at = context.received_at
    reservation.save(update_fields=["state", "ended_at"])
    batch.publish(
        RESERVATION_CHANGED,
        {
            "reservation": reservation.pk,
            "station": station.identity,
            "evse": reservation.evse,
            "id_token": reservation.id_token.value,
            "state": str(state),
            "result": reservation.result,
            "expires_at": isoformat(reservation.expires_at),
        },
    )
