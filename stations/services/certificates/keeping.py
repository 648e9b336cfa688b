"""Keys and certificates of authorities: in files that somebody names, or made on first use and kept in a folder."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from smartserver.core import clock
from smartserver.core.errors import Unavailable

ROOT_DAYS = 20 * 365
CLOCKS_DIFFER = timedelta(days=1)
"""Certificates are valid from so long before they are made: a station's clock may be behind."""

KEY = "key.pem"
CERTIFICATE = "certificate.pem"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Authority(NamedTuple):
    """`chain`: the certificates that go along with one that this authority signs; not its root, which others have."""

    key: Key
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    root: x509.Certificate


@lru_cache(maxsize=32)
def load(certificate_file: Path, key_file: Path) -> Authority:
    """The authority whose certificate is the first in a PEM file, followed by its issuers; `Unavailable`."""
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
    return Authority(key, chain[0], () if own else (chain[0], *issuers), chain[-1])


def keep(folder: Path, certify: Callable[[ec.EllipticCurvePrivateKey], bytes]) -> Authority:
    """The authority in this folder. Where there is none a key is made, and `certify` gives its chain in PEM."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / KEY).exists():
        _write_once(folder / KEY, private_pem(ec.generate_private_key(ec.SECP256R1())))
    if not (folder / CERTIFICATE).exists():
        # Of the key that is there: another process may have been faster.
        loaded = serialization.load_pem_private_key((folder / KEY).read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        _write_once(folder / CERTIFICATE, certify(loaded))
    return load(folder / CERTIFICATE, folder / KEY)


def is_kept(folder: Path) -> bool:
    return (folder / CERTIFICATE).exists()


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


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


def authority_certificate(
    name: str, key: ec.EllipticCurvePrivateKey, *, path_length: int, issuer: Authority | None = None
) -> x509.Certificate:
    """A certificate with which others are signed: by its issuer, or by itself."""
    now = clock.now()
    subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} {subject.digest.hex()[:8]}")])
    end = now + timedelta(days=ROOT_DAYS)
    builder = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(issuer.certificate.subject if issuer else called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(min(end, issuer.certificate.not_valid_after_utc) if issuer else end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(subject, critical=False)
    )
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


def key_usage(**wanted: bool) -> x509.KeyUsage:
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
