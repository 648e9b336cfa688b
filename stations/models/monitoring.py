"""What stations of 2.x watch by themselves (block N): their monitors, the events, and streams of values."""

from __future__ import annotations

from django.db import models

from stations.models.equipment import Station


class Monitoring(models.Model):
    """How a station monitors: what it accepted last, and when it last told all its monitors."""

    station = models.OneToOneField(Station, models.CASCADE, related_name="monitoring")
    base = models.CharField(max_length=16, blank=True, help_text="All, FactoryDefault or HardWiredOnly.")
    base_at = models.DateTimeField(null=True, blank=True)
    level = models.PositiveIntegerField(
        null=True, blank=True, help_text="Events of a higher severity number are not reported."
    )
    level_at = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True, help_text="When it last told all its monitors.")

    def __str__(self) -> str:
        return f"{self.station_id}"


class OfVariable(models.Model):
    """A row about a variable of the device model."""

    component = models.CharField(max_length=50)
    component_instance = models.CharField(max_length=50, blank=True)
    evse = models.PositiveIntegerField(default=0, help_text="0: not of an EVSE.")
    connector = models.PositiveIntegerField(default=0, help_text="0: not of a connector.")
    variable = models.CharField(max_length=50)
    variable_instance = models.CharField(max_length=50, blank=True)

    class Meta:
        abstract = True


class Monitor(OfVariable):
    """A monitor that the station has, as it confirmed or reported it."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="monitors")
    number = models.PositiveIntegerField(help_text="The id that the station gave it.")
    type = models.CharField(max_length=32, help_text="UpperThreshold, LowerThreshold, Delta, Periodic, ….")
    value = models.FloatField(help_text="The limit, the difference, or the seconds between two reports.")
    severity = models.PositiveIntegerField(help_text="0 (danger) to 9 (debug).")
    transaction = models.BooleanField(default=False, help_text="Only watches while a transaction runs.")
    kind = models.CharField(
        max_length=32, blank=True, help_text="HardWiredMonitor, PreconfiguredMonitor or CustomMonitor."
    )
    interval = models.PositiveIntegerField(null=True, blank=True, help_text="Of its event stream, seconds.")
    values = models.PositiveIntegerField(null=True, blank=True, help_text="Of its event stream, at most in a message.")
    confirmed_at = models.DateTimeField()

    class Meta:
        ordering = ("station", "number")
        constraints = (models.UniqueConstraint(fields=("station", "number"), name="monitor_once_a_station"),)

    def __str__(self) -> str:
        return f"{self.type} {self.number}"


class MonitoringEvent(OfVariable):
    """One event of a NotifyEvent."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="monitoring_events", db_index=False)
    number = models.PositiveIntegerField(help_text="eventId")
    trigger = models.CharField(max_length=16, help_text="Alerting, Delta or Periodic.")
    value = models.TextField(blank=True, help_text="The actual value.")
    kind = models.CharField(
        max_length=32, help_text="HardWiredNotification, HardWiredMonitor, PreconfiguredMonitor or CustomMonitor."
    )
    monitor = models.PositiveIntegerField(null=True, blank=True, help_text="The number of the monitor.")
    severity = models.PositiveIntegerField(
        null=True, blank=True, help_text="As the station told it, else that of the monitor; empty: nobody knows."
    )
    cause = models.PositiveIntegerField(null=True, blank=True, help_text="Number of the event that caused this one.")
    cleared = models.BooleanField(default=False, help_text="It is over.")
    transaction = models.CharField(max_length=36, blank=True, help_text="The station's id of the transaction.")
    tech_code = models.CharField(max_length=50, blank=True)
    tech_info = models.CharField(max_length=500, blank=True)
    stamp = models.CharField(max_length=64, blank=True, help_text="The station's time, as sent.")
    occurred_at = models.DateTimeField(null=True, blank=True, help_text="By the station's clock.")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("station", "received_at"), name="monitoring_event_by_time"),
            models.Index(fields=("station", "number"), name="monitoring_event_by_number"),
        )

    def __str__(self) -> str:
        return f"{self.component}.{self.variable} {self.number}"


class EventStream(models.Model):
    """A periodic event stream of 2.1: what it is asked to deliver, and what it did since it was opened."""

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    station = models.ForeignKey(Station, models.CASCADE, related_name="event_streams")
    number = models.PositiveIntegerField(help_text="The id that the station gave it.")
    monitor = models.PositiveIntegerField(null=True, blank=True, help_text="The number of the monitor that feeds it.")
    interval = models.PositiveIntegerField(null=True, blank=True, help_text="Seconds between two messages.")
    values = models.PositiveIntegerField(null=True, blank=True, help_text="After so many a message comes at once.")
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    delivered = models.PositiveBigIntegerField(default=0, help_text="Values that came since it was opened.")
    pending = models.PositiveIntegerField(default=0, help_text="Values that wait at the station, as it last said.")
    last_value = models.TextField(blank=True)
    last_at = models.DateTimeField(null=True, blank=True, help_text="When that was measured.")

    class Meta:
        ordering = ("station", "number")
        constraints = (models.UniqueConstraint(fields=("station", "number"), name="event_stream_once_a_station"),)

    def __str__(self) -> str:
        return f"{self.number}"


class StreamValue(models.Model):
    """One value of a stream. The same moment once more is the same value."""

    stream = models.ForeignKey(EventStream, models.CASCADE, related_name="recorded", db_index=False)
    measured_at = models.DateTimeField(help_text="The base time of its message with the offset of the value.")
    value = models.TextField(blank=True)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-measured_at",)
        constraints = (models.UniqueConstraint(fields=("stream", "measured_at"), name="stream_value_once_a_moment"),)

    def __str__(self) -> str:
        return f"{self.stream_id} {self.measured_at:%F %T}"
