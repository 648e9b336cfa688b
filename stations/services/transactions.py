"""Charging sessions: begun, carried on, ended, each once however often the station says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from smartserver.core.writer import Batch
from stations.models import EVSE, IdToken, Station, Transaction, TransactionEvent
from stations.ocpp.facts import Phase, TokenJudged, TransactionKept, TransactionReported
from stations.ocpp.times import believed
from stations.services import announce, ghosts, meters, quirks, registers, remarks, reserved, summary, tokens
from stations.services.context import Context

CLOCK_TOLERANCE = timedelta(days=30)

UNKNOWN = "Unknown"
"""End reason of a session of which only a stop is known, and that gives none."""


def report_transaction(batch: Batch, context: Context, fact: TransactionReported) -> TransactionKept:
    """Take what a station says of one of its sessions; the same report twice has the effect of one."""
    # Two processes may hear of one station during a reconnect; its row is the lock.
    stations = Station.objects.select_for_update().only("identity", "registration", "strict")
    station = stations.get(pk=context.station_id)
    if fact.phase is not Phase.UPDATED:
        batch.settle()  # what was measured before belongs to the session as it was until now
    session = _find(context, fact)
    verdict, id_token = _judge(batch, context, fact, station, session)
    if session is None and fact.number is not None:
        _keep_unknown_stop(batch, context, fact, id_token)
        return TransactionKept(fact.number, verdict)
    begins = session is None
    if session is None:
        session = _begin(batch, context, fact, station, id_token)
    if not begins and _is_repeated(context, fact, session):
        return TransactionKept(session.pk, verdict)
    if begins and fact.sequence is not None:
        _is_repeated(context, fact, session)  # from now on it is
    before = (session.charging_state, session.id_token_id, session.evse_id)
    _carry_on(context, fact, session, id_token)
    if verdict is not None and verdict.status != "Accepted" and fact.phase is not Phase.ENDED:
        session.remark = remarks.added(session.remark, remarks.NOT_AUTHORIZED)
    ends = fact.phase is Phase.ENDED and (session.active or ghosts.was_closed_here(session))
    if ends:
        _end(batch, context, fact, session, id_token)
    session.save()
    _store_readings(batch, context, fact, session)
    summary.refresh(batch, station_id=context.station_id)
    if begins:
        announce.started(batch, station.identity, session)
    if ends:
        announce.ended(batch, station.identity, session)
    elif not begins and before != (session.charging_state, session.id_token_id, session.evse_id):
        announce.updated(batch, station.identity, session)
    return TransactionKept(session.pk, verdict)
