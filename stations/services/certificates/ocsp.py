"""Questions to responders and their answers (RFC 6960), and what our own authorities say of what they have signed."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from stations.ocpp.facts import CertificateHash
from stations.services.certificates.keeping import CLOCKS_DIFFER, Authority
from stations.services.certificates.pem import ALGORITHMS, has_signed, issuer_hash

VALID = timedelta(days=1)
"""For so long an answer holds: of ours, and of a responder that does not say."""

LONGEST_VALID = timedelta(days=7)
"""No answer of others is kept longer, whatever it says."""

GOOD, REVOKED, UNKNOWN = "Good", "Revoked", "Unknown"

_WORDS = {
    ocsp.OCSPCertStatus.GOOD: GOOD,
    ocsp.OCSPCertStatus.REVOKED: REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN: UNKNOWN,
}
_STATUSES = {word: status for status, word in _WORDS.items()}


class Misfit(ValueError):
    """This is no answer to what was asked; the text says why."""


class Standing(NamedTuple):
    """What is known of a certificate, and until when. `verified`: by the signature of who has issued it."""

    status: str
    next_update: datetime
    verified: bool = True


# -- questions and answers -----------------------------------------------------------------------------


def question(certificate: CertificateHash) -> bytes:
    """An OCSPRequest, DER; `Misfit` when these are no hashes."""
    name, key, serial, algorithm = _parts(certificate)
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(name, key, serial, algorithm)
    return builder.build().public_bytes(serialization.Encoding.DER)


def read_question(der: bytes) -> CertificateHash:
    """What somebody asks us; `Misfit` when it is no OCSPRequest for one certificate, hashed in a way that we know."""
    try:
        request = ocsp.load_der_ocsp_request(der)
        algorithm = request.hash_algorithm.name.upper()
        if algorithm not in ALGORITHMS:
            raise Misfit("The hashes are of an unknown algorithm.")
        name, key = request.issuer_name_hash.hex(), request.issuer_key_hash.hex()
        return CertificateHash(algorithm, name, key, f"{request.serial_number:x}")
    except Misfit:
        raise
    except (ValueError, NotImplementedError, UnsupportedAlgorithm) as error:
        raise Misfit("This is no OCSP request for one certificate.") from error


def read_answer(
    der: bytes, certificate: CertificateHash, issuers: Iterable[x509.Certificate], at: datetime
) -> Standing:
    """What an OCSPResponse says of a certificate; `Misfit` when it says nothing of it, or nothing that holds now.

    `issuers` are certificates that are trusted: the answer counts as verified when it was signed by the one that has
    issued the certificate, or by somebody whom that one has named as its responder (RFC 6960 section 4.2.2.2).
    """
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Misfit(f"The responder says {response.response_status.name}.")
        name, key, serial, _ = _parts(certificate)
        if (response.issuer_name_hash, response.issuer_key_hash, response.serial_number) != (name, key, serial):
            raise Misfit("The responder speaks of another certificate.")
        since, until = response.this_update_utc, response.next_update_utc or response.this_update_utc + VALID
        if not since - CLOCKS_DIFFER <= at < until:
            raise Misfit("What the responder says is out of date.")
        verified = any(_speaks_for(each, certificate, response, at) for each in issuers)
        return Standing(_WORDS[response.certificate_status], min(until, at + LONGEST_VALID), verified)
    except Misfit:
        raise
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Misfit("This is no OCSP response.") from error


def _speaks_for(
    issuer: x509.Certificate, certificate: CertificateHash, response: ocsp.OCSPResponse, at: datetime
) -> bool:
    named = (certificate.issuer_name_hash, certificate.issuer_key_hash)
    if issuer_hash(issuer, certificate.algorithm) != named:
        return False
    delegates = [each for each in response.certificates if _may_respond(each, issuer, at)]
    return any(_signed(each, response) for each in (issuer, *delegates))


def _may_respond(delegate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bool:
    try:
        purposes = delegate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    valid = delegate.not_valid_before_utc <= at <= delegate.not_valid_after_utc
    return valid and ExtendedKeyUsageOID.OCSP_SIGNING in purposes and has_signed(issuer, delegate)


def _signed(signer: x509.Certificate, response: ocsp.OCSPResponse) -> bool:
    key, digest = signer.public_key(), response.signature_hash_algorithm
    if digest is None:
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), digest)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _parts(certificate: CertificateHash) -> tuple[bytes, bytes, int, hashes.HashAlgorithm]:
    try:
        return (
            bytes.fromhex(certificate.issuer_name_hash),
            bytes.fromhex(certificate.issuer_key_hash),
            int(certificate.serial_number, 16),
            ALGORITHMS[certificate.algorithm](),
        )
    except ValueError:
        raise Misfit("The hashes are not in hexadecimal.") from None


# -- lists of what was revoked -------------------------------------------------------------------------


def read_list(der: bytes, certificate: CertificateHash, issuers: Iterable[x509.Certificate], at: datetime) -> Standing:
    """What a CRL (RFC 5280 section 5) says of a certificate; `Misfit` when it is not its issuer's, or out of date."""
    try:
        found = x509.load_der_x509_crl(der)
        until = found.next_update_utc or found.last_update_utc + VALID
        if not found.last_update_utc - CLOCKS_DIFFER <= at < until:
            raise Misfit("The list is out of date.")
        named = (certificate.issuer_name_hash, certificate.issuer_key_hash)
        mine = [each for each in issuers if issuer_hash(each, certificate.algorithm) == named]
        serial = _parts(certificate)[2]
        status = GOOD if found.get_revoked_certificate_by_serial_number(serial) is None else REVOKED
        verified = any(found.is_signature_valid(each.public_key()) for each in mine)  # type: ignore[arg-type]
    except Misfit:
        raise
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Misfit("This is no list of revoked certificates.") from error
    return Standing(status, min(until, at + LONGEST_VALID), verified)


# -- our own -------------------------------------------------------------------------------------------


def own_answer(
    authority: Authority, certificate: CertificateHash, status: str, at: datetime, *, revoked_at: datetime | None = None
) -> bytes:
    """What one of our authorities says of a certificate that it has (or has not) signed, DER."""
    name, key, serial, algorithm = _parts(certificate)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            name,
            key,
            serial,
            algorithm,
            cert_status=_STATUSES[status],
            this_update=at,
            next_update=at + VALID,
            revocation_time=revoked_at if status == REVOKED else None,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, authority.certificate)
    )
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(serialization.Encoding.DER)


def encoded(der: bytes) -> str:
    """As OCPP carries it."""
    return base64.b64encode(der).decode()
