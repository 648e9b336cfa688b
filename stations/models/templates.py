"""What variables of 2.x stations should be."""

from __future__ import annotations

from django.db import models


class VariableTemplate(models.Model):
    """Wanted values of variables, for all stations of a vendor and model.

    `values`: objects with component, component_instance, evse, connector, variable, variable_instance and value.
    """

    name = models.CharField(max_length=100, unique=True)
    vendor = models.CharField(max_length=1000, blank=True, help_text="In any case; empty: of every vendor.")
    model = models.CharField(max_length=1000, blank=True, help_text="In any case; empty: every model.")
    values = models.JSONField(default=list)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
