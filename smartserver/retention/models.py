"""What administrators decided about retention, and how far its work is."""

from __future__ import annotations

from django.db import models


class Rule(models.Model):
    """How long rows of one kind are kept, and what became of those that were not."""

    name = models.CharField(max_length=40, unique=True, help_text="Of the kind, as `retention.kinds` has it.")
    days = models.PositiveIntegerField(null=True, blank=True, help_text="0: for ever; empty: as the settings say.")
    deleted = models.PositiveBigIntegerField(default=0, help_text="Rows, since there is this server.")
    last_deleted = models.PositiveBigIntegerField(default=0, help_text="Rows of the last run.")
    pruned_at = models.DateTimeField(null=True, blank=True, help_text="When the last run was through with them.")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Pruning(models.Model):
    """The one row that says who prunes. One process of many holds it, for a minute at a time."""

    paused = models.BooleanField(default=False)
    holder = models.CharField(max_length=32, blank=True, help_text="Of a run; empty: nobody prunes.")
    held_until = models.DateTimeField(null=True, blank=True)
    kind = models.CharField(max_length=40, blank=True, help_text="At which it is.")
    deleted = models.PositiveBigIntegerField(default=0, help_text="Rows, in this run or the last one.")
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True, help_text="When the next run is due; empty: now.")

    class Meta:
        verbose_name_plural = "prunings"

    def __str__(self) -> str:
        return self.kind or "idle"
