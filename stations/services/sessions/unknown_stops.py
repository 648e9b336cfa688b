"""Stops of sessions that nobody knows, also with the ids -1 and 0: acknowledged and kept, without touching any session.

FIELD 19 and 20 (connectorio-addons#199, steve#292, ocpp-rpc#82, OCPP.Core#34).
"""

from __future__ import annotations

from datetime import timedelta

from smartserver.core.batch import Batch
from stations.models import IdToken, Station, Transaction
from stations.ocpp.facts import TransactionReported
from stations.ocpp.times import believed
from stations.services import announce, quirks, remarks
from stations.services.context import Context
from stations.services.sessions import meters

RETRIED_WITHIN = timedelta(days=1)
"""A stop without a believable time is taken for a repetition of an equal one for so long."""


def keep(batch: Batch, context: Context, fact: TransactionReported, station: Station, id_token: IdToken | None) -> None:
    """A row for people to look into; no energy is billed, because nobody knows where it began."""
    quirks.note_in(batch, context, rules=("unknown_transaction_id",))
    token = fact.token.value if fact.token else ""
    reference = f"stop|{fact.number}|{token}|{fact.stamp.text}|{fact.meter_wh}"[:255]
    known = Transaction.objects.filter(station_id=context.station_id, reference=reference)
    if believed(fact.stamp.moment, context.received_at) is None:
        known = known.filter(started_at__gt=context.received_at - RETRIED_WITHIN)
    if known.exists():
        return
    kept = Transaction(
        station_id=context.station_id,
        reference=reference,
        active=False,
        started_at=context.received_at,
        ended_at=context.received_at,
        ended_at_station=fact.stamp.moment,
        end_reason=fact.reason[:64],
        stopped_by=id_token,
        meter_stop_wh=fact.meter_wh,
        remark=remarks.UNKNOWN_TRANSACTION,
    )
    kept.save()
    announce.ended(batch, station.identity, kept)
    for reading in fact.readings:
        meters.store_reading(batch, context, evse=None, transaction=kept.pk, reading=reading)
