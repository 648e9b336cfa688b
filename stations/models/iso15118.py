"""Contracts of vehicles, and what responders have said of certificates (2.x blocks C and M)."""

from __future__ import annotations

from django.db import models


class Contract(models.Model):
    """A contract of a vehicle, and the certificate that this server's own provider has made for it.

    Each certificate of a contract has a row; the first one waits for the vehicle to ask for it.
    """

    emaid = models.CharField(max_length=255, db_index=True, help_text="The id token of the same value decides.")
    vehicle = models.CharField(
        max_length=64, db_index=True, help_text="The name in the vehicle's provisioning certificate (PCID)."
    )
    pem = models.TextField(blank=True, help_text="The certificate and its issuers; empty: not asked for yet.")
    serial_number = models.CharField(max_length=64, blank=True, db_index=True, help_text="Hexadecimal.")
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_to = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.emaid


class CertificateStatus(models.Model):
    """What a responder has said of a certificate, until its next update."""

    kind = models.CharField(max_length=4, help_text="OCSP or CRL.")
    hash_algorithm = models.CharField(max_length=8)
    issuer_name_hash = models.CharField(max_length=128)
    issuer_key_hash = models.CharField(max_length=128)
    serial_number = models.CharField(max_length=64)
    status = models.CharField(max_length=8, help_text="Good, Revoked or Unknown.")
    verified = models.BooleanField(default=False, help_text="Signed for an issuer that this server trusts.")
    ocsp = models.TextField(blank=True, help_text="The OCSPResponse, DER in base64.")
    responder = models.CharField(max_length=2000, blank=True)
    asked_at = models.DateTimeField()
    next_update = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "hash_algorithm", "issuer_name_hash", "issuer_key_hash", "serial_number"),
                name="certificate_status_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.serial_number} {self.status}"
