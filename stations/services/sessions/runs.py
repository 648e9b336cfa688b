"""Events of 2.x that follow each other and say the same, but for time and meters: they are one row, with its numbers.

A session of a night has a thousand of them. What their meters show is stored for each (`meters`), and the text of each
stands in the message log; what is left to know is that they came, and when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet, Subquery

from smartserver.core.bulk import insert_rows, update_rows
from stations.models import Transaction, TransactionEvent
from stations.ocpp.facts import TransactionReported
from stations.ocpp.reading import stamp


@dataclass(slots=True)
class Run:
    """A row of events: of one, or of several that follow each other and say the same. `pk` is None for a new one."""

    pk: int | None
    transaction: int
    phase: str
    trigger: str
    charging_state: str
    offline: bool
    details: Mapping[str, Any]
    last_sequence: int
    last_stamp: str
    sequence: int = 0
    stamp: str = ""
    received_at: datetime | None = None

    def is_carried_on_by(self, fact: TransactionReported) -> bool:
        if (self.trigger, self.phase, self.offline) != (fact.trigger[:32], fact.phase.value, fact.offline):
            return False
        before, moment = stamp(self.last_stamp).moment, fact.stamp.moment
        return (
            self.charging_state == fact.charging_state[:32]
            and before is not None
            and moment is not None
            and before <= moment
            and _but_for_time(self.details) == _but_for_time(fact.details)
        )

    def carry_on(self, fact: TransactionReported) -> None:
        assert fact.sequence is not None
        self.last_sequence, self.last_stamp, self.details = fact.sequence, fact.stamp.text, fact.details


def begin(transaction: int, fact: TransactionReported, at: datetime) -> Run:
    assert fact.sequence is not None
    return Run(
        None,
        transaction,
        fact.phase.value,
        fact.trigger[:32],
        fact.charging_state[:32],
        fact.offline,
        fact.details,
        fact.sequence,
        fact.stamp.text,
        fact.sequence,
        fact.stamp.text,
        at,
    )


def _but_for_time(details: Mapping[str, Any]) -> Mapping[str, Any]:
    return details and {name: value for name, value in details.items() if name != "timeSpentCharging"}


# -- stored ---------------------------------------------------------------------------------------

_BEGUN = (
    *("transaction", "phase", "trigger", "charging_state", "offline", "sequence", "stamp", "received_at"),
    *("details", "last_sequence", "last_stamp"),
)
_CARRIED_ON = ("details", "last_sequence", "last_stamp")


def keep(runs: Iterable[Run]) -> None:
    begun, carried_on = [], []
    for run in runs:
        last = (orjson.dumps(run.details).decode(), run.last_sequence, run.last_stamp)
        if run.pk is None:
            told = (run.transaction, run.phase, run.trigger, run.charging_state, run.offline)
            begun.append((*told, run.sequence, run.stamp, run.received_at, *last))
        else:
            carried_on.append((*last, run.pk))
    insert_rows(TransactionEvent, _BEGUN, begun)
    update_rows(TransactionEvent, _CARRIED_ON, carried_on)


NEWEST = ("pk", "phase", "trigger", "charging_state", "offline", "details", "last_sequence", "last_stamp")


def with_newest(transactions: QuerySet[Transaction]) -> QuerySet[Transaction]:
    """Joined with `newest_event`: of their events, the row with the highest number."""
    events = TransactionEvent.objects.filter(transaction=OuterRef("pk")).order_by("-sequence")
    newest = FilteredRelation("events", condition=Q(events__pk=F("newest_event_id")))
    return transactions.annotate(newest_event_id=Subquery(events.values("pk")[:1]), newest_event=newest)


def read(transaction: int, told: Sequence[Any]) -> Run:
    """The values of `NEWEST`, as the driver returns them."""
    pk, phase, trigger, charging_state, offline, details, *last = told
    return Run(
        pk,
        transaction,
        phase,
        trigger,
        charging_state,
        offline,
        {} if details == "{}" else orjson.loads(details),
        *last,
    )
