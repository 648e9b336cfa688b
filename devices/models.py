"""SolMate devices, their present values, and the history of these."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from smartserver.core.history import Hours


class DeviceState(models.TextChoices):
    NEVER = "never", "never connected"
    ONLINE = "online", "online"
    STALE = "stale", "connected, but silent"
    OFFLINE = "offline", "offline"


class ProductData(models.Model):
    """What a device is."""

    serial_number = models.CharField(max_length=32, unique=True)
    software_version = models.CharField(max_length=50, blank=True, default="")
    country = models.CharField(max_length=50, blank=True, default="")
    postcode = models.CharField(max_length=20, blank=True, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="solmates"
    )
    manufacturing_date = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class StatusData(models.Model):
    """What a device measures."""

    power_income = models.FloatField(default=0.0)
    power_inject = models.FloatField(default=0.0)
    power_consumption = models.FloatField(default=0.0)
    battery = models.FloatField(default=0.0)
    last_status_update = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class SolMate(ProductData, StatusData):
    """One device, in one row: an update reads and writes a single table."""

    solmate_version = models.CharField(max_length=20, blank=True, default="")
    pv_connectors = models.IntegerField(null=True, blank=True)
    # Verbatim, because devices send it in several forms, with and without a zone.
    local_time = models.CharField(max_length=64, blank=True, default="")
    capacity = models.FloatField(null=True, blank=True)

    state = models.CharField(max_length=8, choices=DeviceState, default=DeviceState.NEVER, db_index=True)
    # The generation of the newest connection: what an older one says or how it ends counts no more.
    connection = models.BigIntegerField(default=0, editable=False)
    connected_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The newest messages (see `recent.py`), so that a retransmission is known also after a restart.
    recent = models.BinaryField(default=b"", editable=False)
    # How many messages were kept (`DeviceMessage`), those included that newer ones have replaced.
    messages_kept = models.BigIntegerField(default=0, db_default=0, editable=False)
    key_hash = models.CharField(max_length=200, blank=True, default="", editable=False)

    class Meta:
        verbose_name = "SolMate"
        verbose_name_plural = "SolMates"
        ordering = ("serial_number",)

    def __str__(self) -> str:
        return self.serial_number


class DeviceSample(models.Model):
    """The measured values after one change."""

    # The index below begins with the device; another one would only slow inserts down.
    device = models.ForeignKey(SolMate, on_delete=models.CASCADE, related_name="samples", db_index=False)
    received_at = models.DateTimeField()
    message_id = models.CharField(max_length=10)
    power_income = models.FloatField()
    power_inject = models.FloatField()
    power_consumption = models.FloatField()
    battery = models.FloatField()
    changes = models.TextField()

    class Meta:
        verbose_name = "sample"
        indexes = [
            # The last hour of many devices is read from it alone (`core.history.recent`).
            models.Index(fields=["device", "received_at", "power_inject"], name="device_sample_power"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.received_at:%Y-%m-%d %H:%M:%S}"


class DeviceHour(Hours):
    """The means of what a device measured in one hour."""

    device = models.ForeignKey(SolMate, on_delete=models.CASCADE, related_name="hours", db_index=False)
    power_income = models.FloatField()
    power_inject = models.FloatField()
    power_consumption = models.FloatField()
    battery = models.FloatField()

    class Meta:
        verbose_name = "hour"
        constraints = [models.UniqueConstraint(fields=["device", "hour"], name="device_hour_once")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.hour:%Y-%m-%d %H}h"


class DeviceMessage(models.Model):
    """One of the newest messages of a device, as it was sent.

    Each device has a ring of `storage.KEPT_MESSAGES` slots, and each message replaces the one that lies there, so the
    table never grows beyond that, and nothing has to be deleted.
    """

    class Outcome(models.TextChoices):
        STORED = "stored"
        REPEATED = "repeated", "known already: sent again"
        REFUSED = "refused"

    device = models.ForeignKey(SolMate, on_delete=models.CASCADE, related_name="messages", db_index=False)
    slot = models.PositiveSmallIntegerField()
    number = models.BigIntegerField(help_text="Counts the messages of the device.")
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.CharField(max_length=255, blank=True, help_text="Why it was refused.")
    text = models.TextField(help_text="The frame, cut off where it is very long.")

    class Meta:
        verbose_name = "message"
        constraints = [models.UniqueConstraint(fields=["device", "slot"], name="device_message_once_a_slot")]

    def __str__(self) -> str:
        return f"{self.device_id} #{self.number}"
