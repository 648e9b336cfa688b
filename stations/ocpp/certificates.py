"""Certificates beyond a station's own: contracts of vehicles (ISO 15118), their status, and what stores hold.

Of OCPP 2.0.1 and 2.1, blocks A, C and M. By what a certificate is named is the same on both wires, 1.6's included.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from stations.ocpp.facts import CertificateHash, Token

STATION, V2G, V2G20 = "ChargingStationCertificate", "V2GCertificate", "V2G20Certificate"
"""What a station asks to have signed: for its connection to the server; for vehicles of ISO 15118-2, and of -20."""

COMBINED = "CombinedCertificate"
"""For the server and for vehicles: what SignCertificate of 2.x means when it names no type (A02, SignCombinedCertificate)."""

V2G_CHAIN = "V2GCertificateChain"
"""What GetInstalledCertificateIds of 2.x calls what a station shows to vehicles, with its issuers (M03)."""


@dataclass(frozen=True, slots=True)
class StatusSource:
    """Where it can be learnt whether a certificate was revoked. `kind`: OCSP or CRL; `urls`: the first that answers."""

    certificate: CertificateHash
    urls: tuple[str, ...]
    kind: str = "OCSP"


# -- what stations say ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ContractPresented:
    """A vehicle wants to charge by contract (C07, C08); the token is its eMAID.

    `chain`: the contract certificate and its issuers, PEM; empty when the station has checked them itself. `sources`:
    where the status of each of them can be asked.
    """

    token: Token
    chain: str = ""
    sources: tuple[StatusSource, ...] = ()


@dataclass(frozen=True, slots=True)
class ContractRequested:
    """A vehicle asks for a contract certificate (M01), or for a newer one (M02). `exi`: its own words, in base64.

    `most`: chains that it takes in one answer, `preferred`: eMAIDs that it wants first (2.1).
    """

    schema: str
    action: str
    exi: str
    most: int | None = None
    preferred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusRequested:
    """What a responder says of a certificate, in its own words (M06)."""

    source: StatusSource


@dataclass(frozen=True, slots=True)
class ChainStatusRequested:
    """The same of a whole chain, in ours (2.1 M06, M07)."""

    sources: tuple[StatusSource, ...]


Fact = ContractPresented | ContractRequested | StatusRequested | ChainStatusRequested


# -- what the server answers -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ContractAnswered:
    """`status`: Accepted or Failed. `remaining`: contracts that the vehicle can ask for yet (2.1)."""

    status: str
    exi: str = ""
    remaining: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StatusAnswered:
    """`status`: Accepted or Failed; `ocsp`: the OCSPResponse (RFC 6960), DER in base64."""

    status: str
    ocsp: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StatusKnown:
    """`status`: Good, Revoked, Unknown, or Failed when nobody could say."""

    source: StatusSource
    status: str
    next_update: datetime


@dataclass(frozen=True, slots=True)
class ChainStatusAnswered:
    found: tuple[StatusKnown, ...]


Answer = ContractAnswered | StatusAnswered | ChainStatusAnswered


# -- what answers to commands tell -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CertificateAnswered:
    """`use`: the certificateType that was installed, or that of the station's own for CertificateSigned."""

    use: str
    pem: str
    status: str


@dataclass(frozen=True, slots=True)
class CertificateDeleted:
    certificate: CertificateHash
    status: str


@dataclass(frozen=True, slots=True)
class CertificateListed:
    """`children`: its issuers, where the station shows a chain to vehicles (M03)."""

    use: str
    certificate: CertificateHash
    children: tuple[CertificateHash, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificatesListed:
    """`uses`: what was asked for. Nothing: everything."""

    uses: tuple[str, ...]
    certificates: tuple[CertificateListed, ...]


Told = CertificateAnswered | CertificateDeleted | CertificatesListed


# -- on the wire -----------------------------------------------------------------------------------


class SignedCertificate(NamedTuple):
    """What CertificateSigned brings: the certificate and its issuers (PEM), and the request that it answers (2.1)."""

    chain: str
    use: str
    request: int | None = None


def read_hash(data: dict[str, Any]) -> CertificateHash:
    return CertificateHash(
        data["hashAlgorithm"],
        data["issuerNameHash"].lower(),
        data["issuerKeyHash"].lower(),
        # A number in hexadecimal: some write it with leading zeros, some with capitals.
        data["serialNumber"].lower().lstrip("0") or "0",
    )


def write_hash(certificate: CertificateHash) -> dict[str, Any]:
    return {
        "hashAlgorithm": certificate.algorithm,
        "issuerNameHash": certificate.issuer_name_hash,
        "issuerKeyHash": certificate.issuer_key_hash,
        "serialNumber": certificate.serial_number,
    }
