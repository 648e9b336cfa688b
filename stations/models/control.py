"""What is asked of stations, and what is known of them from their answers."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from stations.models.charging import IdToken, Transaction
from stations.models.equipment import Station


class Command(models.Model):
    """A call to a station, kept until it is known what became of it.

    `queued` → `sent` → `answered` (the station's CALLRESULT, `result` is its status), `failed` (a CALLERROR,
    or the connection broke and nobody knows whether it was carried out) or `timed_out`. Before it
    is sent it may expire or be cancelled.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        ANSWERED = "answered"
        FAILED = "failed"
        TIMED_OUT = "timed_out", "timed out"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    station = models.ForeignKey(Station, models.CASCADE, related_name="commands")
    action = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    result = models.CharField(
        max_length=64, blank=True, help_text="The status in the station's answer, or the error code."
    )
    reply = models.JSONField(null=True, blank=True)
    error = models.CharField(
        max_length=255, blank=True, help_text="What the station or the server says of the failure."
    )

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="station_commands"
    )
    origin = models.CharField(max_length=150, help_text="Name of who asked: a user, or a part of the server.")
    idempotency_key = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001  (unique, but optional)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="When it is not worth sending any more.")

    attempts = models.PositiveSmallIntegerField(default=0)
    message_id = models.CharField(max_length=64, blank=True, help_text="Of the last attempt.")
    connection = models.PositiveBigIntegerField(default=0, help_text="Generation of the socket it was sent over.")
    ocpp_version = models.CharField("OCPP version", max_length=8, blank=True, help_text="In which it was sent.")
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("station", "state"), name="command_by_state"),
            models.Index(fields=("state", "expires_at"), name="command_by_expiry"),
            models.Index(fields=("station", "action", "sent_at"), name="command_by_action"),
        )
        constraints = (
            models.UniqueConstraint(fields=("station", "idempotency_key"), name="command_once_an_idempotency_key"),
        )

    def __str__(self) -> str:
        return f"{self.action} #{self.pk}"


class ConfigurationKey(models.Model):
    """A configuration key of 1.6 (section 9), as the station last told it."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="configuration")
    key = models.CharField(max_length=500)
    value = models.CharField(max_length=5000, null=True, blank=True)  # noqa: DJ001  (without a value is not empty)
    readonly = models.BooleanField(default=False)
    unknown = models.BooleanField(default=False, help_text="The station says that it has no such key.")
    reported_at = models.DateTimeField(null=True, blank=True)

    wanted = models.CharField(max_length=5000, null=True, blank=True)  # noqa: DJ001
    answer = models.CharField(
        max_length=16, blank=True, help_text="To the last change: Accepted, RebootRequired, Rejected, NotSupported."
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("key",)
        constraints = (models.UniqueConstraint(fields=("station", "key"), name="configuration_key_once_a_station"),)

    def __str__(self) -> str:
        return self.key


class ChargingProfile(models.Model):
    """A charging profile that the station has, as it confirmed it. `profile` is the object that was sent."""

    class Source(models.TextChoices):
        SERVER = "server", "sent by this server"
        STATION = "station", "named by the station"

    station = models.ForeignKey(Station, models.CASCADE, related_name="charging_profiles")
    evse = models.PositiveIntegerField(help_text="0: the station as a whole.")
    number = models.BigIntegerField(help_text="chargingProfileId")
    stack_level = models.PositiveIntegerField(default=0)
    purpose = models.CharField(max_length=40)
    kind = models.CharField(max_length=16, blank=True)
    transaction = models.ForeignKey(
        Transaction, models.CASCADE, null=True, blank=True, related_name="charging_profiles"
    )
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_to = models.DateTimeField(null=True, blank=True)
    profile = models.JSONField()
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.SERVER)
    limit_source = models.CharField(
        max_length=20, blank=True, help_text="2.x: who set it, by the station: CSO, EMS, SO, Other, …"
    )
    confirmed_at = models.DateTimeField()

    class Meta:
        ordering = ("station", "evse", "-stack_level")
        constraints = (models.UniqueConstraint(fields=("station", "number"), name="charging_profile_once_a_station"),)

    def __str__(self) -> str:
        return f"{self.purpose} {self.number}"


class Reservation(models.Model):
    """A reservation; its primary key is the reservationId."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        ACTIVE = "active"
        REFUSED = "refused"
        USED = "used"
        CANCELLED = "cancelled"
        EXPIRED = "expired"
        FAILED = "failed", "nobody knows whether the station has it"

    station = models.ForeignKey(Station, models.CASCADE, related_name="reservations")
    evse = models.PositiveIntegerField(help_text="0: whichever is free.")
    connector_type = models.CharField(max_length=20, blank=True, help_text="2.x: cCCS2, sType2, …; empty: any.")
    id_token = models.ForeignKey(IdToken, models.CASCADE, related_name="reservations")
    state = models.CharField(max_length=9, choices=State.choices, default=State.REQUESTED, db_index=True)
    result = models.CharField(max_length=64, blank=True, help_text="The station's answer: Accepted, Occupied, ….")
    expires_at = models.DateTimeField()
    command = models.ForeignKey(Command, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.pk}"


class LocalList(models.Model):
    """A station's local authorization list, as it last confirmed it.

    `entries` maps each idTag to its idTagInfo, in the words of the version in which it was sent. In 2.x a tag is the
    type and the idToken, as `ISO14443:04A2B3C4`.
    """

    station = models.OneToOneField(Station, models.CASCADE, related_name="local_list")
    version = models.IntegerField(default=0, help_text="0: empty; -1: the station has no local list.")
    entries = models.JSONField(default=dict)
    ocpp_version = models.CharField("OCPP version", max_length=8, default="1.6", help_text="In whose words they are.")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    pending_version = models.IntegerField(null=True, blank=True)
    pending_entries = models.JSONField(null=True, blank=True, help_text="What it will be once the station accepts.")
    command = models.ForeignKey(Command, models.SET_NULL, null=True, blank=True, related_name="+")
    result = models.CharField(max_length=64, blank=True, help_text="The answer to the last SendLocalList.")
    reported_version = models.IntegerField(
        null=True, blank=True, help_text="The station's answer to GetLocalListVersion; -1: it has no local list."
    )
    reported_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.station_id} v{self.version}"

    @property
    def differs(self) -> bool:
        """The station says that it has another version than it confirmed."""
        return self.reported_version is not None and self.reported_version != self.version
