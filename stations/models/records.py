"""What is kept of the talk with a station."""

from __future__ import annotations

from django.db import models

from stations.models.equipment import Station


class Message(models.Model):
    """One exchange with a station: a call and what became of it, as JSON texts."""

    class Direction(models.TextChoices):
        IN = "in", "from the station"
        OUT = "out", "to the station"

    class Outcome(models.TextChoices):
        """Outcomes that are no error code."""

        CALLRESULT = "CALLRESULT"
        SEND = "SEND", "SEND, which has no answer"
        CALLRESULTERROR = "CALLRESULTERROR", "CALLRESULTERROR: the answer was of no use to who had asked"
        TIMED_OUT = "TimedOut", "no answer in time"
        CONNECTION_LOST = "ConnectionLost", "the connection broke before the answer"

    class State(models.TextChoices):
        """What the outcome comes down to."""

        ANSWERED = "answered"
        REFUSED = "refused"
        UNANSWERED = "unanswered"

    station = models.ForeignKey(Station, models.CASCADE, related_name="messages", db_index=False)
    ocpp_version = models.CharField(max_length=8)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    action = models.CharField(max_length=64)
    message_id = models.CharField(max_length=255)
    request = models.TextField()
    reply = models.TextField(blank=True)
    outcome = models.CharField(max_length=64, help_text="CALLRESULT, or the error code, or what else became of it.")
    received_at = models.DateTimeField(help_text="When the call came in or went out.")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("station", "received_at"), name="message_by_time"),)

    def __str__(self) -> str:
        return f"{self.action} {self.message_id}"


class Quirk(models.Model):
    """A tolerance rule that a station needed: how often, since when."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="quirks_seen")
    rule = models.CharField(max_length=64)
    action = models.CharField(max_length=64, blank=True)
    times = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ("-last_at",)
        constraints = (models.UniqueConstraint(fields=("station", "rule", "action"), name="quirk_once_an_action"),)

    def __str__(self) -> str:
        return f"{self.rule} ({self.action})"


class SecurityEvent(models.Model):
    """A SecurityEventNotification (1.6 security whitepaper 4.7, 2.x A04)."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="security_events")
    type = models.CharField(max_length=50)
    info = models.CharField(max_length=255, blank=True)
    critical = models.BooleanField(default=False, help_text="By the list of the specification.")
    stamp = models.CharField(max_length=64, blank=True, help_text="The station's time, as sent.")
    occurred_at = models.DateTimeField(null=True, blank=True, help_text="By the station's clock.")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=("station", "received_at"), name="security_event_by_time"),)

    def __str__(self) -> str:
        return self.type
