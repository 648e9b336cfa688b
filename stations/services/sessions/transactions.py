"""Charging sessions: begun, carried on, ended, each once however often the station says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from smartserver.core.batch import Batch, Later
from smartserver.core.events import TOPIC_SESSIONS
from stations.models import EVSE, IdToken, Station, Transaction
from stations.ocpp.facts import Phase, TokenJudged, TransactionKept, TransactionReported
from stations.ocpp.times import believed
from stations.services import announce, quirks, remarks, summary
from stations.services.authorization import tokens, used_reservations
from stations.services.context import Context
from stations.services.equipment import registration
from stations.services.sessions import events, ghosts, limits, meters, registers, remote_starts, unknown_stops, updates
from stations.services.smart_charging import charging
from stations.services.tariffs import costs, due

CLOCK_TOLERANCE = timedelta(days=30)

STOP_AUTHORIZED = "StopAuthorized"
"""Trigger of an event whose token ends the session, whether or not the transaction ends with it (2.x TxStopPoint)."""

RESUMED = "TxResumed"
"""Trigger of the first event after the station was without power, or restarted (2.1 E17)."""


def report_transaction(
    batch: Batch, context: Context, fact: TransactionReported
) -> TransactionKept | Later[TransactionKept]:
    """Take what a station says of one of its sessions; the same report twice has the effect of one."""
    if updates.is_plain(fact) and not meters.are_waiting(batch, context.station_id):
        return updates.take_later(batch, context, fact, otherwise=_report)
    return take_report(batch, context, fact)


def take_report(batch: Batch, context: Context, fact: TransactionReported) -> TransactionKept:
    """The same, at once."""
    measured = fact.phase is not Phase.UPDATED and meters.are_waiting(batch, context.station_id)
    if measured or updates.are_waiting(batch, context.station_id):
        batch.settle()  # what was measured before belongs to the session as it was until now
    return _report(batch, context, fact)


def _report(batch: Batch, context: Context, fact: TransactionReported) -> TransactionKept:
    # Two processes may hear of one station during a reconnect; its row is the lock.
    stations = Station.objects.select_for_update().only("identity", "registration", "strict")
    station = stations.get(pk=context.station_id)
    session = _find(context, fact)
    verdict, id_token = _judge(batch, context, fact, station, session)
    if session is None and fact.number is not None:
        unknown_stops.keep(batch, context, fact, station, id_token)
        return TransactionKept(fact.number, verdict)
    begins = session is None
    session = session or _begin(batch, context, fact, station, id_token)
    if not _is_repeated(context, fact, session, begins=begins):
        _take(batch, context, fact, station, session, id_token, verdict, begins=begins)
    return TransactionKept(session.pk, verdict, limits.untold(session, id_token), **costs.answered(session, fact))


def _take(
    batch: Batch,
    context: Context,
    fact: TransactionReported,
    station: Station,
    session: Transaction,
    id_token: IdToken | None,
    verdict: TokenJudged | None,
    *,
    begins: bool,
) -> None:
    """A report that is news."""
    shown, remark, token = _shown(session), session.remark, session.id_token_id
    adopted = bool(session.remote_start_id and session.evse_id)
    _carry_on(context, fact, session, id_token, begins=begins)
    if verdict is not None and fact.token is not None and not _is_to_end(fact):
        if verdict.status != "Accepted":
            session.remark = remarks.added(session.remark, remarks.NOT_AUTHORIZED)
        tokens.announce_refusal(batch, context, station, fact.token, verdict)
    if fact.reservation is not None and session.reservation_id is None:
        used_reservations.use(batch, context, station, session, fact.reservation)
    ends = fact.phase is Phase.ENDED and _may_end(session)
    if ends:
        _end(batch, context, fact, session, id_token)
    elif fact.trigger == STOP_AUTHORIZED and id_token is not None:
        _note_who_stopped(batch, context, session, id_token)
    costs.follow(context, fact, session, begins=begins, token=token)
    session.save()
    due.note_end(batch, station.identity, session)
    batch.changed(TOPIC_SESSIONS, session.pk)
    _remember_register(session, fact)
    registers.note_oddities(batch, context.station_id, context.action, context.received_at, remark, session.remark)
    for reading in fact.readings:
        number = session.evse.number if session.evse else None
        meters.store_reading(batch, context, evse=number, transaction=session.pk, reading=reading)
    summary.refresh(batch, station_id=context.station_id)
    resumes = fact.trigger == RESUMED and session.active
    _follow_profiles(batch, context, session, begins=begins, resumes=resumes, adopted=adopted)
    if begins:
        announce.started(batch, station.identity, session)
    if ends or (begins and not session.active):
        announce.ended(batch, station.identity, session)
    elif not begins and shown != _shown(session):
        announce.updated(batch, station.identity, session)


def _follow_profiles(
    batch: Batch, context: Context, session: Transaction, *, begins: bool, resumes: bool, adopted: bool
) -> None:
    """`adopted`: before this report it was known already which command had asked for the session, and where it is."""
    if begins:
        charging.begin_transaction_profiles(batch, session)
    if not adopted and session.remote_start_id:
        charging.adopt_requested_profile(session, context.received_at)
    if resumes:
        charging.repeat_transaction_profiles(batch, session)


def _shown(session: Transaction) -> tuple[object, ...]:
    """What is told when it changes."""
    return session.charging_state, session.id_token_id, session.evse_id


def _judge(
    batch: Batch, context: Context, fact: TransactionReported, station: Station, session: Transaction | None
) -> tuple[TokenJudged | None, IdToken | None]:
    if fact.token is None:
        if fact.phase is Phase.STARTED:
            registration.may_charge(batch, context, station)
        return None, None
    return tokens.judge_at(
        batch,
        context,
        station,
        fact.token,
        purpose=tokens.Purpose.END if _is_to_end(fact) else tokens.Purpose.START,
        transaction_id=session.pk if session else None,
        evse=fact.evse,
    )


def _is_to_end(fact: TransactionReported) -> bool:
    """Whether its token was shown to end the session."""
    return fact.phase is Phase.ENDED or fact.trigger == STOP_AUTHORIZED


def _find(context: Context, fact: TransactionReported) -> Transaction | None:
    """The session that is meant, always one of this station: a wrong id never touches somebody else's."""
    if fact.anew:
        return None
    mine = Transaction.objects.filter(station_id=context.station_id)
    mine = mine.select_related("evse", "id_token").exclude(remark__startswith=remarks.UNKNOWN_TRANSACTION)
    if fact.number is not None:
        return mine.filter(pk=fact.number).first() if 0 < fact.number < 2**63 else None
    known = mine.filter(reference=fact.reference).order_by("-pk").first()
    if known is None or known.active or fact.sequence is not None:
        return known
    # 1.6: the same start again after the end. With a working clock that is a retry; a station whose
    # clock stands still sends the same start for every session.
    return known if _is_plausible(fact.stamp.moment, context.received_at) else None


def _is_plausible(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and abs(now - moment) < CLOCK_TOLERANCE


def _begin(
    batch: Batch, context: Context, fact: TransactionReported, station: Station, id_token: IdToken | None
) -> Transaction:
    evse, overtaken = None, False
    if fact.evse is not None:
        evse, _ = EVSE.objects.get_or_create(station_id=context.station_id, number=fact.evse)
        if fact.phase is not Phase.ENDED:  # the end of an old session, replayed, ends no other
            overtaken = ghosts.is_overtaken(evse, fact.stamp.moment, fact.meter_wh, context.received_at)
            if not overtaken:
                ghosts.supersede(batch, station.identity, evse, context.received_at)
    session = Transaction(
        station_id=context.station_id,
        evse=evse,
        connector_number=fact.connector,
        id_token=id_token,
        reference=fact.reference,
        started_at=context.received_at,
        started_at_station=fact.stamp.moment,
        charging_state="Charging" if fact.sequence is None else "",
    )
    if overtaken:  # it is the ghost; its station still has to tell how it ended
        ghosts.end(session, ghosts.SUPERSEDED, context.received_at)
        session.remark = remarks.SUPERSEDED
    session.save()
    return session


def _is_repeated(context: Context, fact: TransactionReported, session: Transaction, *, begins: bool) -> bool:
    """Whether this very report was taken before (2.x: E04.FR; 1.6: what is known already changes nothing)."""
    if fact.sequence is None:
        # A start that finds its session is a repeated one, and so is an end that finds it ended.
        return not begins and (fact.phase is Phase.STARTED or not _may_end(session))
    return events.is_repeated(context, fact, session, begins=begins)


def _may_end(session: Transaction) -> bool:
    """It runs, or the server has ended it without the station, whose word is better."""
    return session.active or ghosts.was_closed_here(session)


def _carry_on(
    context: Context, fact: TransactionReported, session: Transaction, id_token: IdToken | None, *, begins: bool
) -> None:
    if fact.phase is Phase.STARTED:  # which may come after the others (offline replays of 2.x)
        session.started_at_station = fact.stamp.moment
        if begins:
            registers.open_account(session, fact.meter_wh, needed=fact.sequence is None)
        elif fact.meter_wh is not None:
            session.meter_start_wh = fact.meter_wh
            registers.count_energy(session)
    if fact.stamp.moment is not None and believed(fact.stamp.moment, context.received_at) is None:
        session.remark = remarks.added(session.remark, remarks.IMPLAUSIBLE_TIME)
    is_late = fact.sequence is not None and _note_event(fact, session, begins=begins)
    if fact.charging_state and session.active and not is_late:
        session.charging_state = fact.charging_state[:32]
    if id_token is not None and session.id_token_id is None and not _is_to_end(fact):
        session.id_token = id_token
    if session.evse is None and fact.evse is not None:
        session.evse, _ = EVSE.objects.get_or_create(station_id=context.station_id, number=fact.evse)


def _note_event(fact: TransactionReported, session: Transaction, *, begins: bool) -> bool:
    """What only events of 2.x tell; whether this one comes after what happened after it."""
    assert fact.sequence is not None
    session.missing_events, highest = events.sequence_of(session, fact, begins=begins)
    if fact.remote_start is not None:
        remote_starts.link(session, fact.remote_start)
    if fact.charging_seconds is not None:  # time only grows
        session.charging_seconds = max(fact.charging_seconds, session.charging_seconds or 0)
    is_late = fact.sequence < highest and events.is_late(session, fact)
    if not is_late:
        _note_present(fact, session)
    return is_late


def _note_present(fact: TransactionReported, session: Transaction) -> None:
    if fact.phases_used is not None:
        session.phases_used = fact.phases_used
    if fact.cable_max_current_a is not None:
        session.cable_max_current_a = fact.cable_max_current_a
    session.operation_mode = fact.operation_mode[:32] or session.operation_mode
    session.tariff = fact.tariff[:60] or session.tariff
    if fact.limits is not None:
        session.limits = fact.limits


def _end(
    batch: Batch, context: Context, fact: TransactionReported, session: Transaction, id_token: IdToken | None
) -> None:
    if session.active:
        ghosts.end(session, fact.reason or "Local", context.received_at)
    else:
        session.end_reason = (fact.reason or session.end_reason)[:64]
        session.remark = remarks.added(session.remark, remarks.LATE_STOP)
    session.ended_at_station = fact.stamp.moment
    charging.forget_transaction_profiles(batch, session.pk)
    registers.close_account(session, fact, context.received_at)
    if id_token is not None:
        _note_who_stopped(batch, context, session, id_token)


def _note_who_stopped(batch: Batch, context: Context, session: Transaction, id_token: IdToken) -> None:
    session.stopped_by = id_token
    owner = session.id_token
    if owner is not None and not tokens.may_end(id_token, owner):
        session.remark = remarks.added(session.remark, remarks.STOPPED_BY_STRANGER)
        quirks.note_in(batch, context, rules=("stopped_by_stranger",))


def _remember_register(session: Transaction, fact: TransactionReported) -> None:
    """What the outlet's meter shows, known from a start or an end: by it the next start meter is judged."""
    shown = {Phase.STARTED: session.meter_start_wh, Phase.ENDED: session.meter_stop_wh}.get(fact.phase)
    if not shown or session.evse_id is None:
        return
    later = Q(pk__gt=session.pk)
    if session.started_at_station is not None:
        later |= Q(started_at_station__gt=session.started_at_station)  # this one was replayed late
    running = Transaction.objects.filter(later, station=session.station_id, evse=session.evse_id, active=True)
    if not running.exists():
        EVSE.objects.filter(pk=session.evse_id).update(energy_wh=shown)
