"""Keys, signing requests and certificates as stations and other authorities make them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from smartserver.core import clock


def name(*common: str, organization: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    return x509.Name([*parts, *(x509.NameAttribute(NameOID.COMMON_NAME, each) for each in common)])


def _digest(key: Any) -> Any:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def csr_pem(*common: str, organization: str = "", key: Any = None, extension: Any = None) -> str:
    """A certificate signing request; with a new key unless one is given."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(name(*common, organization=organization))
    if extension is not None:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key, _digest(key)).public_bytes(serialization.Encoding.PEM).decode()


def self_signed(
    common: str, key: Any, *, issuer: str = "", issuer_key: Any = None, padding: int = 0
) -> x509.Certificate:
    """A certificate of another authority; signed by itself unless an issuer is given."""
    now = clock.now()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common))
        .issuer_name(name(issuer or common))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    if padding:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), bytes(padding))
        builder = builder.add_extension(unknown, critical=False)
    signer = issuer_key or key
    return builder.sign(signer, _digest(signer))
