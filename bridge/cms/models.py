"""What is kept of chargers behind NOC bridges beside their stations.

Station ─┬─ Charger         how its bridge is let in, and what is known of it
         ├─ HardwareEvent   what the charger told, once each; its primary key is the SessionID of the wire
         └─ Alert           faults, from the event that raised them to the one that cleared them
"""

from __future__ import annotations

from django.db import models

from stations.models import Station


class Charger(models.Model):
    """A station that a bridge reports for."""

    station = models.OneToOneField(Station, models.CASCADE, related_name="charger")
    open_name = models.BooleanField(
        default=False, help_text="Its bridge cannot send a password: let it in by its name alone."
    )
    bridge_version = models.CharField(max_length=100, blank=True, help_text="As its bridge reported it (LogVersion).")
    fed_at = models.DateTimeField(null=True, blank=True, help_text="Of the newest live feed.")
    push = models.PositiveBigIntegerField(default=0, editable=False, help_text="Generation of its push channel.")
    pushed_since = models.DateTimeField(null=True, blank=True, help_text="Since when its push channel is open.")
    push_heard_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Of a sign of life over it; not of every one."
    )
    state = models.JSONField(default=list, help_text="Its outlets, as it last showed them.")
    state_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("station",)

    def __str__(self) -> str:
        return f"{self.station}"


class HardwareEvent(models.Model):
    """One event of the hardware's stream. `key` tells a repeated one: the bridge's own, or a digest of the event."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="hardware_events", db_index=False)
    key = models.CharField(max_length=64)
    kind = models.CharField(
        max_length=32, help_text="session_start, start_charging, stop_charging, session_stop, alert."
    )
    outlet = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: the charger as a whole.")
    session = models.CharField(max_length=255, blank=True, help_text="The hardware's id of the session.")
    payload = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(null=True, blank=True, help_text="By the charger's clock.")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("station", "key"), name="hardware_event_once"),)
        indexes = (models.Index(fields=("station", "-id"), name="hardware_event_newest"),)

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Alert(models.Model):
    """A fault of an outlet, or of the charger as a whole (outlet 0)."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="alerts")
    outlet = models.PositiveSmallIntegerField(default=0)
    code = models.IntegerField()
    meaning = models.CharField(max_length=100)
    source = models.CharField(max_length=100, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    session = models.CharField(max_length=255, blank=True)
    raised_at = models.DateTimeField(help_text="When the server heard of it.")
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            # Whoever raises it again while it stands tells nothing new.
            models.UniqueConstraint(
                fields=("station", "outlet", "code"),
                condition=models.Q(cleared_at=None),
                name="alert_once_while_it_stands",
            ),
        )

    def __str__(self) -> str:
        return f"{self.meaning} #{self.pk}"
