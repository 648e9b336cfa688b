"""Events of 2.x that follow each other and say the same, but for time and meters: they are one row, with its numbers.

A session of a night has a thousand of them. What their meters show is stored for each (`meters`), and the text of each
stands in the message log; what is left to know is that they came, and when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet, Subquery

from smartserver.core.bulk import insert_rows, update_rows
from stations.models import Transaction, TransactionEvent
from stations.ocpp.facts import TransactionReported
from stations.ocpp.reading import stamp

NOTHING = "{}"
TIME = "timeSpentCharging"
"""It is another one each time, and does not end a run."""


@dataclass(slots=True)
class Run:
    """A row of events: of one, or of several that follow each other and say the same. `pk` is None for a new one.

    `details`: as JSON text.
    """

    transaction: int
    pk: int | None
    phase: str
    trigger: str
    charging_state: str
    offline: bool
    details: str
    last_sequence: int
    last_stamp: str
    sequence: int = 0
    stamp: str = ""
    received_at: datetime | None = None

    def is_carried_on_by(self, fact: TransactionReported) -> bool:
        moment = fact.stamp.moment
        return (
            self.trigger == fact.trigger[:32]
            and self.charging_state == fact.charging_state[:32]
            and self.phase == fact.phase.value
            and self.offline == fact.offline
            and moment is not None
            and (before := stamp(self.last_stamp).moment) is not None
            and before <= moment
            and self._says_the_same(fact.details)
        )

    def _says_the_same(self, details: Mapping[str, Any]) -> bool:
        if not details:
            return self.details == NOTHING
        told = orjson.loads(self.details)
        return bool({**told, TIME: 0} == {**details, TIME: 0})

    def carry_on(self, fact: TransactionReported) -> None:
        assert fact.sequence is not None
        self.last_sequence, self.last_stamp, self.details = fact.sequence, fact.stamp.text, _written(fact.details)


def begin(transaction: int, fact: TransactionReported, at: datetime) -> Run:
    assert fact.sequence is not None
    return Run(
        transaction,
        None,
        fact.phase.value,
        fact.trigger[:32],
        fact.charging_state[:32],
        fact.offline,
        _written(fact.details),
        fact.sequence,
        fact.stamp.text,
        fact.sequence,
        fact.stamp.text,
        at,
    )


def _written(details: Mapping[str, Any]) -> str:
    return orjson.dumps(details).decode() if details else NOTHING


# -- stored ---------------------------------------------------------------------------------------

_BEGUN = (
    *("transaction", "phase", "trigger", "charging_state", "offline", "sequence", "stamp", "received_at"),
    *("details", "last_sequence", "last_stamp"),
)
_CARRIED_ON = ("details", "last_sequence", "last_stamp")


def keep(runs: Iterable[Run]) -> None:
    """Insert those that were begun, and write how far the others have come."""
    begun, carried_on = [], []
    for run in runs:
        last = (run.details, run.last_sequence, run.last_stamp)
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
