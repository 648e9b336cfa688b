"""Certificates for tests."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.emulator.fakes import STARTED

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def private_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Authority:
    def __init__(self, name: str, *, since: datetime = STARTED, key: Key | None = None) -> None:
        self.since = since - timedelta(days=1)
        self.last_serial = 0
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.root = self._made(named(name), named(name), self.key.public_key(), authority=True)
        self.certificate = pem(self.root)

    def _made(
        self, subject: x509.Name, issuer: x509.Name, key: object, *, authority: bool = False, days: int = 3650
    ) -> x509.Certificate:
        self.last_serial = x509.random_serial_number()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)  # type: ignore[arg-type]
            .serial_number(self.last_serial)
            .not_valid_before(self.since)
            .not_valid_after(self.since + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, name: str, *, days: int = 3650) -> tuple[ec.EllipticCurvePrivateKey, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        return key, pem(self._made(named(name), self.root.subject, key.public_key(), days=days))

    def sign(self, request: str) -> str:
        """A certificate for a certificate signing request, with its chain."""
        read = x509.load_pem_x509_csr(request.encode())
        assert read.is_signature_valid
        return pem(self._made(read.subject, self.root.subject, read.public_key())) + self.certificate
