"""Deleting what is old, in small steps that keep nobody waiting.

Rows are walked through by primary key. Finding the next of them is a read, done in any thread; deleting them is one
unit of the writer, between the messages of stations. Each step shows that the run is still the one that holds the
lease, so of many processes one prunes, and a run that was paused ends with its present step.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from smartserver.core.batch import Batch
from smartserver.retention.kinds import Kind
from smartserver.retention.models import Rule
from smartserver.retention.rules import all_kept, limit, pruning

LEASE = timedelta(seconds=60)
EVERY = timedelta(hours=1)

CHUNK = 500
"""Rows of one step at most."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of primary keys, `after` excluded and `upto` included. `last`: nothing behind it is old."""

    kind: Kind
    limit: datetime
    after: int
    upto: int
    last: bool


def due(now: datetime) -> list[tuple[Kind, datetime]]:
    """The kinds of which something may go, and what is old of each."""
    limits = ((each.kind, limit(each.days, now)) for each in all_kept())
    return [(kind, time) for kind, time in limits if time is not None]


def next_span(kind: Kind, time: datetime, after: int) -> Span | None:
    """The next rows behind this key among which some may be old; None when there are none."""
    rows = kind.model._default_manager.filter(pk__gt=after).order_by("pk")
    found = list(rows.values_list("pk", kind.moment)[:CHUNK])
    if not found or all(moment >= time for _, moment in found):
        return None
    return Span(kind, time, after, found[-1][0], last=len(found) < CHUNK)


def spans(kind: Kind, time: datetime) -> Iterator[Span]:
    """All of them, from the oldest row on; each is read when it is asked for."""
    span = next_span(kind, time, 0)
    while span is not None:
        yield span
        span = None if span.last else next_span(kind, time, span.upto)


def old_in(span: Span) -> QuerySet[Any]:
    """The rows of a span that may go."""
    return span.kind.old(span.limit).filter(pk__gt=span.after, pk__lte=span.upto)


def count_old(kind: Kind, time: datetime) -> int:
    """How many rows a run would delete."""
    return sum(old_in(span).count() for span in spans(kind, time))


# -- units ----------------------------------------------------------------------------------------


def claim(batch: Batch, *, by_hand: bool = False) -> str | None:
    """Begin a run: what to show with each step. None when another runs, or, unless somebody begins it by hand, when
    it is paused or not due."""
    row = pruning(lock=True)
    if row.held_until is not None and row.held_until > batch.now:
        return None
    if not by_hand and (row.paused or (row.next_at is not None and row.next_at > batch.now)):
        return None
    row.holder, row.held_until = uuid.uuid4().hex, batch.now + LEASE
    row.started_at, row.ended_at, row.deleted, row.kind = batch.now, None, 0, ""
    row.save()
    Rule.objects.update(last_deleted=0)
    return row.holder


def delete(batch: Batch, *, holder: str, span: Span) -> int | None:
    """One step: how many rows went. None: this run is not to go on."""
    row = pruning(lock=True)
    if row.holder != holder:
        return None
    keys = list(old_in(span).values_list("pk", flat=True))
    if keys:
        span.kind.take(batch, keys)
        Rule.objects.get_or_create(name=span.kind.name)
        Rule.objects.filter(name=span.kind.name).update(
            deleted=F("deleted") + len(keys), last_deleted=F("last_deleted") + len(keys)
        )
    row.held_until, row.kind, row.deleted = batch.now + LEASE, span.kind.name, row.deleted + len(keys)
    row.save()
    return len(keys)


def finish(batch: Batch, *, holder: str, names: Iterable[str], by_hand: bool = False) -> None:
    """The end of a run that was through with these kinds. One by hand puts off no other."""
    row = pruning(lock=True)
    if row.holder != holder:
        return
    for name in names:
        Rule.objects.update_or_create(name=name, defaults={"pruned_at": batch.now})
    row.holder, row.held_until, row.kind = "", None, ""
    row.ended_at = batch.now
    if not by_hand:
        row.next_at = batch.now + EVERY
    row.save()


def give_up(batch: Batch, *, holder: str) -> None:
    """The end of a run that failed or was broken off: another may begin at once, where it stopped."""
    row = pruning(lock=True)
    if row.holder == holder:
        row.holder, row.held_until, row.kind = "", None, ""
        row.save()
