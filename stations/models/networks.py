"""How stations find a central system (2.x)."""

from __future__ import annotations

from django.db import models

from stations.models.equipment import Station


class NetworkProfile(models.Model):
    """What a station has in a configuration slot, as it confirmed it. `profile` is connectionData without secrets."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="network_profiles")
    slot = models.IntegerField(help_text="configurationSlot")
    url = models.CharField(max_length=2000, blank=True, help_text="ocppCsmsUrl, without a password.")
    interface = models.CharField(max_length=20, blank=True, help_text="ocppInterface")
    security_profile = models.IntegerField()
    profile = models.JSONField()
    confirmed_at = models.DateTimeField()

    class Meta:
        ordering = ("station", "slot")
        constraints = (models.UniqueConstraint(fields=("station", "slot"), name="network_profile_once_a_slot"),)

    def __str__(self) -> str:
        return f"{self.station_id}/{self.slot}"
