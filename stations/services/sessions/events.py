"""TransactionEvents of 2.x one by one: taken once, in whatever order, and what their sequence lacks (E01, E04).

A station numbers the events of a transaction. What it kept while it was offline comes later, and may be lost: so the
numbers tell how much of a session nobody has heard of.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Count, Max, Min, Q

from stations.models import Transaction, TransactionEvent
from stations.ocpp.facts import Phase, TransactionReported
from stations.ocpp.reading import stamp
from stations.services.context import Context


def is_repeated(context: Context, fact: TransactionReported, session: Transaction, *, begins: bool) -> bool:
    """Whether this very event was taken before; it is from now on. The caller has locked the station."""
    assert fact.sequence is not None
    event = TransactionEvent(
        transaction=session,
        sequence=fact.sequence,
        phase=fact.phase.value,
        stamp=fact.stamp.text,
        trigger=fact.trigger[:32],
        charging_state=fact.charging_state[:32],
        details=dict(fact.details),
        offline=fact.offline,
        received_at=context.received_at,
    )
    if not begins:
        same = TransactionEvent.objects.filter(
            transaction=session, sequence=event.sequence, phase=event.phase, stamp=event.stamp
        )
        if same.exists():
            return True
    event.save(force_insert=True)
    return False


class Sequence(NamedTuple):
    """`missing`: events that there were and that have not come: gaps between the numbers, and the start.

    What came before the first number that is known nobody can count; without the start, that is at least one.
    """

    missing: int
    highest: int


def sequence_of(session: Transaction, fact: TransactionReported, *, begins: bool) -> Sequence:
    """With the event that was taken just now. One that follows the newest changes nothing, as most do."""
    assert fact.sequence is not None
    if begins:
        return Sequence(int(fact.phase is not Phase.STARTED), fact.sequence)
    numbers = TransactionEvent.objects.filter(transaction=session).order_by("-sequence")
    if fact.phase is not Phase.STARTED:
        newest = list(numbers.values_list("sequence", flat=True)[:2])
        if newest == [fact.sequence, fact.sequence - 1]:
            return Sequence(session.missing_events, fact.sequence)
    return _counted(session)


def _counted(session: Transaction) -> Sequence:
    known = TransactionEvent.objects.filter(transaction=session).aggregate(
        started=Count("pk", filter=Q(phase=Phase.STARTED.value)),
        least=Min("sequence"),
        most=Max("sequence"),
        numbers=Count("sequence", distinct=True),
    )
    gaps: int = known["most"] - known["least"] + 1 - known["numbers"]
    return Sequence(gaps + (not known["started"]), known["most"])


def is_late(session: Transaction, fact: TransactionReported) -> bool:
    """Whether an event that happened after this one has come before it: then it does not tell how things are now.

    Numbers alone do not tell, because some stations begin anew with them when they restart.
    """
    later = TransactionEvent.objects.filter(transaction=session, sequence__gt=fact.sequence)
    moments = [stamp(text).moment for text in later.values_list("stamp", flat=True)]
    mine = fact.stamp.moment
    return any(mine is None or moment is None or moment >= mine for moment in moments)
