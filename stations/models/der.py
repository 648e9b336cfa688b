"""Control of distributed energy resources (2.1 block R): what inverters keep to, and what they say of the grid."""

from __future__ import annotations

from django.db import models

from stations.models.equipment import Station


class DERControl(models.Model):
    """A control of a station, as it confirmed or reported it. `setting` is the object that was sent."""

    class State(models.TextChoices):
        SENT = "sent", "sent; whether the station has it is not known"
        ACCEPTED = "accepted", "the station has it"
        ACTIVE = "active", "the station said that it has started"
        SUPERSEDED = "superseded", "another one is in its place"
        ENDED = "ended", "its time is over"
        CLEARED = "cleared", "the station has it no more"

    station = models.ForeignKey(Station, models.CASCADE, related_name="der_controls")
    control_id = models.CharField(max_length=36)
    type = models.CharField(max_length=32, blank=True, help_text="Empty: only its start or end was heard of.")
    is_default = models.BooleanField(default=False, help_text="It holds until another takes its place.")
    priority = models.PositiveIntegerField(default=0, help_text="0 is the highest.")
    start_at = models.DateTimeField(null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    setting = models.JSONField(default=dict)

    state = models.CharField(max_length=10, choices=State.choices)
    supersedes = models.JSONField(default=list, help_text="Ids of the controls that give way to it.")
    started_at = models.DateTimeField(null=True, blank=True, help_text="By the station's clock.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="By the station's clock.")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("station", "control_id"), name="der_control_once_a_station"),)

    def __str__(self) -> str:
        return f"{self.type} {self.control_id}"


class DERAlarm(models.Model):
    """A NotifyDERAlarm (2.1 use case R05): an event of the grid begins or ends."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="der_alarms")
    control_type = models.CharField(max_length=32)
    fault = models.CharField(max_length=32, blank=True, help_text="OverVoltage, UnderFrequency, …")
    ended = models.BooleanField(default=False)
    info = models.CharField(max_length=200, blank=True)
    stamp = models.CharField(max_length=64, blank=True, help_text="The station's time, as sent.")
    occurred_at = models.DateTimeField(null=True, blank=True, help_text="By the station's clock.")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=("station", "received_at"), name="der_alarm_by_time"),)

    def __str__(self) -> str:
        return f"{self.control_type} {self.fault}"
