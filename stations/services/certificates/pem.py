"""Certificates in PEM: what is shown of them, and by what OCPP names them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from smartserver.core.errors import BadInput
from stations.ocpp.facts import CertificateHash


class Facts(NamedTuple):
    """What is shown and compared of a certificate. `serial_number` is hexadecimal, without leading zeros."""

    subject: str
    serial_number: str
    valid_from: datetime
    valid_to: datetime


def read_certificate(pem: str) -> x509.Certificate:
    """The first certificate in a PEM text; `BadInput` when there is none."""
    try:
        return x509.load_pem_x509_certificates(pem.encode())[0]
    except (ValueError, IndexError):
        raise BadInput("This is no certificate in PEM.") from None


def read_chain(pem: str) -> list[x509.Certificate]:
    """All certificates in a PEM text; none when it is not one."""
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        return []


def facts_of(certificate: x509.Certificate) -> Facts:
    return Facts(
        certificate.subject.rfc4514_string()[:500],
        f"{certificate.serial_number:x}",
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


ALGORITHMS: dict[str, type[hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "SHA1": hashes.SHA1,  # not of OCPP: by it most programs name a certificate to an OCSP responder
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}


def hash_of(pem: str, algorithm: str = "SHA256", *, issuers: Iterable[x509.Certificate] = ()) -> CertificateHash:
    """By what OCPP names a certificate: hashes of its issuer's name and key (RFC 6960 section 4.1.1), serial number.

    The issuer's key is its own (a root), that of another in the text, or one of `issuers`; else its hash is empty.
    """
    certificates = x509.load_pem_x509_certificates(pem.encode())
    certificate = certificates[0]
    possible = (each for each in (*certificates, *issuers) if each.subject == certificate.issuer)
    issuer = next((each for each in possible if has_signed(each, certificate)), None)
    return CertificateHash(
        algorithm,
        _digest(algorithm, certificate.issuer.public_bytes()),
        _digest(algorithm, _key_bits(issuer)) if issuer is not None else "",
        f"{certificate.serial_number:x}",
    )


def issuer_hash(issuer: x509.Certificate, algorithm: str) -> tuple[str, str]:
    """Name and key of an issuer, as they stand in the hash of what it has signed."""
    return _digest(algorithm, issuer.subject.public_bytes()), _digest(algorithm, _key_bits(issuer))


def has_signed(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _digest(algorithm: str, data: bytes) -> str:
    digest = hashes.Hash(ALGORITHMS[algorithm]())
    digest.update(data)
    return digest.finalize().hex()


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The value of the subjectPublicKey BIT STRING, without tag, length and number of unused bits."""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
