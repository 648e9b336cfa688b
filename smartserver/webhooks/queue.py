"""The outbox as the deliverer sees it: claim a subscription, take its next delivery, record what came of it.

All of these are units of the writer. A subscription is claimed by one process at a time, for a short while, so that
its events leave in order. A process that dies leaves its claim behind until that time is over, and the
delivery it was at is made again, with the same Webhook-Id: *at least once*.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from smartserver.core.batch import Batch
from smartserver.core.events import HINT_WEBHOOKS
from smartserver.webhooks.models import Attempt, Delivery, Subscription
from smartserver.webhooks.schedule import Reply, Schedule

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""For how long a claim holds without being renewed; every attempt renews it and takes far less."""

MAX_ANSWER = 1000
MAX_ERROR = 255

MAX_WAITING = 100_000
"""Deliveries that may wait for one subscription; beyond it the oldest are given up."""

CHUNK = 500
"""Rows that one sweep changes, so that no message waits for it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """`until` tells this claim from a later one of the same subscription."""

    subscription_id: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """A delivery that is to be made now."""

    claim: Claim
    delivery_id: int
    event_id: str
    body: str
    url: str
    secrets: tuple[str, ...]


def claim(batch: Batch, *, limit: int) -> list[Claim]:
    """Claim up to `limit` subscriptions that have something due and are delivered to by nobody."""
    now = batch.now
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    awake = Q(paused_until=None) | Q(paused_until__lte=now)
    due = _pending(OuterRef("pk")).filter(next_at__lte=now)
    keys = list(
        Subscription.objects.filter(free, awake, Exists(due), active=True)
        .select_for_update(skip_locked=True)
        .order_by(F("tried_at").asc(nulls_first=True), "pk")
        .values_list("pk", flat=True)[:limit]
    )
    Subscription.objects.filter(pk__in=keys).update(claimed_until=now + LEASE)
    return [Claim(key, now + LEASE) for key in keys]


def release_all(batch: Batch) -> None:
    """The only server process starts: no claim can be anybody's."""
    Subscription.objects.exclude(claimed_until=None).update(claimed_until=None)


def release(batch: Batch, *, claim: Claim) -> None:
    _mine(claim).update(claimed_until=None)


def take(batch: Batch, *, claim: Claim) -> Work | None:
    """The next delivery of a claimed subscription; None, and the claim ends, when there is none for now."""
    subscription = _mine(claim).select_for_update().first()
    if subscription is None:
        return None  # it took too long, or was deleted
    delivery = _next(subscription, batch.now) if subscription.active else None
    if delivery is None:
        release(batch, claim=claim)
        return None
    renewed = Claim(claim.subscription_id, batch.now + LEASE)
    _mine(claim).update(claimed_until=renewed.until)
    secrets = [subscription.secret]
    if subscription.previous_secret_until is not None and subscription.previous_secret_until > batch.now:
        secrets.append(subscription.previous_secret)
    return Work(renewed, delivery.pk, delivery.event_id, delivery.body, subscription.url, tuple(secrets))


def _next(subscription: Subscription, now: datetime) -> Delivery | None:
    if subscription.paused_until is not None and subscription.paused_until > now:
        return None
    waiting = _pending(subscription.pk)
    # The oldest of those that keep their order, or one that stands aside: whichever has been due for longer.
    first = (waiting.filter(holds=True).order_by("pk").first(), waiting.filter(holds=False).order_by("next_at").first())
    due = [each for each in first if each is not None and each.next_at <= now]
    return min(due, key=lambda each: each.next_at, default=None)


def _pending(subscription: OuterRef | int) -> QuerySet[Delivery]:
    return Delivery.objects.filter(subscription=subscription, state=Delivery.State.PENDING)


def _mine(claim: Claim) -> QuerySet[Subscription]:
    return Subscription.objects.filter(pk=claim.subscription_id, claimed_until=claim.until)


# -- what came of it ----------------------------------------------------------------------------


def record(batch: Batch, *, work: Work, started_at: datetime, reply: Reply, schedule: Schedule) -> None:
    """Note an attempt and decide what follows from it."""
    error = reply.error[:MAX_ERROR]
    Attempt.objects.create(
        delivery_id=work.delivery_id,
        started_at=started_at,
        duration_ms=int(reply.seconds * 1000),
        status_code=reply.status,
        answer=reply.text.replace("\x00", "�")[:MAX_ANSWER],
        error=error,
    )
    subscription = Subscription.objects.select_for_update().filter(pk=work.claim.subscription_id).first()
    delivery = Delivery.objects.filter(pk=work.delivery_id, state=Delivery.State.PENDING).first()
    if subscription is None or delivery is None:
        return  # deleted meanwhile, or delivered by another process that took over
    delivery.attempts += 1
    delivery.status_code, delivery.error = reply.status, error
    subscription.tried_at = started_at
    if reply.success:
        _note_success(batch, subscription, delivery)
    else:
        _note_failure(batch, subscription, delivery, reply, schedule)
    delivery.save()
    # Only these: other columns may be changed by people, and the claim is renewed by `take`.
    subscription.save(update_fields=["failures", "paused_until", "tried_at", "succeeded_at", "active", "stopped"])


def _note_success(batch: Batch, subscription: Subscription, delivery: Delivery) -> None:
    delivery.state = Delivery.State.DELIVERED
    delivery.settled_at = batch.now
    subscription.failures = 0
    subscription.paused_until = None
    subscription.succeeded_at = batch.now


def _note_failure(
    batch: Batch, subscription: Subscription, delivery: Delivery, reply: Reply, schedule: Schedule
) -> None:
    subscription.failures += 1
    verdict = schedule.judge(
        reply,
        attempts=delivery.attempts,
        failures=subscription.failures,
        since=delivery.queued_at,
        now=batch.now,
        chance=random.random,
    )
    if verdict.again is None:
        delivery.state = Delivery.State.GIVEN_UP
        delivery.settled_at = batch.now
    else:
        delivery.next_at = verdict.again
        delivery.holds = delivery.holds and verdict.holds
    subscription.paused_until = batch.now + verdict.pause if verdict.pause else None
    if reply.gone:
        subscription.active = False
        subscription.stopped = "The receiver answered 410 Gone."
        batch.hint(HINT_WEBHOOKS, {})
        logger.warning("Webhook %s was stopped: its receiver answered 410 Gone.", subscription.pk)


# -- upkeep -------------------------------------------------------------------------------------


def sweep(batch: Batch, *, schedule: Schedule) -> bool:
    """Give up what waits for nobody or for too long, delete what belongs to nobody; True when there is more to do."""
    now = batch.now
    waiting = Delivery.objects.filter(state=Delivery.State.PENDING)
    sleeping = Subscription.objects.filter(pk=OuterRef("subscription"), active=False)
    old = waiting.filter(Exists(sleeping), queued_at__lt=now - schedule.lifetime)
    more = _give_up(batch, old, "The subscription was inactive for too long.")
    for key in Subscription.objects.values_list("pk", flat=True):
        newest = waiting.filter(subscription=key).order_by("-pk").values_list("pk", flat=True)
        for last in newest[MAX_WAITING : MAX_WAITING + 1]:
            surplus = waiting.filter(subscription=key, pk__lte=last)
            more |= _give_up(batch, surplus, "Too many deliveries waited.")
    orphans = Delivery.objects.filter(~Exists(Subscription.objects.filter(pk=OuterRef("subscription"))))
    keys = list(orphans.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    forget(keys)
    return more or len(keys) == CHUNK


def _give_up(batch: Batch, deliveries: QuerySet[Delivery], reason: str) -> bool:
    keys = list(deliveries.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    Delivery.objects.filter(pk__in=keys).update(state=Delivery.State.GIVEN_UP, settled_at=batch.now, error=reason)
    return len(keys) == CHUNK


def forget(keys: list[int]) -> None:
    """Delete deliveries with all their attempts."""
    Attempt.objects.filter(delivery__in=keys).delete()
    Delivery.objects.filter(pk__in=keys).delete()
