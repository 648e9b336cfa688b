"""The emulator connects with TLS (block A)."""

from __future__ import annotations

from typing import Any

from smartserver.core import clock
from stations.emulator.tls import Tls
from stations.services.certificates import authority
from tests.certification.station.support import ChargePoint
from tests.certification.support import IDENTITY
from tests.certification.tls import secured
from tests.certification2.station.support import BOOTED, StationCase2
from tests.waiting import eventually


class Secure(StationCase2):
    def point(self, url: str, **options: Any) -> ChargePoint:
        return ChargePoint(url, version=self.version, **options)

    def test_tc_a_04_certificate_of_the_server(self) -> None:
        with secured() as system, self.point(system.url, tls=Tls(ca_file=system.ca_file)):
            self.assert_story(*BOOTED)

    def test_tc_a_05_another_certificate_of_the_server(self) -> None:
        with secured() as system, self.point(system.url) as stranger:
            eventually(lambda: "CERTIFICATE_VERIFY_FAILED" in stranger.client.trouble)
            self.assertEqual(self.story(), [])

    def test_tc_a_07_certificate_of_the_station(self) -> None:
        with secured(client_certificates=True) as system:
            point = self.point(system.url, tls=Tls(ca_file=system.ca_file))
            keys = point.model.security.keys
            assert keys is not None
            request = authority.read_request(keys.request(IDENTITY, "Vendor"))
            self.assertTrue(keys.accept(authority.sign(request, identity=IDENTITY, days=30).chain, clock.now()))
            with point:
                self.assert_story(*BOOTED)
