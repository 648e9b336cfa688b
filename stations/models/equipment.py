"""Stations and their parts."""

from __future__ import annotations

from django.db import models


class State(models.TextChoices):
    NEVER = "never", "never seen"
    ONLINE = "online", "online"
    STALE = "stale", "stale"
    OFFLINE = "offline", "offline"


class Registration(models.TextChoices):
    """What BootNotification is answered (1.6 section 7.39)."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


class Station(models.Model):
    """One charge point. `connection` is the generation of its newest socket: only that one counts."""

    identity = models.CharField(
        max_length=255, unique=True, help_text="As in the address that the station connects to."
    )
    password_hash = models.CharField(max_length=255, blank=True, editable=False)
    next_password_hash = models.CharField(
        max_length=255,
        blank=True,
        editable=False,
        help_text="Of a new AuthorizationKey that it may have taken already.",
    )
    strict = models.BooleanField(default=False, help_text="Refuse messages that break the specification.")
    registration = models.CharField(
        max_length=8,
        choices=Registration.choices,
        default=Registration.ACCEPTED,
        help_text="The answer to its BootNotification.",
    )
    heartbeat_interval = models.PositiveIntegerField(
        null=True, blank=True, help_text="Seconds; empty: as OCPP_HEARTBEAT_INTERVAL."
    )
    note = models.CharField(max_length=1000, blank=True)
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
    boot_reason = models.CharField(max_length=32, blank=True)
    firmware_status = models.CharField(max_length=32, blank=True, help_text="As last reported.")
    diagnostics_status = models.CharField(max_length=32, blank=True, help_text="As last reported.")
    configured_at = models.DateTimeField(
        null=True, blank=True, help_text="When its configuration was last read as a whole."
    )

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
    status_since = models.DateTimeField(
        null=True, blank=True, help_text="When the server heard of this status for the first time in a row."
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=("evse", "number"), name="connector_number_once_an_evse"),)

    def __str__(self) -> str:
        return f"{self.evse_id}/{self.number}"


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
