"""Authorities of others: what they sign, and what their responder says of it, over real HTTP."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from smartserver.core import clock
from stations.ocpp.certificates import StatusSource, write_hash
from stations.ocpp.facts import CertificateHash
from stations.ocpp.frames import Payload
from stations.services.certificates.pem import hash_of, pem_of
from tests.stations.signing import name

GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN


class Issuer:
    """A root, or a Sub-CA of another one, with what it says of its certificates."""

    def __init__(self, title: str, above: Issuer | None = None, *, path_length: int | None = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.above = above
        self.revoked: set[int] = set()
        self.unknown: set[int] = set()
        self.valid = timedelta(hours=1)
        self.certificate = (above or self)._signed(
            title, self.key.public_key(), title if above is None else "", authority=True, path_length=path_length
        )

    @property
    def pem(self) -> str:
        return pem_of(self.certificate)

    def _signed(
        self,
        title: str,
        key: Any,
        issuer: str = "",
        *,
        authority: bool = False,
        path_length: int | None = None,
        days: int = 365,
        responder: str = "",
        extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    ) -> x509.Certificate:
        now = clock.now()
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(title))
            .issuer_name(name(issuer) if issuer else self.certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=path_length), critical=True)
        )
        if responder:
            place = x509.UniformResourceIdentifier(responder)
            access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
            extensions = (*extensions, (x509.AuthorityInformationAccess([access]), False))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, title: str, **options: Any) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        return key, self._signed(title, key.public_key(), **options)

    def delegate(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """A responder that speaks in this issuer's name."""
        return self.issue("Responder", extensions=((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),))

    def hash_of(self, certificate: x509.Certificate, algorithm: str = "SHA256") -> CertificateHash:
        return hash_of(pem_of(certificate), algorithm, issuers=(self.certificate,))

    def source(self, certificate: x509.Certificate, *urls: str, kind: str = "OCSP") -> StatusSource:
        return StatusSource(self.hash_of(certificate), urls, kind)

    def data(self, certificate: x509.Certificate, url: str) -> Payload:
        """OCSPRequestDataType."""
        return write_hash(self.hash_of(certificate)) | {"responderURL": url}

    def answer(
        self,
        certificate: x509.Certificate,
        *,
        by: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None = None,
        age: timedelta = timedelta(),
        algorithm: hashes.HashAlgorithm | None = None,
        open_end: bool = False,
    ) -> bytes:
        """The OCSPResponse, DER; signed by a delegate where one is given."""
        at = clock.now() - age
        gone = certificate.serial_number in self.revoked
        status = REVOKED if gone else UNKNOWN if certificate.serial_number in self.unknown else GOOD
        key, signer = by or (self.key, self.certificate)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                certificate,
                self.certificate,
                algorithm or hashes.SHA256(),
                status,
                at,
                None if open_end else at + self.valid,
                at if gone else None,
                None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, signer)
        )
        if by is not None:
            builder = builder.certificates([signer])
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def list_of_revoked(self, *, age: timedelta = timedelta()) -> bytes:
        at = clock.now() - age
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(at)
            .next_update(at + self.valid)
        )
        for serial in self.revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
            )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


class Responder:
    """A web server that says what `answer(body)` gives: a status and a body. GET has an empty one."""

    def __init__(self, answer: Callable[[bytes], tuple[int, bytes]]) -> None:
        self.asked: list[bytes] = []
        self.hold: threading.Event | None = None
        self.answer = answer
        responder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self._say(self.rfile.read(int(self.headers["Content-Length"])))

            def do_GET(self) -> None:
                self._say(b"")

            def _say(self, question: bytes) -> None:
                responder.asked.append(question)
                if responder.hold is not None:
                    responder.hold.wait(10)
                status, body = responder.answer(question)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        class QuietServer(http.server.ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # who asks may hang up at any time

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ocsp"

    def close(self) -> None:
        if self.hold is not None:
            self.hold.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
