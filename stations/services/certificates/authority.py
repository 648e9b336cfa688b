"""The certificate authority of the server: it signs what stations ask to have signed, and reads certificates.

Without CA_CERTIFICATE_FILE and CA_KEY_FILE it is a root of its own, made on first use in CA_DIR. Rules for requests are
those of the 1.6 security whitepaper, sections 2.4 and 2.5: RSA of 2048 bits or more, or an elliptic curve of 224 bits
or more; the station is named by the common name.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import secrets
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings

from smartserver.core import clock
from smartserver.core.errors import BadInput, Unavailable
from stations.services.certificates.pem import pem_of

ROOT_DAYS = 20 * 365
CLOCKS_DIFFER = timedelta(days=1)
"""Certificates are valid from so long before they are made: a station's clock may be behind."""

KEY = "key.pem"
CERTIFICATE = "certificate.pem"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class BadRequest(BadInput):
    """A signing request that cannot be accepted; the text says why."""

    code = "bad_signing_request"


class Authority(NamedTuple):
    """`chain`: the certificates that go along with one that this authority signs; not its root, which stations have."""

    key: Key
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


class Signed(NamedTuple):
    """`chain` is what the station gets: the certificate and its issuers, PEM."""

    certificate: x509.Certificate
    chain: str


# -- the authority ------------------------------------------------------------------------------


def authority() -> Authority:
    """The authority of this installation."""
    if settings.CA_CERTIFICATE_FILE and settings.CA_KEY_FILE:
        return _load(Path(settings.CA_CERTIFICATE_FILE), Path(settings.CA_KEY_FILE))
    return _own(Path(settings.CA_DIR))


def root_pem() -> str:
    """The certificate that stations have to trust, for InstallCertificate and for downloading."""
    found = authority()
    return pem_of((found.chain or (found.certificate,))[-1])


@lru_cache(maxsize=4)
def _load(certificate_file: Path, key_file: Path) -> Authority:
    try:
        chain = x509.load_pem_x509_certificates(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        # The reason goes no further: it may quote the file.
        raise Unavailable("The files of the certificate authority cannot be read.") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Unavailable("The key of the certificate authority is neither RSA nor an elliptic curve.")
    if key.public_key() != chain[0].public_key():
        raise Unavailable("Key and certificate of the certificate authority do not belong together.")
    own = chain[0].issuer == chain[0].subject
    issuers = [each for each in chain[1:] if each.issuer != each.subject]
    return Authority(key, chain[0], () if own else (chain[0], *issuers))


@lru_cache(maxsize=4)
def _own(folder: Path) -> Authority:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / KEY).exists():
        key = ec.generate_private_key(ec.SECP256R1())
        _write_once(
            folder / KEY,
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )
    if not (folder / CERTIFICATE).exists():
        # Of the key that is there: another process may have been faster.
        loaded = serialization.load_pem_private_key((folder / KEY).read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        _write_once(folder / CERTIFICATE, _self_signed(loaded).public_bytes(serialization.Encoding.PEM))
    return _load(folder / CERTIFICATE, folder / KEY)


def _write_once(path: Path, content: bytes) -> None:
    """Complete and on disk before it has its name, readable for its owner only; who comes second changes nothing."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    now = clock.now()
    subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"SMART-Server CA {subject.digest.hex()[:8]}")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + timedelta(days=ROOT_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(subject, critical=False)
    )
    return builder.sign(key, hashes.SHA256())


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


def sign(csr: x509.CertificateSigningRequest, *, identity: str, days: int) -> Signed:
    """A certificate for a station (TLS client, digital signature), valid for so many days.

    Nothing of the request is taken over but key and subject; the station's identity stands in it as
    `urn:ocpp:station:<identity>`, so that a common name can never make one station pass for another.
    """
    issuer = authority()
    now = clock.now()
    end = min(now + timedelta(days=days), issuer.certificate.not_valid_after_utc)
    if end <= now:
        raise Unavailable("The certificate of the certificate authority has expired.")
    builder = (
        x509.CertificateBuilder()
        .subject_name(csr.subject)
        .issuer_name(issuer.certificate.subject)
        .public_key(csr.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(now - CLOCKS_DIFFER, issuer.certificate.not_valid_before_utc))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(csr.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.UniformResourceIdentifier(f"urn:ocpp:station:{quote(identity, safe='')}")]
            ),
            critical=False,
        )
    )
    certificate = builder.sign(issuer.key, hashes.SHA256())
    return Signed(certificate, "".join(pem_of(each) for each in (certificate, *issuer.chain)))


def _usage(**wanted: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in names})


def _armoured(text: str, label: str) -> bytes:
    r"""PEM; also when line ends came as the two characters `\n`, or when the armour around the base64 is missing."""
    text = text.replace("\\r", "").replace("\\n", "\n").strip()
    if "-----BEGIN" not in text:
        body = re.sub(r"\s+", "", text)
        base64.b64decode(body, validate=True)  # ValueError when it is none
        text = f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"
    return text.encode()
