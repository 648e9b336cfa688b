"""What stations show on their displays."""

from __future__ import annotations

from django.db import models

from stations.models.equipment import Station


class DisplayMessage(models.Model):
    """A message that a station has confirmed, or reported (2.x block O). It has one of each number."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="display_messages")
    number = models.PositiveIntegerField(help_text="The id of MessageInfoType.")
    priority = models.CharField(max_length=16, help_text="AlwaysFront, InFront or NormalCycle.")
    state = models.CharField(max_length=16, blank=True, help_text="In which the station shows it; empty: in any.")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    transaction = models.CharField(max_length=36, blank=True, help_text="The transactionId with whose end it goes.")
    contents = models.JSONField(help_text="[{format, language, content}, …], the first in the usual language.")
    display = models.JSONField(null=True, blank=True, help_text="The component that shows it; null: the only one.")
    told_at = models.DateTimeField(help_text="When the station last confirmed or reported it.")

    class Meta:
        ordering = ("station", "number")
        constraints = (models.UniqueConstraint(fields=("station", "number"), name="display_message_once"),)

    def __str__(self) -> str:
        return f"message {self.number} of {self.station}"
