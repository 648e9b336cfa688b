"""Certificates (security whitepaper sections 4.1, 4.2, 5.2 to 5.8): our calls, and what their answers tell."""

from __future__ import annotations

from collections.abc import Sequence

from stations.ocpp.certificates import (
    STATION,
    CertificateAnswered,
    CertificateDeleted,
    CertificateListed,
    CertificatesListed,
    SignedCertificate,
    read_hash,
    write_hash,
)
from stations.ocpp.facts import CertificateHash
from stations.ocpp.frames import Payload

INSTALLABLE = ("CentralSystemRootCertificate", "ManufacturerRootCertificate")
LISTABLE = INSTALLABLE
RENEWABLE = (STATION,)

LARGEST = 5500
"""Characters of a certificate that is installed (section 5.6)."""


def write_signed(signed: SignedCertificate) -> Payload:
    """CertificateSigned. 1.6 has no word for its use, because it is about no other than the station's own."""
    return {"certificateChain": signed.chain}


def write_install(*, use: str, pem: str) -> Payload:
    return {"certificateType": use, "certificate": pem}


def write_delete(*, certificate: CertificateHash) -> Payload:
    return {"certificateHashData": write_hash(certificate)}


def write_list(*, uses: Sequence[str]) -> Payload:
    """Of one use; the whitepaper's request has no room for more (section 5.5)."""
    return {"certificateType": uses[0]}


def write_renewal(*, use: str) -> tuple[str, Payload]:
    """The action and payload by which a station is told to ask for a certificate (ExtendedTriggerMessage)."""
    return "ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}


def read_signed(request: Payload, reply: Payload) -> CertificateAnswered:
    return CertificateAnswered(STATION, request["certificateChain"], reply["status"])


def read_install(request: Payload, reply: Payload) -> CertificateAnswered:
    return CertificateAnswered(request["certificateType"], request["certificate"], reply["status"])


def read_delete(request: Payload, reply: Payload) -> CertificateDeleted:
    return CertificateDeleted(read_hash(request["certificateHashData"]), reply["status"])


def read_list(request: Payload, reply: Payload) -> CertificatesListed:
    """`NotFound` (no certificates of this type) is an empty list."""
    use = request["certificateType"]
    found = reply.get("certificateHashData") or () if reply["status"] == "Accepted" else ()
    return CertificatesListed((use,), tuple(CertificateListed(use, read_hash(each)) for each in found))
