"""Reports that stations send in parts (2.x)."""

from __future__ import annotations

from django.db import models

from stations.models.control import Command
from stations.models.equipment import Station
from stations.ocpp.reports import ReportKind


class Report(models.Model):
    """One report, from the answer to its request (or from its first part, if nobody asked) to its end.

    `running` → `complete`, or `incomplete` when nothing came for a while; a late part has an incomplete one run again.
    `empty` and `refused` are those that the station will not send.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        COMPLETE = "complete"
        INCOMPLETE = "incomplete"
        EMPTY = "empty", "there was nothing to report"
        REFUSED = "refused"

    station = models.ForeignKey(Station, models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in ReportKind])
    request = models.BigIntegerField(help_text="requestId")
    command = models.ForeignKey(
        Command, models.SET_NULL, null=True, blank=True, related_name="+", help_text="By which it was asked for."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    result = models.CharField(max_length=32, blank=True, help_text="The answer to the request.")
    parts = models.PositiveIntegerField(default=0, help_text="How many have come.")
    last = models.BigIntegerField(null=True, blank=True, help_text="Number of the last part, when it has come.")
    missing = models.JSONField(
        default=list, blank=True, help_text='Of an incomplete one: "4", "7-9"; "12-" is all from there on.'
    )
    text = models.TextField(blank=True, help_text="What it tells, where that is a text (customer information).")
    asked_at = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(null=True, blank=True, help_text="When its first part came.")
    changed_at = models.DateTimeField(help_text="When something of it came last.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("station", "kind", "request"), name="report_by_request"),
            models.Index(fields=("state", "changed_at"), name="report_by_state"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.request}"


class ReportedPart(models.Model):
    """A part as it was stored before it was acknowledged. What it held is dropped once the report is complete."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="received_parts", db_index=False)
    sequence = models.BigIntegerField(help_text="seqNo; of kinds without it the order of arrival.")
    digest = models.CharField(max_length=64, help_text="By which a part that is sent again is recognised.")
    items = models.JSONField(default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("report", "sequence"), name="part_once_a_report"),)
        indexes = (models.Index(fields=("report", "digest"), name="part_by_digest"),)

    def __str__(self) -> str:
        return f"{self.report_id}/{self.sequence}"
