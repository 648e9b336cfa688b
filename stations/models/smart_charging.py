"""What stations of 2.x tell of limits and vehicles, and what is agreed on for a session (blocks K and Q).

All of it is the present state, a row for each EVSE or session: the message log has what was said before.
"""

from __future__ import annotations

from django.db import models

from stations.models.charging import Transaction
from stations.models.control import Command
from stations.models.equipment import Station


class ChargingLimit(models.Model):
    """A limit that somebody else than the server sets, or capacity that is generated on site (NotifyChargingLimit)."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="charging_limits")
    evse = models.PositiveIntegerField(help_text="0: the station as a whole.")
    source = models.CharField(max_length=20, help_text="CSO, EMS, SO, Other; in 2.1 any text.")
    is_local_generation = models.BooleanField(default=False, help_text="It is added to what may be charged.")
    is_grid_critical = models.BooleanField(null=True, blank=True)
    schedules = models.JSONField(default=list, help_text="As they were sent; none where the station tells no numbers.")
    received_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("station", "evse", "source")
        constraints = (
            models.UniqueConstraint(
                fields=("station", "evse", "source", "is_local_generation"), name="charging_limit_once_a_source"
            ),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.station_id}/{self.evse}"


class ChargingNeeds(models.Model):
    """What the vehicle at an EVSE wants, and what became of it (NotifyEVChargingNeeds)."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="charging_needs")
    evse = models.PositiveIntegerField()
    transaction = models.ForeignKey(Transaction, models.CASCADE, null=True, blank=True, related_name="charging_needs")
    energy_transfer = models.CharField(max_length=16, help_text="requestedEnergyTransfer")
    departure_at = models.DateTimeField(null=True, blank=True)
    max_periods = models.PositiveIntegerField(null=True, blank=True, help_text="maxScheduleTuples")
    needs = models.JSONField(help_text="chargingNeeds, as it was sent.")
    result = models.CharField(
        max_length=32, help_text="The answer: Accepted, Processing, Rejected or NoChargingProfile."
    )
    remark = models.CharField(max_length=255, blank=True, help_text="Why.")
    command = models.ForeignKey(
        Command, models.SET_NULL, null=True, blank=True, related_name="+", help_text="By which the plan was sent."
    )
    charged_wh = models.FloatField(
        null=True, blank=True, help_text="What the session had charged when the vehicle told its needs."
    )
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("station", "evse")
        constraints = (models.UniqueConstraint(fields=("station", "evse"), name="charging_needs_once_an_evse"),)

    def __str__(self) -> str:
        return f"{self.energy_transfer} {self.station_id}/{self.evse}"


class EVSchedule(models.Model):
    """How the vehicle at an EVSE will charge (NotifyEVChargingSchedule)."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="ev_schedules")
    evse = models.PositiveIntegerField()
    transaction = models.ForeignKey(Transaction, models.CASCADE, related_name="ev_schedules")
    begins_at = models.DateTimeField(help_text="timeBase")
    schedule = models.JSONField(help_text="As it was sent.")
    chosen = models.PositiveIntegerField(
        null=True, blank=True, help_text="The id of the schedule of its charging profile that the vehicle chose."
    )
    tolerance_accepted = models.BooleanField(null=True, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = "EV schedule"
        ordering = ("station", "evse")
        constraints = (models.UniqueConstraint(fields=("station", "evse"), name="ev_schedule_once_an_evse"),)

    def __str__(self) -> str:
        return f"{self.station_id}/{self.evse}"


class ChargingTerms(models.Model):
    """What is agreed on for one session: whether it goes first, and in which ways energy may flow (2.1)."""

    class By(models.TextChoices):
        SERVER = "server", "by the server"
        STATION = "station", "at the station"

    transaction = models.OneToOneField(Transaction, models.CASCADE, related_name="charging_terms")
    priority = models.BooleanField(null=True, blank=True, help_text="Null: nobody has spoken of it.")
    priority_by = models.CharField(max_length=7, choices=By.choices, blank=True)
    priority_at = models.DateTimeField(null=True, blank=True)
    allowed_energy_transfer = models.JSONField(default=list, blank=True, help_text="Empty: nothing was told.")
    allowed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "charging terms"

    def __str__(self) -> str:
        return f"{self.transaction_id}"
