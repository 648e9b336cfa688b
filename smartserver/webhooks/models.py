"""Who wants to be told of what, what is still to be told, and how telling it went."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Subscription(models.Model):
    """An address that gets live events. `kinds` are names of `core.events`, or `["*"]`.

    `secret` is kept as it is, because a signature needs the key itself and not a hash of it, and a key to decrypt it
    with would lie beside it: who can read this table and the server's files could sign in any case. It is shown
    once, when it is made, and never again.
    """

    url = models.CharField("address", max_length=1000)
    description = models.CharField(max_length=255, blank=True)
    kinds = models.JSONField(default=list, help_text="Kinds of events; * for all.")
    stations = models.JSONField(default=list, blank=True, help_text="Identities; empty: of all stations.")
    active = models.BooleanField(default=True)
    stopped = models.CharField(max_length=255, blank=True, help_text="Why the server itself made it inactive.")

    secret = models.CharField(max_length=100, editable=False)
    previous_secret = models.CharField(max_length=100, blank=True, editable=False)
    previous_secret_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until then both secrets sign."
    )

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="webhooks", editable=False
    )
    created_at = models.DateTimeField(editable=False)

    failures = models.PositiveIntegerField(default=0, editable=False, help_text="Failed attempts in a row.")
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    succeeded_at = models.DateTimeField(null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="A process delivers to it at the moment."
    )

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One event for one subscription. `body` is the very text that is signed and posted.

    There is no constraint on the subscription in the database: a message of a station must not fail because somebody
    deletes a subscription in the same moment. Rows without one are swept away.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        GIVEN_UP = "given_up", "given up"

    subscription = models.ForeignKey(
        Subscription, models.DO_NOTHING, related_name="deliveries", db_constraint=False, db_index=False
    )
    event_id = models.CharField(max_length=40, help_text="Webhook-Id: the same for every attempt.")
    kind = models.CharField(max_length=40)
    station = models.CharField(max_length=255, blank=True)
    body = models.TextField()
    created_at = models.DateTimeField()

    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0, help_text="Since it was last queued.")
    queued_at = models.DateTimeField(help_text="When it was first, or again, to be delivered.")
    next_at = models.DateTimeField(help_text="When it is due.")
    holds = models.BooleanField(default=True, help_text="Later deliveries wait for it.")
    settled_at = models.DateTimeField(null=True, blank=True)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of the last attempt.")
    error = models.CharField(max_length=255, blank=True, help_text="Of the last attempt.")

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("subscription", "id"), name="webhook_delivery_log"),
            models.Index(
                fields=("subscription", "id"), name="webhook_delivery_pending", condition=models.Q(state="pending")
            ),
            models.Index(fields=("created_at",), name="webhook_delivery_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class Attempt(models.Model):
    """One POST of a delivery and what came back."""

    delivery = models.ForeignKey(Delivery, models.DO_NOTHING, related_name="log", db_constraint=False)
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status_code = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: no answer.")
    answer = models.CharField(max_length=1000, blank=True, help_text="The beginning of the answer's body.")
    error = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.status_code or self.error}"
