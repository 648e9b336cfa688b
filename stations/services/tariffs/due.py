"""Payments that the server has to settle with the payment service provider, past the station (2.1 C21, C24, C25).

How that is done is the operator's: a program hears of `payment.due`, has the provider capture or release the amount,
and says what came of it.
"""

from __future__ import annotations

from decimal import Decimal

from smartserver.core.batch import Batch
from smartserver.core.errors import Conflict, NotFound
from smartserver.core.events import PAYMENT_DUE, TOPIC_STATIONS
from stations.models import SessionCost, Settlement, Transaction, Variable
from stations.ocpp.tokens import PAID
from stations.services.tariffs import receipts

DUE = "Due"
OPEN = frozenset({DUE, "Failed", "Rejected"})
"""What may still be settled: a provider that failed or refused may be asked again by the payment's reference (C22)."""


def note_end(batch: Batch, identity: str, session: Transaction) -> None:
    """A session has ended, or something was heard of one that had: its payment is due, if that is our task.

    `identity`: of its station.
    """
    token = session.id_token
    if session.active or token is None or token.type not in PAID or not _is_ours(session):
        return
    rows = Settlement.objects.filter(station_id=session.station_id, psp_reference=token.value[:255])
    row = rows.first()
    amount = _amount(session)
    if row is not None and (row.status != DUE or row.amount == amount):
        return
    row = row or Settlement(station_id=session.station_id, psp_reference=token.value[:255], status=DUE)
    row.reference, row.transaction, row.amount, row.received_at = session.reference, session, amount, batch.now
    row.save()
    batch.changed(TOPIC_STATIONS, session.station_id)
    batch.publish(
        PAYMENT_DUE,
        {
            "settlement": row.pk,
            "station": identity,
            "transaction": session.pk,
            "psp_reference": row.psp_reference,
            "amount": float(amount),
            "currency": session.currency,
        },
    )


def _is_ours(session: Transaction) -> bool:
    """Who was let in by a remote start paid elsewhere; at a terminal of the station, its SettlementByCSMS counts."""
    if session.remote_start_number is not None:
        return True
    told = Variable.objects.filter(
        station_id=session.station_id, component="PaymentCtrlr", variable="SettlementByCSMS", attribute="Actual"
    )
    return (told.values_list("value", flat=True).first() or "").lower() == "true"


def _amount(session: Transaction) -> Decimal:
    """What it cost: as the station has counted it, where it does; nothing, where nobody knows."""
    told = SessionCost.objects.filter(transaction=session).values_list("told_cost", flat=True).first()
    cost = session.cost if told is None else told
    return Decimal() if cost is None else cost


def settle_due(
    batch: Batch, *, settlement_id: int, status: str, amount: Decimal | None = None, info: str = ""
) -> Settlement:
    """What the payment service provider says: Settled, Canceled (nothing was taken), Rejected or Failed.

    Errors: NotFound; Conflict for a payment that is settled, or is no concern of ours.
    """
    row = Settlement.objects.select_for_update().filter(pk=settlement_id).first()
    if row is None:
        raise NotFound("There is no such settlement.")
    if row.status not in OPEN:
        raise Conflict(f"This payment is {row.status} already.")
    row.status, row.info = status, info
    row.amount = row.amount if amount is None else amount
    row.settled_at = row.received_at = batch.now
    if status == receipts.SETTLED and not row.receipt_id:
        receipts.issue(row)
    row.save()
    batch.changed(TOPIC_STATIONS, row.station_id)
    return row
