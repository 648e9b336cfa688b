"""Charging sessions: begun, carried on, ended, each once however often the station says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from smartserver.core.writer import Batch
from stations.models import EVSE, IdToken, Station, Transaction, TransactionEvent
from stations.ocpp.facts import Phase, TokenJudged, TransactionKept, TransactionReported
from stations.services import meters, quirks, summary
from stations.services.context import Context
from stations.services.tokens import judge_token

SUPERSEDED = "Superseded"
"""End reason of a session whose EVSE began another one: its end was never reported."""

CLOCK_TOLERANCE = timedelta(days=30)


def report_transaction(batch: Batch, context: Context, fact: TransactionReported) -> TransactionKept:
    """Take what a station says of one of its sessions; the same report twice has the effect of one."""
    # Two processes may hear of one station during a reconnect; its row is the lock.
    Station.objects.select_for_update().only("pk").get(pk=context.station_id)
    if fact.phase is not Phase.UPDATED:
        batch.settle()  # what was measured before belongs to the session as it was until now
    token, id_token = _judge(context, fact)
    transaction = _find(context, fact)
    if transaction is None:
        if fact.number is not None:
            quirks.note(
                batch,
                station_id=context.station_id,
                rules=("unknown_transaction_id",),
                action=context.action,
                at=context.received_at,
            )
            return TransactionKept(fact.number, token)
        transaction = _begin(context, fact, id_token)
    if _is_repeated(context, fact, transaction):
        return TransactionKept(transaction.pk, token)
    _carry_on(context, fact, transaction, id_token)
    if fact.phase is Phase.ENDED and transaction.active:
        _end(context, fact, transaction)
    transaction.save()
    for reading in fact.readings:
        number = transaction.evse.number if transaction.evse else None
        meters.store_reading(batch, context, evse=number, transaction=transaction.pk, reading=reading)
    summary.refresh(batch, station_id=context.station_id)
    return TransactionKept(transaction.pk, token)


def _judge(context: Context, fact: TransactionReported) -> tuple[TokenJudged | None, IdToken | None]:
    if fact.token is None:
        return None, None
    return judge_token(token=fact.token, accept_unknown=context.policy.accept_unknown_tokens, now=context.received_at)


def _find(context: Context, fact: TransactionReported) -> Transaction | None:
    """The session that is meant, always one of this station: a wrong id never touches somebody else's."""
    mine = Transaction.objects.filter(station_id=context.station_id).select_related("evse")
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


def _begin(context: Context, fact: TransactionReported, id_token: IdToken | None) -> Transaction:
    evse = None
    if fact.evse is not None:
        evse, _ = EVSE.objects.get_or_create(station_id=context.station_id, number=fact.evse)
        if fact.phase is not Phase.ENDED:  # the end of an old session, replayed, ends no other
            for ghost in Transaction.objects.filter(evse=evse, active=True):
                _close(ghost, SUPERSEDED, context.received_at)
                ghost.save()
    transaction = Transaction(
        station_id=context.station_id,
        evse=evse,
        connector_number=fact.connector,
        id_token=id_token,
        reference=fact.reference,
        started_at=context.received_at,
        started_at_station=fact.stamp.moment,
        charging_state="Charging" if fact.sequence is None else "",
    )
    transaction.save()
    return transaction


def _is_repeated(context: Context, fact: TransactionReported, transaction: Transaction) -> bool:
    """Whether this very report was taken before (2.x: E04.FR; 1.6: what is known already changes nothing)."""
    if fact.sequence is None:
        # A start finds its session as it is; an end finds it ended.
        return fact.phase is Phase.ENDED and not transaction.active
    _, created = TransactionEvent.objects.get_or_create(
        transaction=transaction,
        sequence=fact.sequence,
        phase=fact.phase.value,
        stamp=fact.stamp.text,
        defaults={"trigger": fact.trigger[:32], "offline": fact.offline, "received_at": context.received_at},
    )
    return not created


def _carry_on(context: Context, fact: TransactionReported, transaction: Transaction, id_token: IdToken | None) -> None:
    if fact.phase is Phase.STARTED:  # which may come after the others (offline replays of 2.x)
        transaction.started_at_station = fact.stamp.moment
        if fact.meter_wh is not None:
            transaction.meter_start_wh = fact.meter_wh
            _count_energy(transaction)
    if fact.charging_state and transaction.active:
        transaction.charging_state = fact.charging_state[:32]
    if id_token is not None and transaction.id_token_id is None:
        transaction.id_token = id_token
    if transaction.evse is None and fact.evse is not None:
        transaction.evse, _ = EVSE.objects.get_or_create(station_id=context.station_id, number=fact.evse)


def _end(context: Context, fact: TransactionReported, transaction: Transaction) -> None:
    _close(transaction, fact.reason or "Local", context.received_at)
    transaction.ended_at_station = fact.stamp.moment
    if fact.meter_wh is not None:
        transaction.meter_stop_wh = transaction.meter_last_wh = fact.meter_wh
        _count_energy(transaction)


def _count_energy(transaction: Transaction) -> None:
    if transaction.meter_start_wh is not None and transaction.meter_last_wh is not None:
        transaction.energy_wh = max(0.0, transaction.meter_last_wh - transaction.meter_start_wh)


def _close(transaction: Transaction, reason: str, now: datetime) -> None:
    transaction.active = False
    transaction.ended_at = now
    transaction.end_reason = reason[:64]
    transaction.charging_state = ""
    if transaction.evse_id is not None:
        EVSE.objects.filter(pk=transaction.evse_id, power_w__isnull=False).update(power_w=0.0)
