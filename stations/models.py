"""Charging stations and what they report, version-neutral.

Station ─┬─ EVSE ─── Connector
         ├─ Transaction ─── TransactionEvent        IdToken
         ├─ MeterValue        (high volume)
         ├─ Message           (high volume: one row per exchange)
         ├─ Variable          (device model of 2.x)
         └─ Quirk             (tolerance rules that were needed)
KnockingStation: identities that tried to connect and are not known.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower


class State(models.TextChoices):
    NEVER = "never", "never seen"
    ONLINE = "online", "online"
    STALE = "stale", "stale"
    OFFLINE = "offline", "offline"


class Station(models.Model):
    """One charge point. `connection` is the generation of its newest socket: only that one counts."""

    identity = models.CharField(
        max_length=255, unique=True, help_text="As in the address that the station connects to."
    )
    password_hash = models.CharField(max_length=255, blank=True, editable=False)
    strict = models.BooleanField(default=False, help_text="Refuse messages that break the specification.")
    created_at = models.DateTimeField(auto_now_add=True)

    vendor = models.CharField(max_length=1000, blank=True)
    model = models.CharField(max_length=1000, blank=True)
    serial_number = models.CharField(max_length=1000, blank=True)
    firmware_version = models.CharField(max_length=1000, blank=True)
    iccid = models.CharField("ICCID", max_length=1000, blank=True)
    imsi = models.CharField("IMSI", max_length=1000, blank=True)
    meter_type = models.CharField(max_length=1000, blank=True)
    meter_serial_number = models.CharField(max_length=1000, blank=True)
    booted_at = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=8, choices=State.choices, default=State.NEVER, db_index=True)
    connection = models.PositiveBigIntegerField(default=0, editable=False)
    connected_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    ocpp_version = models.CharField("OCPP version", max_length=8, blank=True, help_text="Of the newest connection.")

    # What the live table shows, kept up to date with every change, so that it can be filtered.
    status = models.CharField(max_length=32, blank=True, help_text="The most telling status of its connectors.")
    connectors = models.CharField(max_length=1000, blank=True, help_text="The status of each connector.")
    power_w = models.FloatField("power (W)", null=True, blank=True)
    session_energy_wh = models.FloatField("energy of running sessions (Wh)", null=True, blank=True)
    sessions = models.PositiveIntegerField("running sessions", default=0)
    quirks = models.CharField(max_length=2000, blank=True, help_text="Tolerance rules that this station needed.")

    class Meta:
        ordering = ("identity",)

    def __str__(self) -> str:
        return self.identity


class KnockingStation(models.Model):
    """An identity that tried to connect and was refused because nobody has entered it."""

    identity = models.CharField(max_length=255, unique=True)
    address = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ("-last_at",)

    def __str__(self) -> str:
        return self.identity


class EVSE(models.Model):
    """A part of a station that charges one vehicle at a time. Number 0 is the station as a whole."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="evses")
    number = models.PositiveIntegerField()
    power_w = models.FloatField(null=True, blank=True)
    energy_wh = models.FloatField(null=True, blank=True, help_text="The meter's register.")
    soc = models.FloatField(null=True, blank=True)
    measured_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "EVSE"
        constraints = (models.UniqueConstraint(fields=("station", "number"), name="evse_number_once_a_station"),)

    def __str__(self) -> str:
        return f"{self.station_id}/{self.number}"


class Connector(models.Model):
    evse = models.ForeignKey(EVSE, models.CASCADE, related_name="connectors")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=32)
    error_code = models.CharField(max_length=100, blank=True)
    info = models.CharField(max_length=1000, blank=True)
    vendor_error_code = models.CharField(max_length=1000, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True, help_text="By the station's clock.")
    received_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("evse", "number"), name="connector_number_once_an_evse"),)

    def __str__(self) -> str:
        return f"{self.evse_id}/{self.number}"


class IdToken(models.Model):
    """A card, key fob, app or vehicle that may charge. Values compare in any case."""

    class Status(models.TextChoices):
        ACCEPTED = "Accepted"
        BLOCKED = "Blocked"
        UNKNOWN = "Unknown", "seen, not entered"

    value = models.CharField(max_length=1000)
    type = models.CharField(max_length=32, blank=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACCEPTED)
    group = models.CharField(max_length=36, blank=True, help_text="Tokens of one group may stop each other's sessions.")
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("value",)
        constraints = (models.UniqueConstraint(Lower("value"), name="id_token_once_in_any_case"),)

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
    meter_start_wh = models.FloatField(null=True, blank=True)
    meter_last_wh = models.FloatField(null=True, blank=True)
    meter_stop_wh = models.FloatField(null=True, blank=True)
    energy_wh = models.FloatField(null=True, blank=True)
    soc = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("station", "reference"), name="transaction_by_reference"),
            models.Index(fields=("station", "active"), name="transaction_active"),
        )

    def __str__(self) -> str:
        return f"{self.pk}"


class TransactionEvent(models.Model):
    """A TransactionEvent of 2.x, by which a repeated one is recognised."""

    transaction = models.ForeignKey(Transaction, models.CASCADE, related_name="events")
    phase = models.CharField(max_length=8)
    sequence = models.PositiveIntegerField()
    trigger = models.CharField(max_length=32, blank=True)
    stamp = models.CharField(max_length=64, help_text="The station's time, as sent.")
    offline = models.BooleanField(default=False)
    received_at = models.DateTimeField()

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
        indexes = (models.Index(fields=("station", "received_at"), name="meter_value_by_time"),)

    def __str__(self) -> str:
        return f"{self.station_id} {self.received_at}"


class Message(models.Model):
    """One exchange with a station: a call and what became of it, as JSON texts."""

    class Direction(models.TextChoices):
        IN = "in", "from the station"
        OUT = "out", "to the station"

    station = models.ForeignKey(Station, models.CASCADE, related_name="messages", db_index=False)
    ocpp_version = models.CharField(max_length=8)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    action = models.CharField(max_length=64)
    message_id = models.CharField(max_length=255)
    request = models.TextField()
    reply = models.TextField(blank=True)
    outcome = models.CharField(max_length=64, help_text="CALLRESULT, or the error code, or what else became of it.")
    received_at = models.DateTimeField(help_text="When the call came in or went out.")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("station", "received_at"), name="message_by_time"),)

    def __str__(self) -> str:
        return f"{self.action} {self.message_id}"


class Variable(models.Model):
    """A variable of a station's device model (2.x), one row per attribute type."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="variables")
    component = models.CharField(max_length=50)
    component_instance = models.CharField(max_length=50, blank=True)
    evse = models.PositiveIntegerField(default=0, help_text="0: not of an EVSE.")
    connector = models.PositiveIntegerField(default=0, help_text="0: not of a connector.")
    variable = models.CharField(max_length=50)
    variable_instance = models.CharField(max_length=50, blank=True)
    attribute = models.CharField(max_length=8)
    value = models.TextField(null=True)  # noqa: DJ001  (write-only variables have no value, which is not the empty one)
    mutability = models.CharField(max_length=16)
    characteristics = models.JSONField(default=dict)
    reported_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=(
                    "station",
                    "component",
                    "component_instance",
                    "evse",
                    "connector",
                    "variable",
                    "variable_instance",
                    "attribute",
                ),
                name="variable_once_a_station",
            ),
        )

    def __str__(self) -> str:
        return f"{self.component}.{self.variable}"


class Quirk(models.Model):
    """A tolerance rule that a station needed: how often, since when."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="quirks_seen")
    rule = models.CharField(max_length=64)
    action = models.CharField(max_length=64, blank=True)
    times = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ("-last_at",)
        constraints = (models.UniqueConstraint(fields=("station", "rule", "action"), name="quirk_once_an_action"),)

    def __str__(self) -> str:
        return f"{self.rule} ({self.action})"
