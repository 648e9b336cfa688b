"""What people do with subscriptions. Each is called from a unit of the writer (`core.change.store`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound
from smartserver.core.events import HINT_WEBHOOKS, WEBHOOK_EVENTS, WEBHOOK_TEST, check
from smartserver.outbound import addresses
from smartserver.webhooks import signing
from smartserver.webhooks.models import Delivery, Subscription
from smartserver.webhooks.outbox import ALL, encode

MAX_SUBSCRIPTIONS = 100
MAX_STATIONS = 1000
MAX_DESCRIPTION = 255

OVERLAP = timedelta(hours=24)
"""For how long the old secret signs, too, after a new one was made."""


@dataclass(frozen=True, slots=True)
class Created:
    """`secret` is shown to who asked for the subscription, now and never again."""

    subscription_id: int
    secret: str


def create_subscription(
    batch: Batch,
    *,
    url: str,
    kinds: Sequence[str] = (ALL,),
    stations: Sequence[str] = (),
    description: str = "",
    user_id: int | None = None,
) -> Created:
    """Subscribe an address to kinds of events, of some stations or of all."""
    if Subscription.objects.count() >= MAX_SUBSCRIPTIONS:
        raise Conflict(f"There are already {MAX_SUBSCRIPTIONS} webhooks.")
    secret = signing.new_secret()
    created = Subscription.objects.create(
        url=checked_url(url),
        kinds=checked_kinds(kinds),
        stations=checked_stations(stations),
        description=_checked_description(description),
        secret=secret,
        created_by_id=user_id,
        created_at=batch.now,
    )
    batch.hint(HINT_WEBHOOKS, {})
    return Created(created.pk, secret)


def change_subscription(
    batch: Batch,
    *,
    subscription_id: int,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    stations: Sequence[str] | None = None,
    description: str | None = None,
    active: bool | None = None,
) -> None:
    """Change what is given.

    A given address or activity makes a new beginning: what waits is tried at once.
    """
    subscription = _find(subscription_id)
    if url is not None:
        subscription.url = checked_url(url)
    if kinds is not None:
        subscription.kinds = checked_kinds(kinds)
    if stations is not None:
        subscription.stations = checked_stations(stations)
    if description is not None:
        subscription.description = _checked_description(description)
    if active is not None:
        subscription.active = active
    if url is not None or active is not None:
        subscription.stopped, subscription.failures, subscription.paused_until = "", 0, None
        waiting = Delivery.objects.filter(subscription=subscription_id, state=Delivery.State.PENDING)
        waiting.filter(attempts__gt=0).update(next_at=batch.now)
    subscription.save()
    batch.hint(HINT_WEBHOOKS, {})


def delete_subscription(batch: Batch, *, subscription_id: int) -> None:
    """End it at once; its log is swept away in pieces, so that no message has to wait for that."""
    _find(subscription_id).delete()
    batch.hint(HINT_WEBHOOKS, {})


def rotate_secret(batch: Batch, *, subscription_id: int, overlap: timedelta = OVERLAP) -> str:
    """A new secret. For the time of `overlap` every message has both signatures, so that none is refused meanwhile."""
    subscription = _find(subscription_id)
    subscription.previous_secret = subscription.secret
    subscription.previous_secret_until = batch.now + overlap
    subscription.secret = signing.new_secret()
    subscription.save()
    return subscription.secret


def send_test(batch: Batch, *, subscription_id: int) -> int:
    """Queue a `webhook.test` event, whatever kinds are subscribed to; the key of its delivery."""
    subscription = _find(subscription_id)
    _refuse_inactive(subscription)
    data = {"subscription": subscription.pk, "text": "If you can read this, it works."}
    check(WEBHOOK_TEST, data)
    event_id, body = encode(WEBHOOK_TEST, data, batch.now)
    made = Delivery.objects.create(
        subscription=subscription,
        event_id=event_id,
        kind=WEBHOOK_TEST,
        body=body,
        created_at=batch.now,
        queued_at=batch.now,
        next_at=batch.now,
    )
    return made.pk


def redeliver(batch: Batch, *, delivery_id: int) -> None:
    """Deliver once more, with the same Webhook-Id, whatever became of it before."""
    delivery = Delivery.objects.filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound("There is no such delivery; old ones are deleted.")
    _refuse_inactive(_find(delivery.subscription_id))
    delivery.state = Delivery.State.PENDING
    delivery.attempts, delivery.settled_at = 0, None
    delivery.queued_at = delivery.next_at = batch.now
    delivery.holds = False  # what is new does not wait for what is old
    delivery.save()


def _find(subscription_id: int) -> Subscription:
    found = Subscription.objects.select_for_update().filter(pk=subscription_id).first()
    if found is None:
        raise NotFound("There is no such webhook.")
    return found


def _refuse_inactive(subscription: Subscription) -> None:
    if not subscription.active:
        raise Conflict("This webhook is inactive.")


def checked_url(url: str) -> str:
    try:
        addresses.check(url, allow_plain=settings.OPEN, allow_private=settings.WEBHOOK_ALLOW_PRIVATE)
    except BadInput as error:
        raise BadInput(str(error), problems=[{"path": "url", "reason": str(error)}]) from None
    return url


def checked_kinds(kinds: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(kinds))
    unknown = sorted(set(wanted) - WEBHOOK_EVENTS - {ALL})
    if unknown:
        raise BadInput(f"Unknown kinds of events: {', '.join(unknown)[:200]}.", kinds=sorted(WEBHOOK_EVENTS))
    if not wanted:
        raise BadInput("At least one kind of event, or *, is needed.", kinds=sorted(WEBHOOK_EVENTS))
    return [ALL] if ALL in wanted else wanted


def checked_stations(stations: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(stations))
    if len(wanted) > MAX_STATIONS:
        raise BadInput(f"A webhook can be limited to at most {MAX_STATIONS} stations.")
    if not all(0 < len(each) <= 255 for each in wanted):
        raise BadInput("An identity of a station has 1 to 255 characters.")
    return wanted


def _checked_description(description: str) -> str:
    if len(description) > MAX_DESCRIPTION:
        raise BadInput(f"The description is longer than {MAX_DESCRIPTION} characters.")
    return description
