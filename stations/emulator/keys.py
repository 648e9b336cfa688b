"""The keys and certificates of one emulated station, with real cryptography."""

from __future__ import annotations

import base64
import binascii
import ssl
import tempfile
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from stations.emulator.point.meters2 import Signature
from stations.emulator.point.security import CertificateHash, Named
from stations.ocpp.certificates import COMBINED, STATION, V2G, V2G20

_ALGORITHMS: dict[str, type[hashes.SHA256] | type[hashes.SHA384] | type[hashes.SHA512]] = {
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}


class StationKeys:
    """`security.Keys`. A key is made when a certificate is asked for, one for each use."""

    def __init__(self) -> None:
        self.revoked: set[int] = set()
        """Serial numbers of certificates that the station knows to be revoked."""
        self._new: dict[str, ec.EllipticCurvePrivateKey] = {}
        self._own: dict[str, tuple[ec.EllipticCurvePrivateKey, str]] = {}
        self._meter: ec.EllipticCurvePrivateKey | None = None

    def request(self, identity: str, organisation: str, use: str = STATION) -> str:
        key = self._new[use] = ec.generate_private_key(ec.SECP521R1() if use == V2G20 else ec.SECP256R1())
        names = [
            x509.NameAttribute(NameOID.COMMON_NAME, identity[:64]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
        ]
        if use in (V2G, V2G20):  # what makes a certificate one of a charging station (ISO 15118-2 annex F)
            names.append(x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "CPO"))
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names)).sign(key, hashes.SHA256())
        return request.public_bytes(serialization.Encoding.PEM).decode()

    def accept(self, chain: str, at: datetime, use: str = STATION, roots: Sequence[str] = ()) -> bool:
        certificates, key = read(chain), self._new.get(use)
        if not certificates or key is None:
            return False
        leaf = certificates[0]
        if leaf.public_key() != key.public_key() or not all(_valid(each, at) for each in certificates):
            return False
        if not all(_issued(issued, issuer) for issued, issuer in pairwise(certificates)):
            return False
        if roots and not any(_issued(certificates[-1], issuer) for root in roots for issuer in read(root)):
            return False
        self._own[use] = (self._new.pop(use), chain)
        return True

    def forget(self, use: str) -> None:
        self._own.pop(use, None)

    def chain(self, use: str) -> str:
        return self._own[use][1] if use in self._own else ""

    def expiry(self, use: str) -> datetime | None:
        found = read(self.chain(use))
        return found[0].not_valid_after_utc if found else None

    @property
    def certified(self) -> bool:
        return STATION in self._own or COMBINED in self._own

    def hashes(self, chain: str, algorithm: str, roots: Sequence[str] = ()) -> list[Named]:
        certificates = read(chain)
        known = (*certificates, *(each for root in roots for each in read(root)))
        found = []
        for certificate in certificates:
            issuer = next((each for each in known if _issued(certificate, each)), None)
            if issuer is not None:
                found.append(Named(_hashed(certificate, algorithm, issuer), _responder(certificate)))
        return found

    def numbered(self, chain: str, algorithm: str) -> tuple[str, str]:
        leaf = read(chain)[0]
        named = _hashed(leaf, algorithm, leaf)
        return named.issuer_name, named.serial

    def in_time(self, chain: str, at: datetime) -> bool:
        return all(_valid(each, at) for each in read(chain))

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
        assert self.certified
        key, chain = self._own.get(STATION) or self._own[COMBINED]
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "station.pem"
            path.touch(mode=0o600)
            path.write_bytes(chain.encode() + b"\n" + private)
            context.load_cert_chain(path)

    def identify(self, certificate: str, algorithm: str) -> CertificateHash | None:
        found = read(certificate)
        if not found:
            return None
        return _hashed(found[0], algorithm, found[0])

    def signer_problem(self, certificate: str, roots: list[str], at: datetime) -> str:
        found = read(certificate)
        if not found or not _valid(found[0], at):
            return "InvalidCertificate"
        if found[0].serial_number in self.revoked:
            return "RevokedCertificate"
        issuers = [issuer for root in roots for issuer in read(root)]
        trusted = not issuers or any(_issued(found[0], issuer) for issuer in issuers)
        return "" if trusted else "InvalidCertificate"

    def verifies(self, certificate: str, signature: str, content: bytes) -> bool:
        try:
            key = read(certificate)[0].public_key()
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


def read(text: str) -> list[x509.Certificate]:
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


def _hashed(certificate: x509.Certificate, algorithm: str, issuer: x509.Certificate) -> CertificateHash:
    """Name and key of its issuer, serial number (CertificateHashDataType); a root is its own issuer."""

    def digest(data: bytes) -> str:
        hasher = hashes.Hash(_ALGORITHMS[algorithm]())
        hasher.update(data)
        return hasher.finalize().hex()

    return CertificateHash(
        digest(certificate.issuer.public_bytes()),
        digest(_key_bits(issuer)),
        f"{certificate.serial_number:x}"[:40],
    )


def _responder(certificate: x509.Certificate) -> str:
    """The address at which its status can be asked; nothing where it names none."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ""
    found = (each for each in access if each.access_method == AuthorityInformationAccessOID.OCSP)
    return next((str(each.access_location.value) for each in found), "")


def _key_bits(certificate: x509.Certificate) -> bytes:
    """As in OCSP: the bits of the key, without the description of its algorithm (RFC 6960 section 4.1.1)."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
