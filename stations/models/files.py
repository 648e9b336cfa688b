"""Firmware, diagnostics and logs: the files, and the jobs by which they travel."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from stations.models.control import Command
from stations.models.equipment import Station


class FirmwareFile(models.Model):
    """A firmware image that stations can fetch from this server. `path` is relative to FILES_DIR."""

    name = models.CharField(max_length=255)
    version = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=1000, blank=True)
    path = models.CharField(max_length=255, unique=True, editable=False)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    signature = models.TextField(blank=True, help_text="Base64, for SignedUpdateFirmware.")
    signing_certificate = models.TextField(blank=True, help_text="PEM, for SignedUpdateFirmware.")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class FileJob(models.Model):
    """A firmware update, a publication of firmware, or a diagnostics or log upload.

    Its primary key is the requestId where OCPP has one.
    """

    class Kind(models.TextChoices):
        FIRMWARE = "firmware"
        SIGNED_FIRMWARE = "signed_firmware", "signed firmware"
        PUBLICATION = "publication", "firmware that a local controller publishes"
        DIAGNOSTICS = "diagnostics"
        LOG = "log"

    class State(models.TextChoices):
        REQUESTED = "requested", "the station has not answered"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    station = models.ForeignKey(Station, models.CASCADE, related_name="file_jobs")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    log_type = models.CharField(max_length=32, blank=True, help_text="DiagnosticsLog, SecurityLog or DataCollectorLog.")
    firmware = models.ForeignKey(FirmwareFile, models.PROTECT, null=True, blank=True, related_name="jobs")
    command = models.ForeignKey(Command, models.SET_NULL, null=True, blank=True, related_name="file_jobs")
    state = models.CharField(max_length=9, choices=State.choices, default=State.REQUESTED, db_index=True)
    status = models.CharField(max_length=32, blank=True, help_text="As the station last reported it.")
    reason = models.CharField(max_length=255, blank=True, help_text="Why it failed or was cancelled.")
    history = models.JSONField(default=list, help_text="[[time, status], …]")
    created_at = models.DateTimeField()
    retrieve_at = models.DateTimeField(null=True, blank=True, help_text="When the station is to fetch its firmware.")
    due_at = models.DateTimeField(
        null=True, blank=True, db_index=True, help_text="When it is judged by what is known then, unless there is news."
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    # The one-time address: only a hash of its secret part is kept.
    token_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001  (unique)
    address_expires_at = models.DateTimeField(null=True, blank=True)
    address_used_at = models.DateTimeField(null=True, blank=True)

    file_name = models.CharField(max_length=255, blank=True, help_text="As the station names it.")
    path = models.CharField(max_length=255, blank=True, editable=False, help_text="Of the received file.")
    size = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)

    # Of a publication (PublishFirmware, UnpublishFirmware of 2.x).
    checksum = models.CharField(max_length=32, blank=True, help_text="MD5 of the published file.")
    locations = models.JSONField(default=list, blank=True, help_text="Where other stations find the published file.")
    unpublished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=("station", "state"), name="file_job_by_state"),)

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
