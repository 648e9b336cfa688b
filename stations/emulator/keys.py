"""The keys and certificates of one emulated station, with real cryptography."""

from __future__ import annotations

import base64
import binascii
import ssl
import tempfile
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from stations.emulator.point.meters2 import Signature
from stations.emulator.point.security import CertificateHash

_ALGORITHMS: dict[str, type[hashes.SHA256] | type[hashes.SHA384] | type[hashes.SHA512]] = {
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}


class StationKeys:
    """`security.Keys`. A key is made when the first certificate is asked for."""

    def __init__(self) -> None:
        self.revoked: set[int] = set()
        """Serial numbers of certificates that the station knows to be revoked."""
        self._new: ec.EllipticCurvePrivateKey | None = None
        self._own: tuple[ec.EllipticCurvePrivateKey, str] | None = None
        self._meter: ec.EllipticCurvePrivateKey | None = None

    def request(self, identity: str, organisation: str) -> str:
        self._new = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, identity[:64]),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            ]
        )
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(self._new, hashes.SHA256())
        return request.public_bytes(serialization.Encoding.PEM).decode()

    def accept(self, chain: str, at: datetime) -> bool:
        certificates = _read(chain)
        if not certificates or self._new is None:
            return False
        leaf = certificates[0]
        if leaf.public_key() != self._new.public_key() or not _valid(leaf, at):
            return False
        if not all(_issued(issued, issuer) for issued, issuer in pairwise(certificates)):
            return False
        self._own, self._new = (self._new, chain), None
        return True

    @property
    def certified(self) -> bool:
        return self._own is not None

    def sign(self, content: bytes) -> Signature:
        """By the meter, whose key has nothing to do with the station's certificate."""
        if self._meter is None:
            self._meter = ec.generate_private_key(ec.SECP256R1())
        public = self._meter.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        value = self._meter.sign(content, ec.ECDSA(hashes.SHA256())).hex()
        return Signature(value, base64.b64encode(public).decode())

    def load_into(self, context: ssl.SSLContext) -> None:
        """Show the station's own certificate to servers (TLS reads it from files only)."""
        assert self._own is not None
        key, chain = self._own
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "station.pem"
            path.touch(mode=0o600)
            path.write_bytes(chain.encode() + b"\n" + private)
            context.load_cert_chain(path)

    def identify(self, certificate: str, algorithm: str) -> CertificateHash | None:
        found = _read(certificate)
        if not found:
            return None
        return _hashed(found[0], algorithm)

    def signer_problem(self, certificate: str, roots: list[str], at: datetime) -> str:
        found = _read(certificate)
        if not found or not _valid(found[0], at):
            return "InvalidCertificate"
        if found[0].serial_number in self.revoked:
            return "RevokedCertificate"
        issuers = [issuer for root in roots for issuer in _read(root)]
        trusted = not issuers or any(_issued(found[0], issuer) for issuer in issuers)
        return "" if trusted else "InvalidCertificate"

    def verifies(self, certificate: str, signature: str, content: bytes) -> bool:
        try:
            key = _read(certificate)[0].public_key()
            raw = base64.b64decode(signature, validate=True)
            if isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(raw, content, ec.ECDSA(hashes.SHA256()))
            elif isinstance(key, rsa.RSAPublicKey):
                _verify_rsa(key, raw, content)
            else:
                return False
        except (IndexError, binascii.Error, InvalidSignature):
            return False
        return True


def _verify_rsa(key: rsa.RSAPublicKey, signature: bytes, content: bytes) -> None:
    """RSA-PSS, as the whitepaper wants it, or the older padding that many tools make."""
    try:
        key.verify(signature, content, padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO), hashes.SHA256())
    except InvalidSignature:
        key.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())


def _read(text: str) -> list[x509.Certificate]:
    """The certificates of a PEM text; none when it is not one."""
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        return []


def _valid(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _hashed(certificate: x509.Certificate, algorithm: str) -> CertificateHash:
    """Of a root certificate, which is its own issuer: name, key and serial number (CertificateHashDataType)."""

    def digest(data: bytes) -> str:
        hasher = hashes.Hash(_ALGORITHMS[algorithm]())
        hasher.update(data)
        return hasher.finalize().hex()

    return CertificateHash(
        digest(certificate.issuer.public_bytes()),
        digest(_key_bits(certificate)),
        f"{certificate.serial_number:x}"[:40],
    )


def _key_bits(certificate: x509.Certificate) -> bytes:
    """As in OCSP: the bits of the key, without the description of its algorithm (RFC 6960 section 4.1.1)."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
