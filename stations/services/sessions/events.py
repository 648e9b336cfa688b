"""TransactionEvents of 2.x one by one: taken once, in whatever order, and what their sequence lacks (E01, E04).

A station numbers the events of a transaction. What it kept while it was offline comes later, and may be lost: so the
numbers tell how much of a session nobody has heard of.
"""

from __future__ import annotations

from typing import NamedTuple

from stations.models import Transaction, TransactionEvent
from stations.ocpp.facts import Phase, TransactionReported
from stations.ocpp.reading import stamp
from stations.services.context import Context


def is_repeated(context: Context, fact: TransactionReported, session: Transaction, *, begins: bool) -> bool:
    """Whether this very event was taken before; it is from now on. The caller has locked the station."""
    assert fact.sequence is not None
    if not begins and _is_known(fact, session):
        return True
    TransactionEvent.objects.create(
        transaction=session,
        sequence=fact.sequence,
        phase=fact.phase.value,
        stamp=fact.stamp.text,
        trigger=fact.trigger[:32],
        charging_state=fact.charging_state[:32],
        details=dict(fact.details),
        offline=fact.offline,
        received_at=context.received_at,
        last_sequence=fact.sequence,
        last_stamp=fact.stamp.text,
    )
    return False


def _is_known(fact: TransactionReported, session: Transaction) -> bool:
    """A reboot starts the numbers again, so the time has to be the same, or to lie in that of a run of events."""
    assert fact.sequence is not None
    around = TransactionEvent.objects.filter(
        transaction=session, phase=fact.phase.value, sequence__lte=fact.sequence, last_sequence__gte=fact.sequence
    )
    said = (fact.sequence, fact.stamp.text)
    for first, last, begun, ended in around.values_list("sequence", "last_sequence", "stamp", "last_stamp"):
        if said in ((first, begun), (last, ended)):
            return True
        start, mine, end = stamp(begun).moment, fact.stamp.moment, stamp(ended).moment
        if first < fact.sequence < last and start and mine and end and start <= mine <= end:
            return True
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
    if fact.phase is not Phase.STARTED:
        numbers = TransactionEvent.objects.filter(transaction=session).order_by("-sequence")
        newest = list(numbers.values_list("sequence", "last_sequence")[:2])
        if len(newest) == 2 and newest[0][0] == newest[1][1] + 1 == fact.sequence:
            return Sequence(session.missing_events, fact.sequence)
    return _counted(session)


def _counted(session: Transaction) -> Sequence:
    known = TransactionEvent.objects.filter(transaction=session).order_by("sequence")
    rows = list(known.values_list("sequence", "last_sequence", "phase"))
    missing, highest = 0, rows[0][1]  # one was taken just now
    for first, last, _ in rows[1:]:
        missing += max(0, first - highest - 1)
        highest = max(highest, last)
    return Sequence(missing + (Phase.STARTED.value not in {phase for *_, phase in rows}), highest)


def is_late(session: Transaction, fact: TransactionReported) -> bool:
    """Whether an event that happened after this one has come before it: then it does not tell how things are now.

    Numbers alone do not tell, because some stations begin anew with them when they restart.
    """
    later = TransactionEvent.objects.filter(transaction=session, last_sequence__gt=fact.sequence)
    moments = [stamp(text).moment for text in later.values_list("last_stamp", flat=True)]
    mine = fact.stamp.moment
    return any(mine is None or moment is None or moment >= mine for moment in moments)
