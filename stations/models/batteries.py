"""Batteries that are swapped (2.1 block S)."""

from __future__ import annotations

from django.db import models

from stations.models.charging import IdToken
from stations.models.equipment import Station


class BatterySwap(models.Model):
    """A driver leaves empty batteries and takes charged ones; `request` is the requestId that both halves carry."""

    class State(models.TextChoices):
        REQUESTED = "requested", "the station was asked to prepare it, and does"
        REFUSED = "refused", "the station will not"
        HALF = "half", "batteries came in or went out, and not yet the other way"
        COMPLETE = "complete"
        TIMED_OUT = "timed_out", "nobody took the battery that was offered"

    station = models.ForeignKey(Station, models.CASCADE, related_name="battery_swaps")
    request = models.IntegerField(help_text="requestId")
    id_token = models.ForeignKey(IdToken, models.SET_NULL, null=True, blank=True, related_name="battery_swaps")
    token_status = models.CharField(
        max_length=32, blank=True, help_text="The verdict on its token when it began: Accepted, Invalid, …"
    )
    state = models.CharField(max_length=9, choices=State.choices)
    reason = models.CharField(max_length=20, blank=True, help_text="Why the station refused: NoBatteryAvailable, …")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=("station", "request"), name="battery_swap_by_request"),)

    def __str__(self) -> str:
        return f"{self.request}"


class SwappedBattery(models.Model):
    """One battery of a swap, as the station measured it. States of charge and of health are %."""

    class Way(models.TextChoices):
        IN = "in", "put into the station"
        OUT = "out", "taken from it"
        LEFT = "left", "offered, and not taken"

    swap = models.ForeignKey(BatterySwap, models.CASCADE, related_name="batteries")
    way = models.CharField(max_length=4, choices=Way.choices)
    slot = models.PositiveIntegerField(help_text="evseId")
    serial_number = models.CharField(max_length=50)
    soc = models.FloatField()
    soh = models.FloatField()
    produced_at = models.DateTimeField(null=True, blank=True)
    vendor_info = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("swap", "way", "slot", "serial_number"), name="swapped_battery_once"),
        )

    def __str__(self) -> str:
        return f"{self.serial_number} {self.way}"
