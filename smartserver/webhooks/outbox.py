"""From a batch to the rows that tell subscribers of it, in the same transaction.

So an event whose effect was committed is delivered, whatever happens to this process next, and one whose effect was
rolled back is told to nobody.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import orjson
from django.db import transaction

from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.bulk import insert_rows
from smartserver.core.events import HINT_WEBHOOKS, WEBHOOK_EVENTS
from smartserver.webhooks.models import Delivery, Subscription

ALL = "*"

MAX_AGE = 5.0
"""Seconds after which the subscriptions are read again, in case a hint of another process got lost."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One subscription's interest in one kind. `stations` empty: all."""

    subscription_id: int
    stations: frozenset[str]


Wishes: TypeAlias = Mapping[str, list[Wish]]


class Outbox:
    """A sink of the writer. `wake` is called, in the writer's thread, when rows were added."""

    def __init__(self, *, max_age: float = MAX_AGE) -> None:
        self.wake: Callable[[], None] = lambda: None
        self._max_age = max_age
        self._wishes: Wishes = {}
        self._good_until = 0.0
        self._stale = True

    def forget(self) -> None:
        """Subscriptions have changed: read them again before they are used. From any thread."""
        self._stale = True

    def __call__(self, batch: Batch) -> None:
        events = batch.published.events
        changing = any(kind == HINT_WEBHOOKS for kind, _ in batch.published.hints)
        if changing:
            self.forget()
        if not events:
            return
        # What this transaction itself changed may still be rolled back: it is not to be remembered.
        wishes = read_wishes() if changing else self._current()
        rows = list(rows_of(events, wishes, batch.now)) if wishes else ()
        if rows:
            with transaction.atomic():
                insert_rows(Delivery, FIELDS, rows)
            self.wake()

    def _current(self) -> Wishes:
        now = clock.monotonic()
        if self._stale or now >= self._good_until:
            self._stale = False  # before the read: what changes during it is read the next time
            self._wishes = read_wishes()
            self._good_until = now + self._max_age
        return self._wishes


def read_wishes() -> Wishes:
    """Who is interested in which kind."""
    wishes: dict[str, list[Wish]] = {}
    for subscription in Subscription.objects.filter(active=True):
        wish = Wish(subscription.pk, frozenset(subscription.stations))
        for kind in WEBHOOK_EVENTS if ALL in subscription.kinds else subscription.kinds:
            wishes.setdefault(kind, []).append(wish)
    return wishes


_PENDING = Delivery.State.PENDING.value

FIELDS = (
    "subscription",
    "event_id",
    "kind",
    "station",
    "body",
    "created_at",
    "state",
    "attempts",
    "queued_at",
    "next_at",
    "holds",
    "error",
)


def rows_of(events: Iterable[tuple[str, dict[str, Any]]], wishes: Wishes, now: datetime) -> Iterable[tuple[Any, ...]]:
    """The values of `FIELDS`, a row for each event and subscription."""
    for kind, data in events:
        interested = wishes.get(kind)
        if not interested:
            continue
        event_id, body = encode(kind, data, now)
        station = str(data.get("station", "")).replace("\x00", "�")[:255]
        for wish in interested:
            if not wish.stations or station in wish.stations:
                yield (wish.subscription_id, event_id, kind, station, body, now, _PENDING, 0, now, now, True, "")


def encode(kind: str, data: dict[str, Any], now: datetime) -> tuple[str, str]:
    """(Webhook-Id, body) of an event."""
    event_id = f"evt_{uuid.uuid4().hex}"
    envelope = {"id": event_id, "kind": kind, "created_at": clock.isoformat(now), "data": data}
    return event_id, orjson.dumps(envelope).decode()
