"""TLS around the server (block A)."""

from __future__ import annotations

import ssl
import warnings

from websockets.exceptions import WebSocketException

from smartserver.core import clock
from stations.emulator.keys import StationKeys
from stations.services.certificates import authority
from tests.certification.support import IDENTITY
from tests.certification.tls import Secured, boots, secured
from tests.certification2.central.support import CentralCase2

BOOT = '[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"Vendor","model":"Model"}}]'


class Tls(CentralCase2):
    def boots(self, system: Secured, context: ssl.SSLContext) -> bool:
        return boots(system, context, "2.0.1", BOOT)

    def test_tc_a_04_certificate_of_the_server(self) -> None:
        with secured() as system:
            self.assertTrue(self.boots(system, system.trusting()))
            with self.assertRaises(ssl.SSLCertVerificationError):
                self.boots(system, ssl.create_default_context())

    def test_tc_a_06_outdated_version(self) -> None:
        with secured() as system:
            old = system.trusting()
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # that is the point of it
                old.minimum_version = ssl.TLSVersion.TLSv1
                old.maximum_version = ssl.TLSVersion.TLSv1_1
            with self.assertRaises(ssl.SSLError):
                self.boots(system, old)

    def test_tc_a_07_certificate_of_the_station(self) -> None:
        """It is one that our own authority has signed (A02)."""
        keys = StationKeys()
        request = authority.read_request(keys.request(IDENTITY, "Vendor"))
        self.assertTrue(keys.accept(authority.sign(request, identity=IDENTITY, days=30).chain, clock.now()))
        with secured(client_certificates=True) as system:
            certified = system.trusting()
            keys.load_into(certified)
            self.assertTrue(self.boots(system, certified))

    def test_tc_a_08_no_certificate_of_the_station(self) -> None:
        with (
            secured(client_certificates=True) as system,
            self.assertRaises((ssl.SSLError, OSError, WebSocketException)),
        ):
            self.boots(system, system.trusting())
