"""Payments at stations: what was settled, and for whom the receipt is (2.1 use cases C18 to C22)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import Settlement, Station, Transaction
from stations.ocpp.tariffs.messages import (
    SettlementKept,
    SettlementNotified,
    VatNumberAsked,
    VatNumberJudged,
)
from stations.services.context import Context
from stations.services.tariffs import receipts
from stations.services.tariffs.vat_numbers import Verdict

logger = logging.getLogger(__name__)

Check = Callable[[str], Verdict]
"""Judges a VAT number. It runs while messages are stored, so it must not wait for anybody."""


def keep_settlement(batch: Batch, context: Context, fact: SettlementNotified) -> SettlementKept:
    """Each payment is kept once, by its pspRef; what is told of it later takes the place of what was told before.

    What was paid has a receipt, the station's or one that is made here, and keeps it (C21.FR.03, C22).
    """
    Station.objects.select_for_update().only("pk").get(pk=context.station_id)
    row = Settlement.objects.filter(station_id=context.station_id, psp_reference=fact.psp_reference).first()
    if row is None:
        row = Settlement(station_id=context.station_id, psp_reference=fact.psp_reference)
    elif _is_older(row, fact):
        return SettlementKept(row.receipt_id, row.receipt_url)
    _fill(row, context, fact)
    if row.status == receipts.SETTLED and not row.receipt_id:
        receipts.issue(row)
        row.save(update_fields=("receipt_id", "receipt_url"))
    batch.changed(TOPIC_STATIONS, context.station_id)
    return SettlementKept(row.receipt_id, row.receipt_url)


def _is_older(row: Settlement, fact: SettlementNotified) -> bool:
    moment = fact.stamp.moment
    return moment is not None and row.settled_at is not None and moment < row.settled_at


def _fill(row: Settlement, context: Context, fact: SettlementNotified) -> None:
    mine = Transaction.objects.filter(station_id=context.station_id, reference=fact.reference).order_by("-pk")
    row.reference = fact.reference[:255]
    row.transaction = mine.first() if fact.reference else None
    row.status, row.info, row.amount = fact.status, fact.info[:500], fact.amount
    row.settled_at, row.received_at = fact.stamp.moment, context.received_at
    row.receipt_id = fact.receipt_id or row.receipt_id
    row.receipt_url = fact.receipt_url or row.receipt_url
    row.vat_number, row.company = fact.vat_number, fact.company
    row.save()


def judge_vat_number(batch: Batch, context: Context, fact: VatNumberAsked) -> VatNumberJudged:
    """What the check says that the setting names. One that fails accepts nothing."""
    try:
        with batch.attempt():
            verdict = _check(settings.VAT_NUMBER_CHECK)(fact.vat_number)
    except (OperationalError, InterfaceError):
        raise  # the database itself: the batch is tried again
    except Exception:
        logger.exception("The check of a VAT number for station %s failed.", context.station_id)
        verdict = Verdict(False, "InternalError")
    status = "Accepted" if verdict.valid else "Rejected"
    return VatNumberJudged(fact.vat_number, fact.evse, status, verdict.company, verdict.reason)


@cache
def _check(path: str) -> Check:
    found: Check = import_string(path)
    return found


def check_vat_check(**_: Any) -> list[CheckMessage]:
    """A system check: a callable that cannot be imported."""
    try:
        found = _check(settings.VAT_NUMBER_CHECK)
    except ImportError as error:
        return [Error(f"VAT_NUMBER_CHECK: {error}", id="smartserver.E022")]
    return [] if callable(found) else [Error("VAT_NUMBER_CHECK: this cannot be called.", id="smartserver.E022")]
