"""What charging costs: tariffs of the server, which ones stations have, the costs of sessions, payments at stations.

Amounts are in the currency that stands with them, with taxes where nothing else is said.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from stations.models.charging import IdTokenGroup, Transaction
from stations.models.equipment import Station


class Tariff(models.Model):
    """A tariff that an operator has entered. `body` is its TariffType (OCPP 2.1), by which all versions are charged."""

    tariff_id = models.CharField(max_length=60, unique=True, help_text="tariffId")
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    body = models.JSONField()
    note = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("tariff_id",)

    def __str__(self) -> str:
        return self.tariff_id


class TariffAssignment(models.Model):
    """Whose tariff it is: that of a group of tokens, else of an EVSE or a station, else of everybody."""

    tariff = models.ForeignKey(Tariff, models.CASCADE, related_name="assignments")
    group = models.ForeignKey(IdTokenGroup, models.CASCADE, null=True, blank=True, related_name="tariff_assignments")
    station = models.ForeignKey(Station, models.CASCADE, null=True, blank=True, related_name="tariff_assignments")
    evse = models.PositiveIntegerField(default=0, help_text="0: all of the station.")

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(group__isnull=True) | Q(station__isnull=True), name="tariff_of_a_group_or_a_station"
            ),
            models.UniqueConstraint(fields=("group",), name="tariff_once_a_group"),
            models.UniqueConstraint(fields=("station", "evse"), name="tariff_once_an_evse"),
            models.UniqueConstraint(
                models.F("evse"), condition=Q(group__isnull=True, station__isnull=True), name="tariff_once_for_all"
            ),
        )

    def __str__(self) -> str:
        return f"{self.tariff_id} {self.group_id or self.station_id or ''}"


class StationTariff(models.Model):
    """A tariff that a station has, as it confirmed or told it (2.1 use cases I07 to I10)."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="tariffs")
    evse = models.PositiveIntegerField(help_text="0: of the station as a whole, or of no particular EVSE.")
    tariff_id = models.CharField(max_length=60)
    kind = models.CharField(max_length=16, help_text="DefaultTariff or DriverTariff.")
    valid_from = models.DateTimeField(null=True, blank=True)
    id_tokens = models.JSONField(default=list, help_text="Of a driver's tariff: whose it is.")
    body = models.JSONField(null=True, blank=True, help_text="What was sent; null: the station has it from elsewhere.")
    confirmed_at = models.DateTimeField()

    class Meta:
        ordering = ("station", "evse", "kind", "tariff_id")
        constraints = (
            models.UniqueConstraint(
                fields=("station", "evse", "kind", "tariff_id"), name="station_tariff_once_an_evse"
            ),
        )

    def __str__(self) -> str:
        return f"{self.tariff_id} at {self.station_id}/{self.evse}"


class SessionCost(models.Model):
    """How the cost of a session comes about; the cost itself stands with the session.

    `agreed` are the tariffs as they were when they were agreed on: a list of {since, tariff}, the first one from the
    session's begin. Later changes of a tariff do not touch it.
    """

    transaction = models.OneToOneField(Transaction, models.CASCADE, related_name="costing")
    agreed = models.JSONField(default=list)
    zone = models.CharField(max_length=64, blank=True, help_text="The station's time zone.")
    evse_kind = models.CharField(max_length=2, blank=True, help_text="AC or DC, where it is known.")
    payment_brand = models.CharField(max_length=255, blank=True)
    payment_recognition = models.CharField(max_length=255, blank=True)
    details = models.JSONField(null=True, blank=True, help_text="CostDetailsType, as this server calculates it.")
    calculated_at = models.DateTimeField(null=True, blank=True)
    told_details = models.JSONField(null=True, blank=True, help_text="CostDetailsType, as the station tells it.")
    told_cost = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    notified_cost = models.DecimalField(
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Last one that the station confirmed (CostUpdated).",
    )
    notified_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.transaction_id}"


class Settlement(models.Model):
    """A payment at a station that was settled, or was to be (NotifySettlement)."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="settlements")
    transaction = models.ForeignKey(Transaction, models.SET_NULL, null=True, blank=True, related_name="settlements")
    reference = models.CharField(max_length=255, blank=True, help_text="transactionId, as the station told it.")
    psp_reference = models.CharField(max_length=255, help_text="The payment's reference (pspRef).")
    status = models.CharField(max_length=16, help_text="Settled, Canceled, Rejected, Failed; Due: the server's task.")
    info = models.CharField(max_length=500, blank=True)
    amount = models.DecimalField(max_digits=20, decimal_places=6)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="By the station's clock.")
    receipt_id = models.CharField(max_length=50, blank=True)
    receipt_url = models.CharField(max_length=2000, blank=True)
    vat_number = models.CharField(max_length=20, blank=True)
    company = models.JSONField(null=True, blank=True, help_text="Who wants a receipt.")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("station", "psp_reference"), name="settlement_once_a_payment"),)

    def __str__(self) -> str:
        return self.psp_reference


class WebPaymentCode(models.Model):
    """How a station makes the QR codes that lead to the web page on which people pay (WebPaymentsCtrlr)."""

    station = models.OneToOneField(Station, models.CASCADE, related_name="web_payment_code")
    url_template = models.CharField(max_length=1000)
    version = models.CharField(max_length=16, help_text="Of the algorithm for one-time passwords.")
    validity_seconds = models.PositiveIntegerField()
    length = models.PositiveIntegerField(help_text="Characters of a one-time password.")
    number = models.CharField(max_length=32, help_text="From which, with the server's own secret, the secret follows.")
    command = models.ForeignKey("stations.Command", models.SET_NULL, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, help_text="When the station took it; null: not yet.")

    def __str__(self) -> str:
        return f"{self.station_id}"


class WebPayment(models.Model):
    """The newest payment on a web page for an EVSE, of which the station was told (NotifyWebPaymentStarted, C25)."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="web_payments")
    evse = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="When nothing comes of it any more.")

    class Meta:
        ordering = ("-started_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("station", "evse"), name="web_payment_once_an_evse"),)

    def __str__(self) -> str:
        return f"{self.station_id}/{self.evse}"
