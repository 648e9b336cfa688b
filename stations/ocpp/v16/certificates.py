"""Certificates (security whitepaper sections 4.1, 4.2, 5.2 to 5.8): our calls, and what their answers tell."""

from __future__ import annotations

from typing import Any

from stations.ocpp.frames import Payload
from stations.ocpp.told import CertificateAnswered, CertificateDeleted, CertificateHash, CertificatesListed

STATION = "ChargingStationCertificate"
"""What 2.x calls the station's own certificate; 1.6 has no word for it, because CertificateSigned is about no other."""


def write_signed(*, chain: str) -> Payload:
    """CertificateSigned: the certificate that the station asked for, its issuers behind it (PEM)."""
    return {"certificateChain": chain}


def write_install(*, use: str, pem: str) -> Payload:
    return {"certificateType": use, "certificate": pem}


def write_delete(*, certificate: CertificateHash) -> Payload:
    return {
        "certificateHashData": {
            "hashAlgorithm": certificate.algorithm,
            "issuerNameHash": certificate.issuer_name_hash,
            "issuerKeyHash": certificate.issuer_key_hash,
            "serialNumber": certificate.serial_number,
        }
    }


def write_list(*, use: str) -> Payload:
    return {"certificateType": use}


def write_renewal() -> tuple[str, Payload]:
    """The action and payload by which a station is told to ask for a certificate (ExtendedTriggerMessage)."""
    return "ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}


def read_signed(request: Payload, reply: Payload) -> CertificateAnswered:
    return CertificateAnswered(STATION, request["certificateChain"], reply["status"])


def read_install(request: Payload, reply: Payload) -> CertificateAnswered:
    return CertificateAnswered(request["certificateType"], request["certificate"], reply["status"])


def read_delete(request: Payload, reply: Payload) -> CertificateDeleted:
    return CertificateDeleted(_hash(request["certificateHashData"]), reply["status"])


def read_list(request: Payload, reply: Payload) -> CertificatesListed:
    """`NotFound` (no certificates of this type) is an empty list."""
    found = reply.get("certificateHashData") or () if reply["status"] == "Accepted" else ()
    return CertificatesListed(request["certificateType"], tuple(_hash(each) for each in found))


def _hash(data: dict[str, Any]) -> CertificateHash:
    return CertificateHash(
        data["hashAlgorithm"],
        data["issuerNameHash"].lower(),
        data["issuerKeyHash"].lower(),
        # A number in hexadecimal: some write it with leading zeros, some with capitals.
        data["serialNumber"].lower().lstrip("0") or "0",
    )
