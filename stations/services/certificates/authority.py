"""The certificate authority of the server: it signs what stations ask to have signed, and reads certificates.

Without CA_CERTIFICATE_FILE and CA_KEY_FILE it is a root of its own, made on first use in CA_DIR. Rules for requests are
those of the 1.6 security whitepaper, sections 2.4 and 2.5: RSA of 2048 bits or more, or an elliptic curve of 224 bits
or more; the station is named by the common name.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from django.conf import settings

from smartserver.core import clock
from smartserver.core.errors import BadInput, Unavailable
from stations.ocpp.certificates import COMBINED, STATION
from stations.services.certificates import keeping
from stations.services.certificates.keeping import CLOCKS_DIFFER, Authority, key_usage
from stations.services.certificates.pem import pem_of

_CLIENT, _SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
_PURPOSES = {STATION: (_CLIENT,), COMBINED: (_CLIENT, _SERVER)}
"""What a certificate is good for; those that are only for vehicles make a TLS server (ISO 15118-2 section 7.7.3)."""


RESPONDER_PATH = "/ocsp"


class BadRequest(BadInput):
    """A signing request that cannot be accepted; the text says why."""

    code = "bad_signing_request"


class Signed(NamedTuple):
    """`chain` is what the station gets: the certificate and its issuers, PEM."""

    certificate: x509.Certificate
    chain: str


# -- the authority ------------------------------------------------------------------------------


def authority() -> Authority:
    """The authority of this installation."""
    if settings.CA_CERTIFICATE_FILE and settings.CA_KEY_FILE:
        return keeping.load(Path(settings.CA_CERTIFICATE_FILE), Path(settings.CA_KEY_FILE))
    return keeping.keep(Path(settings.CA_DIR), _self_signed)


def root_pem() -> str:
    """The certificate that stations have to trust, for InstallCertificate and for downloading."""
    found = authority()
    return pem_of((found.chain or (found.certificate,))[-1])


def _self_signed(key: ec.EllipticCurvePrivateKey) -> bytes:
    return pem_of(keeping.authority_certificate("SMART-Server CA", key, path_length=0)).encode()


# -- signing ------------------------------------------------------------------------------------


def read_request(text: str) -> x509.CertificateSigningRequest:
    """A signing request, checked for itself: readable, signed by its own key, which is strong enough; `BadRequest`."""
    try:
        csr = x509.load_pem_x509_csr(_armoured(text, "CERTIFICATE REQUEST"))
        valid = csr.is_signature_valid
        key = csr.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature):
        raise BadRequest("This is no certificate signing request in PEM.") from None
    if not valid:
        raise BadRequest("The request is not signed with the key that it holds.")
    if isinstance(key, rsa.RSAPublicKey):
        if not 2048 <= key.key_size <= 8192:
            raise BadRequest(f"RSA keys have 2048 to 8192 bits, this one has {key.key_size}.")
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.key_size < 224:
        raise BadRequest("The key is neither RSA nor an elliptic curve of 224 bits or more.")
    return csr


def common_name(csr: x509.CertificateSigningRequest) -> str:
    """The one common name, or an empty text."""
    found = csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if len(found) == 1 else ""


def sign(
    csr: x509.CertificateSigningRequest,
    *,
    identity: str,
    days: int,
    use: str = STATION,
    issuer: Authority | None = None,
) -> Signed:
    """A certificate for a station, valid for so many days; of this installation's authority unless another is given.

    Nothing of the request is taken over but key and subject. Where it is shown to the server, the station's identity
    stands in it as `urn:ocpp:station:<identity>`, so that a common name can never make one station pass for another.
    """
    issuer = issuer or authority()
    name = x509.UniformResourceIdentifier(f"urn:ocpp:station:{quote(identity, safe='')}")
    purposes = _PURPOSES.get(use, (_SERVER,))
    certificate = issue(
        csr.subject, csr.public_key(), issuer, days=days, purposes=purposes, names=(name,) if use in _PURPOSES else ()
    )
    return Signed(certificate, "".join(pem_of(each) for each in (certificate, *issuer.chain)))


def issue(
    subject: x509.Name,
    key: CertificatePublicKeyTypes,
    issuer: Authority,
    *,
    days: int,
    purposes: Sequence[x509.ObjectIdentifier] = (),
    names: Iterable[x509.GeneralName] = (),
) -> x509.Certificate:
    """A certificate that signs no others. It ends no later than its issuer's; `Unavailable` when that has ended."""
    now = clock.now()
    end = min(now + timedelta(days=days), issuer.certificate.not_valid_after_utc)
    if end <= now:
        raise Unavailable("The certificate of the certificate authority has expired.")
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(now - CLOCKS_DIFFER, issuer.certificate.not_valid_before_utc))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(digital_signature=True, key_agreement=_CLIENT not in purposes), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if names := tuple(names):
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if settings.PUBLIC_URL:  # where others may ask whether it was revoked
        builder = builder.add_extension(_responder(), critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


def _responder() -> x509.AuthorityInformationAccess:
    """The address of our own responder (`stations/ocsp.py`)."""
    place = x509.UniformResourceIdentifier(f"{settings.PUBLIC_URL}{RESPONDER_PATH}")
    return x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)])


def _armoured(text: str, label: str) -> bytes:
    r"""PEM; also when line ends came as the two characters `\n`, or when the armour around the base64 is missing."""
    text = text.replace("\\r", "").replace("\\n", "\n").strip()
    if "-----BEGIN" not in text:
        body = re.sub(r"\s+", "", text)
        base64.b64decode(body, validate=True)  # ValueError when it is none
        text = f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"
    return text.encode()
