"""Reads for the REST API and the admin."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from smartserver.core.errors import NotFound
from smartserver.webhooks.models import Attempt, Delivery, Subscription


def subscriptions() -> QuerySet[Subscription]:
    """All, each with `waiting`: how many deliveries it has yet to get."""
    pending = Q(deliveries__state=Delivery.State.PENDING)
    return Subscription.objects.annotate(waiting=Count("deliveries", filter=pending)).order_by("pk")


def subscription(subscription_id: int) -> Subscription:
    found = subscriptions().filter(pk=subscription_id).first()
    if found is None:
        raise NotFound("There is no such webhook.")
    return found


def deliveries(subscription_id: int) -> QuerySet[Delivery]:
    """The delivery log of a subscription, newest first."""
    return Delivery.objects.filter(subscription=subscription_id).order_by("-pk")


def attempts(delivery_id: int) -> QuerySet[Attempt]:
    """Every POST of a delivery, newest first."""
    return Attempt.objects.filter(delivery=delivery_id).order_by("-pk")
