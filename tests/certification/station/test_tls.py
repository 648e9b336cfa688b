"""The emulator connects with TLS, and agrees upon the version."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.sync.server import ServerConnection, serve

from smartserver.core import clock
from stations.emulator.tls import Tls
from stations.services.certificates import authority
from tests.certification.station.support import BOOTED, ChargePoint, StationCase
from tests.certification.support import IDENTITY
from tests.certification.tls import secured
from tests.waiting import eventually


class Secure(StationCase):
    def test_tc_086_certificate_of_the_central_system(self) -> None:
        with secured() as system:
            with ChargePoint(system.url) as stranger:
                eventually(lambda: "CERTIFICATE_VERIFY_FAILED" in stranger.client.trouble)
                self.assertEqual(self.story(), [])
            with ChargePoint(system.url, tls=Tls(ca_file=system.ca_file)):
                self.assert_story(*BOOTED)

    def test_tc_087_certificate_of_the_station(self) -> None:
        with secured(client_certificates=True) as system:
            tls = Tls(ca_file=system.ca_file)
            with ChargePoint(system.url, tls=tls) as stranger:
                eventually(lambda: stranger.client.trouble != "")
                self.assertEqual(self.story(), [])
            point = ChargePoint(system.url, tls=tls)
            keys = point.model.security.keys
            assert keys is not None
            request = authority.read_request(keys.request(IDENTITY, "Vendor"))
            self.assertTrue(keys.accept(authority.sign(request, identity=IDENTITY, days=30).chain, clock.now()))
            with point:
                self.assert_story(*BOOTED)


@contextmanager
def elsewhere(offers: list[str], heard: list[str]) -> Iterator[str]:
    """A server that speaks another version: it notes what it is offered and told."""

    def talk(socket: ServerConnection) -> None:
        assert socket.request is not None
        offers.append(socket.request.headers["Sec-WebSocket-Protocol"])
        heard.extend(str(text) for text in socket)

    silent = logging.getLogger("tests.certification.elsewhere")
    silent.setLevel(logging.CRITICAL)
    with serve(talk, "127.0.0.1", 0, select_subprotocol=lambda socket, offered: None, logger=silent) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join(5)


class Handshake(StationCase):
    def test_tc_088_version(self) -> None:
        offers: list[str] = []
        heard: list[str] = []
        with elsewhere(offers, heard) as url, ChargePoint(url) as point:
            eventually(lambda: "does not speak OCPP 1.6" in point.client.trouble)
        self.assertEqual((set(offers), heard), ({"ocpp1.6"}, []))
        with self.booted():
            self.assertEqual(self.row()["ocpp_version"], "1.6")
