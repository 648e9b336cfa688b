"""What a station notices of TLS that it cannot use, and what it tells of it (2.x A00, A04)."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from django.test import SimpleTestCase

from stations.emulator.keys import StationKeys
from stations.emulator.tls import Tls, distrusted
from tests.certification.certificates import Issued
from tests.emulator.scripted import Scripted


def _tried(prepare: Callable[[ssl.SSLContext], None], station: ssl.SSLContext) -> BaseException:
    """What a station hears of a server whose context is as prepared."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.TemporaryDirectory() as folder:
        context.load_cert_chain(*Issued("127.0.0.1").save(Path(folder), "server"))
    prepare(context)

    def serve() -> None:
        line, _ = listener.accept()
        with line:
            try:
                context.wrap_socket(line, server_side=True).close()
            except OSError:
                pass  # the station hears of it, too

    async def connect() -> None:
        _, writer = await asyncio.open_connection(*listener.getsockname(), ssl=station)
        writer.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            asyncio.run(connect())
        except OSError as error:
            return error
        finally:
            thread.join(10)
    raise AssertionError("It was trusted.")


class Troubles(SimpleTestCase):
    def test_another_certificate(self) -> None:
        error = _tried(lambda context: None, Tls().context())
        self.assertEqual(distrusted(error), "InvalidCentralSystemCertificate")

    def test_no_cipher_in_common(self) -> None:
        """A server whose certificate has another kind of key than its ciphers need."""

        def old(context: ssl.SSLContext) -> None:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers("AES128-GCM-SHA256")

        self.assertEqual(distrusted(_tried(old, Tls(insecure=True).context())), "InvalidTLSCipherSuite")

    def test_what_has_nothing_to_do_with_tls(self) -> None:
        self.assertIsNone(distrusted(ConnectionRefusedError()))
        self.assertIsNone(distrusted(ssl.SSLEOFError(8, "EOF occurred in violation of protocol")))


class Events(SimpleTestCase):
    def told(self, profile: int) -> list[str]:
        drive = Scripted(self, "2.0.1", keys=StationKeys(), security_profile=profile)
        security = drive.station.security
        drive.lose_connection()
        for event in ("InvalidTLSVersion", "InvalidTLSVersion", "InvalidCentralSystemCertificate"):
            security.distrust(event, drive.now)
        drive.reconnect()
        security.trust()
        security.distrust("InvalidCentralSystemCertificate", drive.now)
        drive.run(0)
        return [each["type"] for each in drive.of("SecurityEventNotification")]

    def test_are_told_once_until_a_server_is_trusted(self) -> None:
        self.assertEqual(self.told(2), ["InvalidTLSVersion", "InvalidCsmsCertificate", "InvalidCsmsCertificate"])

    def test_are_not_told_without_security(self) -> None:
        self.assertEqual(self.told(0), [])
