"""Certificates of stations, and what they ask to have signed."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from stations.models.equipment import Station


class Certificate(models.Model):
    """A certificate that the server made for a station, or that a station has in its store."""

    class Use(models.TextChoices):
        """`certificateUse` and `certificateType` of OCPP, under the name that the oldest version has for it."""

        STATION = "ChargingStationCertificate", "the station's own"
        COMBINED = "CombinedCertificate", "the station's own, also for vehicles"
        V2G = "V2GCertificate", "the station's own for vehicles of ISO 15118-2"
        V2G20 = "V2G20Certificate", "the station's own for vehicles of ISO 15118-20"
        V2G_CHAIN = "V2GCertificateChain", "for vehicles, with its issuers"
        CENTRAL_ROOT = "CentralSystemRootCertificate", "central system root"
        MANUFACTURER_ROOT = "ManufacturerRootCertificate", "manufacturer root"
        V2G_ROOT = "V2GRootCertificate", "root of V2G certificates"
        MO_ROOT = "MORootCertificate", "root of contracts"
        OEM_ROOT = "OEMRootCertificate", "root of vehicles"

    class State(models.TextChoices):
        ISSUED = "issued", "signed, not confirmed by the station"
        INSTALLED = "installed"
        REFUSED = "refused", "refused by the station"
        DELETED = "deleted"

    station = models.ForeignKey(Station, models.CASCADE, related_name="certificates")
    use = models.CharField(max_length=40)
    state = models.CharField(max_length=9, choices=State.choices, default=State.ISSUED)
    pem = models.TextField(blank=True, help_text="Empty when only the station's report of it is known.")
    subject = models.CharField(max_length=500, blank=True)
    serial_number = models.CharField(max_length=64, blank=True, help_text="Hexadecimal.")
    hash_algorithm = models.CharField(max_length=8, blank=True)
    issuer_name_hash = models.CharField(max_length=128, blank=True)
    issuer_key_hash = models.CharField(max_length=128, blank=True)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_to = models.DateTimeField(null=True, blank=True)
    children = models.JSONField(
        default=list, blank=True, help_text="Of a chain for vehicles, its issuers as the station tells them (2.x M03)."
    )
    reminded_at = models.DateTimeField(
        null=True, blank=True, help_text="When the station was last asked for a newer one."
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=("station", "use"), name="certificate_by_use"),)

    def __str__(self) -> str:
        return self.subject or self.serial_number


class SigningRequest(models.Model):
    """A SignCertificate of a station (1.6 security whitepaper 4.8, 2.x A02)."""

    class State(models.TextChoices):
        PENDING = "pending", "waits for approval"
        SIGNED = "signed"
        REFUSED = "refused"

    station = models.ForeignKey(Station, models.CASCADE, related_name="signing_requests")
    use = models.CharField(max_length=40, default=Certificate.Use.STATION)
    request = models.IntegerField(null=True, blank=True, help_text="The station's own number for it (2.1 requestId).")
    csr = models.TextField()
    subject = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING, db_index=True)
    reason = models.CharField(max_length=255, blank=True, help_text="Why it was refused.")
    certificate = models.ForeignKey(Certificate, models.SET_NULL, null=True, blank=True, related_name="requests")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    received_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.subject} {self.state}"
