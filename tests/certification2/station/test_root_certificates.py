"""A new root of the central system at the emulator, which believes one at a time (block M)."""

from __future__ import annotations

import ipaddress
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509

from smartserver.core.credentials import hash_key
from stations.emulator.point.security import ROOT
from stations.models import Certificate, Station
from stations.services.certificates import install_certificate
from stations.services.certificates.keeping import private_pem
from stations.services.certificates.pem import pem_of
from tests.certification.station.support import ChargePoint
from tests.certification2.station.support import BOOTED, StationCase2
from tests.certification2.station.test_security import OLD, STARTED
from tests.stations.files.support import WholeServer
from tests.stations.pki import Issuer
from tests.waiting import eventually

State = Certificate.State
REPORTED = "SecurityEventNotification InvalidCsmsCertificate"


class Roots(StationCase2):
    """Security profile 2: a password, and TLS by the old root, which was installed on site."""

    def setUp(self) -> None:
        super().setUp()
        Station.objects.filter(pk=self.station.pk).update(password_hash=hash_key(OLD))
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.old = Issuer("The old root")
        self.new = Issuer("The new root", self.old)

    def certificate_of(self, issuer: Issuer) -> str:
        """A file with a certificate of the server, and its key."""
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        key, made = issuer.issue("127.0.0.1", extensions=((address, False),))
        file = self.folder / f"{made.serial_number}.pem"
        file.write_text(pem_of(made) + private_pem(key).decode())
        return str(file)

    @contextmanager
    def connected(self, **settings: Any) -> Iterator[tuple[ChargePoint, WholeServer]]:
        server = WholeServer(ssl_certfile=self.certificate_of(self.old))
        server.start()
        try:
            point = ChargePoint(
                server.ws.replace("ws:", "wss:"), version=self.version, password=OLD, security_profile=2
            )
            point.set(AdditionalRootCertificateCheck="true", **settings)
            self.assertEqual(point.model.security.install(ROOT, self.old.pem, 0.0), "Accepted")
            with point:
                self.wait_booted(*BOOTED, STARTED)
                yield point, server
        finally:
            server.stop()

    def install(self, root: Issuer, result: str) -> Certificate:
        made = self.order(install_certificate, use=ROOT, pem=root.pem)
        self.assert_answered(self.newest("InstallCertificate"), result)
        made.refresh_from_db()
        self.assertEqual(made.state, State.INSTALLED if result == "Accepted" else State.REFUSED)
        return made

    def roots(self, point: ChargePoint) -> list[str]:
        found: list[str] = point.do(lambda model, now: model.security.roots(ROOT))
        return found

    def reconnect(self, point: ChargePoint) -> None:
        point.go_offline()
        point.come_back()
        eventually(lambda: point.client.online)

    def test_tc_m_09_has_to_be_signed_by_the_old_one(self) -> None:
        with self.connected() as (point, _):
            self.install(Issuer("Of somebody else"), "Rejected")
            self.assert_story(REPORTED)
            self.assertEqual(self.roots(point), [self.old.pem])
            self.install(self.new, "Accepted")
            self.assertEqual(self.roots(point), [self.old.pem, self.new.pem], "the old one is the way back")

    def test_tc_m_30_is_used(self) -> None:
        with self.connected() as (point, server):
            self.install(self.new, "Accepted")
            server.show(self.certificate_of(self.new))
            self.reconnect(point)
            self.assert_calls()
            self.assertEqual(self.roots(point), [self.new.pem], "the old one is not needed any more")
            server.show(self.certificate_of(self.old))
            point.go_offline()
            point.come_back()
            eventually(lambda: "CERTIFICATE_VERIFY_FAILED" in point.client.trouble)

    def test_tc_m_31_does_not_work(self) -> None:
        """The server still has its certificate from the old root."""
        with self.connected() as (point, _):
            self.install(self.new, "Accepted")
            self.reconnect(point)
            self.assertIn("CERTIFICATE_VERIFY_FAILED", point.client.trouble)
            self.assert_calls(REPORTED)
            self.assertEqual(self.roots(point), [self.old.pem, self.new.pem])
