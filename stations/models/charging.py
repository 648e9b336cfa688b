"""Who charges, when, and how much."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from smartserver.core.history import Hours
from stations.models.equipment import EVSE, Station


class IdTokenGroup(models.Model):
    """Tokens of one group may stop each other's sessions (1.6 parentIdTag, 2.x groupIdToken)."""

    name = models.CharField(max_length=36, help_text="1.6 stations are told the first 20 characters.")
    description = models.CharField(max_length=255, blank=True)
    master = models.BooleanField(
        default=False, help_text="Master pass: its tokens may stop any session, and start none (2.x)."
    )

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("name"), name="id_token_group_once_in_any_case"),)

    def __str__(self) -> str:
        return self.name


class IdToken(models.Model):
    """A card, key fob, app or vehicle that may charge. Values compare in any case, each type by itself."""

    class Status(models.TextChoices):
        ACCEPTED = "Accepted"
        BLOCKED = "Blocked"
        UNKNOWN = "Unknown", "seen, not entered"

    value = models.CharField(max_length=1000)
    type = models.CharField(max_length=32, blank=True, help_text="2.x: ISO14443, eMAID, KeyCode, …; empty: any.")
    additional_info = models.JSONField(
        default=list, blank=True, help_text="What has to be shown along with it (2.x): additionalIdToken and type each."
    )
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACCEPTED)
    group = models.ForeignKey(IdTokenGroup, models.SET_NULL, null=True, blank=True, related_name="tokens")
    expires_at = models.DateTimeField(null=True, blank=True)
    max_sessions = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Sessions that may run at the same time; empty: any number."
    )
    stations = models.ManyToManyField(
        Station, blank=True, related_name="id_tokens", help_text="Where it may charge; none: everywhere."
    )
    evses = models.JSONField(
        default=list, blank=True, help_text="Numbers of the EVSEs where it may charge, at each station; none: all."
    )
    in_local_list = models.BooleanField(default=True, help_text="Sent to stations with their local list.")
    priority = models.SmallIntegerField(null=True, blank=True, help_text="chargingPriority of 2.x, from -9 to 9.")
    language1 = models.CharField(max_length=8, blank=True, help_text="Of the driver (2.x): de, en-GB, ….")
    language2 = models.CharField(max_length=8, blank=True, help_text="The driver's second choice.")
    message = models.CharField(max_length=512, blank=True, help_text="Shown to the driver (2.x personalMessage).")
    limits = models.JSONField(
        default=dict,
        blank=True,
        help_text="Of each session (2.1): maxCost, maxEnergy, maxTime, maxSoC.",
    )
    credit = models.DecimalField(
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Prepaid: what was paid in so far, in the currency of the tariffs; empty: it is not prepaid.",
    )
    energy_transfer = models.JSONField(
        default=list,
        blank=True,
        help_text="In which ways its sessions may transfer energy (2.1): AC_BPT, DC, …; none: nothing is said of it.",
    )
    holder = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("value",)
        constraints = (models.UniqueConstraint(Lower("value"), Lower("type"), name="id_token_once_a_type"),)

    def __str__(self) -> str:
        return self.value


class Transaction(models.Model):
    """One charging session. Its primary key is the transactionId of 1.6, unique for ever."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="transactions")
    evse = models.ForeignKey(EVSE, models.SET_NULL, null=True, related_name="transactions")
    connector_number = models.PositiveIntegerField(null=True, blank=True)
    id_token = models.ForeignKey(IdToken, models.SET_NULL, null=True, related_name="transactions")
    reference = models.CharField(
        max_length=255, blank=True, help_text="The station's own id (2.x), or what a repeated start repeats (1.6)."
    )

    active = models.BooleanField(default=True)
    charging_state = models.CharField(max_length=32, blank=True)
    started_at = models.DateTimeField(help_text="When the server heard of it.")
    started_at_station = models.DateTimeField(null=True, blank=True, help_text="By the station's clock.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_at_station = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=64, blank=True)
    stopped_by = models.ForeignKey(IdToken, models.SET_NULL, null=True, blank=True, related_name="stopped_transactions")
    remark = models.CharField(
        max_length=255, blank=True, help_text="What is unusual about it: named rules, separated by commas."
    )
    reservation = models.ForeignKey(
        "stations.Reservation", models.SET_NULL, null=True, blank=True, related_name="transactions"
    )
    messages_in_queue = models.BooleanField(default=False, help_text="The station has more to report of it.")
    measured_at_station = models.DateTimeField(
        null=True, blank=True, help_text="Newest reading, by the station's clock."
    )
    meter_start_wh = models.FloatField(null=True, blank=True)
    meter_last_wh = models.FloatField(null=True, blank=True)
    meter_stop_wh = models.FloatField(null=True, blank=True)
    energy_wh = models.FloatField(null=True, blank=True)
    soc = models.FloatField(null=True, blank=True)
    cost = models.DecimalField(
        max_digits=20, decimal_places=6, null=True, blank=True, help_text="With taxes; empty: it has no tariff."
    )
    currency = models.CharField(max_length=3, blank=True, help_text="Of its tariff; empty: it has none.")
    cost_is_final = models.BooleanField(default=False)
    cost_due_at = models.DateTimeField(null=True, blank=True, help_text="When the running cost is calculated next.")

    # What only 2.x tells of it.
    remote_start_number = models.BigIntegerField(null=True, blank=True, help_text="remoteStartId")
    remote_start = models.ForeignKey(
        "stations.Command",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The command that began it.",
    )
    charging_seconds = models.PositiveIntegerField(null=True, blank=True, help_text="timeSpentCharging")
    phases_used = models.PositiveIntegerField(null=True, blank=True, help_text="numberOfPhasesUsed")
    cable_max_current_a = models.PositiveIntegerField(null=True, blank=True, help_text="cableMaxCurrent")
    operation_mode = models.CharField(max_length=32, blank=True, help_text="operationMode (2.1)")
    tariff = models.CharField(max_length=60, blank=True, help_text="tariffId (2.1)")
    limits = models.JSONField(default=dict, blank=True, help_text="transactionLimit (2.1), as the station has it.")
    wanted_limits = models.JSONField(default=dict, blank=True, help_text="The same, as an operator wants it.")
    missing_events = models.PositiveIntegerField(default=0, help_text="Of which the sequence shows that there were.")

    class Meta:
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("station", "reference"), name="transaction_by_reference"),
            # Few of many run: who asks for them reads these alone.
            models.Index(fields=("station", "evse"), name="transaction_running", condition=models.Q(active=True)),
            # What was charged since midnight is summed up from this index alone.
            models.Index(fields=("ended_at", "energy_wh"), name="transaction_by_end", condition=models.Q(active=False)),
        )

    def __str__(self) -> str:
        return f"{self.pk}"


class TransactionEvent(models.Model):
    """A TransactionEvent of 2.x, by which a repeated one is recognised.

    Or a run of Updated events that follow each other and say the same, but for time and meters: from `sequence` and
    `stamp` to `last_sequence` and `last_stamp`. The readings of each are meter values, its text is in the message log.

    `details` is what the last one said of the transaction, in the words of the version in which it was sent.
    """

    # Found by the constraint below, which begins with it: an index of its own would cost a write for each event.
    transaction = models.ForeignKey(Transaction, models.CASCADE, related_name="events", db_index=False)
    phase = models.CharField(max_length=8)
    sequence = models.PositiveIntegerField()
    trigger = models.CharField(max_length=32, blank=True)
    charging_state = models.CharField(max_length=32, blank=True)
    details = models.JSONField(default=dict, blank=True)
    stamp = models.CharField(max_length=64, help_text="The station's time, as sent.")
    offline = models.BooleanField(default=False)
    received_at = models.DateTimeField(help_text="When the first one came.")
    last_sequence = models.PositiveIntegerField()
    last_stamp = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                # A reboot starts the numbers again, so the time tells two events apart.
                fields=("transaction", "sequence", "phase", "stamp"),
                name="transaction_event_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.transaction_id}#{self.sequence}"


class MeterValue(models.Model):
    """All values sampled at one moment, in base units; `samples` is the JSON text as it was sent."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="meter_values", db_index=False)
    evse = models.ForeignKey(EVSE, models.CASCADE, null=True, related_name="meter_values", db_index=False)
    # Found by station and time, then by this: an index of its own would cost a write for each reading.
    transaction = models.ForeignKey(
        Transaction, models.SET_NULL, null=True, related_name="meter_values", db_index=False
    )
    measured_at = models.DateTimeField(null=True, help_text="By the station's clock.")
    received_at = models.DateTimeField()
    energy_wh = models.FloatField(null=True)
    power_w = models.FloatField(null=True)
    current_a = models.FloatField(null=True)
    voltage_v = models.FloatField(null=True)
    soc = models.FloatField(null=True)
    samples = models.TextField()

    class Meta:
        indexes = (
            # The last hour of many stations is read from it alone (`core.history.recent`).
            models.Index(fields=("station", "received_at", "evse", "power_w"), name="meter_value_power"),
        )

    def __str__(self) -> str:
        return f"{self.station_id} {self.received_at}"


class MeterHour(Hours):
    """The means of what one EVSE measured in one hour. `part` is its number; 0: the station as a whole."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="meter_hours", db_index=False)
    part = models.PositiveIntegerField()
    energy_wh = models.FloatField(null=True, help_text="Of the meter's register.")
    power_w = models.FloatField(null=True)
    current_a = models.FloatField(null=True)
    voltage_v = models.FloatField(null=True)
    soc = models.FloatField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("station", "hour", "part"), name="meter_hour_once_an_evse"),)

    def __str__(self) -> str:
        return f"{self.station_id}/{self.part} {self.hour:%Y-%m-%d %H}h"
