"""The totals over time."""

from __future__ import annotations

from django.db import models


class PowerTotal(models.Model):
    """The power of all connected stations and devices at one moment, as the overview showed it then.

    Kept because it cannot be had afterwards: means of hours say nothing of how much of an hour a session ran, and a
    sum over the meter values of a thousand stations takes seconds.
    """

    second = models.BigIntegerField(primary_key=True, help_text="Seconds since 1970, a multiple of `tasks.EVERY`.")
    charging_w = models.FloatField(null=True, help_text="Empty: no station was connected.")
    solar_w = models.FloatField(null=True, help_text="Empty: no device was connected.")

    def __str__(self) -> str:
        return f"{self.second}"
