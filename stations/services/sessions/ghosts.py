"""Sessions that the server ends, because the station will not: ghosts (steve#1693, ev-server#934).

A station that comes to itself late may still report the end of such a session; then its word counts after all
(`transactions`).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from smartserver.core.batch import Batch
from smartserver.core.errors import Conflict, NotFound
from smartserver.core.events import TOPIC_SESSIONS
from stations.models import EVSE, Connector, Station, Transaction
from stations.ocpp.times import believed
from stations.ocpp.told import TransactionStatusTold
from stations.services import announce, remarks, summary
from stations.services.commands import Requester
from stations.services.settled import Settled
from stations.services.tariffs import costs, due

logger = logging.getLogger(__name__)

SUPERSEDED = "Superseded"
"""End reason of a session whose EVSE began another one: its end was never reported."""

CLOSED_BY_OPERATOR = "ClosedByOperator"

FREE = "Available"

FAST_CLOCK = timedelta(minutes=5)
"""A session that began later than this after the server heard of it has its time from a clock that runs ahead."""

MAX_MARKED = 500
"""Ghosts that one look marks; the next look finds the others."""


def end(session: Transaction, reason: str, now: datetime) -> None:
    """The session does not run any more. Its energy is what is known."""
    session.active = False
    session.ended_at = now
    session.end_reason = reason[:64]
    session.charging_state = ""
    session.messages_in_queue = False
    if session.evse_id is not None and session.pk is not None:  # the power there is that of another, if it is new
        EVSE.objects.filter(pk=session.evse_id, power_w__isnull=False).update(power_w=0.0)


def supersede(batch: Batch, identity: str, evse: EVSE, now: datetime) -> None:
    """A session begins on this EVSE: whatever still runs there is over, unless its station has more to say of it."""
    running = Transaction.objects.filter(station=evse.station_id, evse=evse, active=True, messages_in_queue=False)
    for ghost in running.select_related("evse", "id_token"):
        end(ghost, SUPERSEDED, now)
        costs.close(ghost, now)
        ghost.remark = remarks.added(ghost.remark, remarks.SUPERSEDED)
        ghost.save()
        due.note_end(batch, identity, ghost)
        announce.ended(batch, identity, ghost)


def is_overtaken(evse: EVSE, moment: datetime | None, meter_wh: float | None, now: datetime) -> bool:
    """Whether a session that began after this start runs on its EVSE: the start was replayed too late.

    Stations send what they kept in its order (1.6 section 3.7), but some send what happens now first. Their clock alone
    proves nothing, as it may have been put right in between; the register of the meter has to say the same.
    """
    if believed(moment, now) is None or not meter_wh or meter_wh < 0:
        return False
    later = Transaction.objects.filter(
        station=evse.station_id,
        evse=evse,
        active=True,
        started_at_station__gt=moment,
        started_at_station__lte=F("started_at") + FAST_CLOCK,
        meter_start_wh__gt=meter_wh,
    )
    return later.exists()


def was_closed_here(session: Transaction) -> bool:
    """Whether the server ended it, and its station has not reported the end since."""
    names = set(remarks.names(session.remark))
    return bool(names & {remarks.SUPERSEDED, remarks.CLOSED_BY_OPERATOR}) and remarks.LATE_STOP not in names


def close_transaction(
    batch: Batch, *, transaction_id: int, reason: str = CLOSED_BY_OPERATOR, by: Requester
) -> Transaction:
    """End a session in the books only: the station is told nothing (RemoteStopTransaction does that). FIELD 21."""
    batch.settle()  # what was measured until now belongs to it
    wanted = Transaction.objects.filter(pk=transaction_id)
    station = Station.objects.select_for_update().filter(pk__in=wanted.values("station")).first()
    if station is None:
        raise NotFound("There is no such transaction.")
    session = wanted.select_related("evse", "id_token").get()
    if not session.active:
        raise Conflict("This transaction has ended.", end_reason=session.end_reason)
    end(session, reason.strip() or CLOSED_BY_OPERATOR, batch.now)
    costs.close(session, batch.now)
    session.remark = remarks.added(session.remark, remarks.CLOSED_BY_OPERATOR)
    session.save()
    due.note_end(batch, station.identity, session)
    logger.info("Transaction %s of %s was closed by %s.", session.pk, station.identity, by.name)
    summary.refresh(batch, station_id=station.pk)
    announce.ended(batch, station.identity, session)
    return session


def mark_ghosts(batch: Batch, *, now: datetime, after: timedelta) -> int:
    """Remark sessions that run although their connector has long been free; how many were found now."""
    found = likely_ghosts(now=now, after=after).exclude(remark__contains=remarks.GHOST)
    # In the order of the index of running sessions: in that of the keys, all that ever ran would be looked through.
    places = dict(found.order_by("station_id", "evse_id").values_list("pk", "station")[:MAX_MARKED])
    # Those of stations with which another process is busy have their turn later.
    free = Station.objects.select_for_update(skip_locked=True).filter(pk__in=set(places.values())).order_by("pk")
    stations = list(free.values_list("pk", flat=True))
    ghosts = list(found.filter(pk__in=places, station__in=stations).select_related("evse", "station"))
    for session in ghosts:
        session.remark = remarks.added(session.remark, remarks.GHOST)
        session.save(update_fields=["remark"])
        announce.updated(batch, session.station.identity, session)
    return len(ghosts)


def likely_ghosts(*, now: datetime, after: timedelta) -> QuerySet[Transaction]:
    """Sessions on an EVSE all of whose connectors became free after their start, `after` ago, and draw nothing since.

    Only stations that have been heard since tell that nothing has changed.
    """
    since = F("evse__connectors__status_since")
    idle = Q(evse__power_w__isnull=True) | Q(evse__power_w__lte=0) | Q(evse__measured_at__lte=since)
    occupied = Connector.objects.filter(evse=OuterRef("evse")).exclude(status=FREE)
    return Transaction.objects.filter(
        idle,
        ~Exists(occupied),
        active=True,
        messages_in_queue=False,
        evse__connectors__status=FREE,
        evse__connectors__status_since__gt=F("started_at"),
        evse__connectors__status_since__lte=now - after,
        station__last_seen_at__gte=since + after,
    ).distinct()


def take_transaction_status(batch: Batch, settled: Settled, fact: TransactionStatusTold) -> None:
    """What GetTransactionStatus (2.x, use case E14) was answered: whether the station has more to say of a session.

    As long as it has, nobody but the station ends the session (citrineos-core#1053). FIELD 22. Without a reference the
    answer is about all of them: that something waits says of those that have ended nothing.
    """
    mine = Transaction.objects.filter(station_id=settled.station_id)
    if fact.reference:
        mine = mine.filter(reference=fact.reference)
    elif fact.waiting:
        mine = mine.filter(active=True)
    else:
        mine = mine.filter(messages_in_queue=True)
    for pk in mine.exclude(messages_in_queue=fact.waiting).values_list("pk", flat=True):
        Transaction.objects.filter(pk=pk).update(messages_in_queue=fact.waiting)
        batch.changed(TOPIC_SESSIONS, pk)
