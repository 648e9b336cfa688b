"""Whether a certificate comes from somebody that is trusted, over any number of issuers (RFC 5280 section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from stations.services.certificates.pem import has_signed

SIGNATURE_ERROR, EXPIRED, CHAIN_ERROR = "SignatureError", "CertificateExpired", "CertChainError"
"""What can be wrong, in the words of OCPP (AuthorizeCertificateStatusEnumType)."""

LONGEST = 6
"""Certificates from the leaf to who is trusted: ISO 15118 has four at most."""

_UNDERSTOOD = frozenset({ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE})


def problem_of(chain: Sequence[x509.Certificate], trusted: Iterable[x509.Certificate], at: datetime) -> str:
    """What is wrong with the first certificate of a chain; an empty text when it is right."""
    anchors, current = tuple(trusted), chain[0]
    if _signs_others(current):
        return CHAIN_ERROR
    for below in range(LONGEST):
        if not current.not_valid_before_utc <= at <= current.not_valid_after_utc:
            return EXPIRED
        if not _understood(current):
            return CHAIN_ERROR
        if current in anchors:
            return ""
        named = [each for each in (*anchors, *chain[1:]) if each.subject == current.issuer and each != current]
        able = [each for each in named if _signs_others(each, below)]
        signer = next((each for each in able if has_signed(each, current)), None)
        if signer is None:
            return SIGNATURE_ERROR if able else CHAIN_ERROR
        current = signer
    return CHAIN_ERROR


def issuer_of(certificate: x509.Certificate, candidates: Iterable[x509.Certificate]) -> x509.Certificate | None:
    return next(
        (each for each in candidates if each.subject == certificate.issuer and has_signed(each, certificate)), None
    )


def _signs_others(certificate: x509.Certificate, below: int = 0) -> bool:
    """Whether it is an authority's, with so many authorities between it and the leaf."""
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    may_sign = usage is None or usage.key_cert_sign
    return basic.ca and may_sign and (basic.path_length is None or basic.path_length >= below)


def _understood(certificate: x509.Certificate) -> bool:
    """Nothing critical that would have to be looked at, and is not (RFC 5280 section 4.2)."""
    try:
        return all(not each.critical or each.oid in _UNDERSTOOD for each in certificate.extensions)
    except ValueError:
        return False
