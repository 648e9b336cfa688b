"""Who may open a station socket, and what is told to whom may not. FIELD rules 3 to 7 on a real server."""

from __future__ import annotations

import socket
from typing import Any

from django.test import override_settings

from smartserver.core.credentials import hash_key
from stations.models import ConfigurationKey, KnockingStation, State, Station
from tests.stations.factories import StationFactory
from tests.stations.support import Client, SocketCase
from tests.waiting import eventually

PASSWORD = "correct horse"


@override_settings(OPEN=False)
class ClosedServer(SocketCase):
    def setUp(self) -> None:
        self.station = StationFactory.create(identity="CP1", password_hash=hash_key(PASSWORD))

    def connect(self, password: bytes, *, user: str = "CP1", identity: str = "CP1") -> None:
        with self.server.station(identity, user=user, password=password) as client:
            self.assertEqual(client.boot()[2]["status"], "Accepted")

    def test_right_password_opens(self) -> None:
        self.connect(PASSWORD.encode())
        self.station.refresh_from_db()
        self.assertEqual((self.station.connection, self.station.ocpp_version), (1, "1.6"))

    def test_wrong_or_missing_credentials_are_401(self) -> None:
        attempts: list[dict[str, Any]] = [
            {},
            {"user": "CP1", "password": b"wrong"},
            {"user": "CP1", "password": b""},
            {"user": "CP2", "password": PASSWORD.encode()},
            {"user": "cp1", "password": PASSWORD.encode()},
        ]
        for options in attempts:
            with self.subTest(**options):
                refused = self.assert_refused("/ocpp/CP1", 401, **options)
                headers: Any = refused.resp_headers
                self.assertEqual(headers["www-authenticate"], 'Basic realm="OCPP"')
        self.station.refresh_from_db()
        self.assertEqual((self.station.state, self.station.connection), (State.NEVER, 0))

    @override_settings(HTTPS=True)
    def test_a_station_that_was_raised_to_tls_needs_it(self) -> None:
        """The proxy says whether it was; a profile that asks for no more than a password does not need it."""
        key = ConfigurationKey.objects.create(station=self.station, key="SecurityProfile", value="1", readonly=False)
        login: dict[str, Any] = {"user": "CP1", "password": PASSWORD.encode()}
        self.connect(PASSWORD.encode())
        ConfigurationKey.objects.filter(pk=key.pk).update(value="2")
        refused = self.assert_refused("/ocpp/CP1", 403, **login)
        self.assertIn(b"security profile 2", refused.resp_body or b"")
        self.assert_refused("/ocpp/CP1", 403, headers=["X-Forwarded-Proto: http"], **login)
        with self.server.station("CP1", headers=["X-Forwarded-Proto: https"], **login) as client:
            self.assertEqual(client.boot()[2]["status"], "Accepted")
        with override_settings(HTTPS=False):  # nobody says whether it was
            self.connect(PASSWORD.encode())

    def test_station_without_a_password_stays_out(self) -> None:
        StationFactory.create(identity="CP2")
        self.assert_refused("/ocpp/CP2", 401)
        self.assert_refused("/ocpp/CP2", 401, user="CP2", password=b"")

    def test_field_06_long_binary_and_hexadecimal_passwords(self) -> None:
        binary = bytes(range(1, 64))
        for number, (entered, sent) in enumerate(
            [
                ("x" * 40, b"x" * 40),
                ("x" * 200, b"x" * 200),
                ("with:colon:s", b"with:colon:s"),
                ("Grüße", "Grüße".encode()),
                (binary.hex(), binary),
                (binary.hex().upper(), binary),
                (binary.decode("latin-1"), binary.hex().encode()),
                (b"\xff\xfe\xfd".hex(), b"\xff\xfe\xfd"),
            ]
        ):
            StationFactory.create(identity=f"P{number}", password_hash=hash_key(entered))
            with self.subTest(entered):
                self.connect(sent, user=f"P{number}", identity=f"P{number}")

    def test_field_07_unknown_station_is_404_and_on_the_list(self) -> None:
        for _ in range(2):
            refused = self.assert_refused("/ocpp/Stranger", 404, user="Stranger", password=b"x")
            self.assertIn(b"not known", refused.resp_body or b"")
        row = KnockingStation.objects.get()
        self.assertEqual((row.identity, row.attempts, row.address), ("Stranger", 2, "127.0.0.1"))
        self.assertFalse(Station.objects.filter(identity="Stranger").exists())

    def test_path_without_an_identity_is_404(self) -> None:
        for path in ("/", "/ocpp/", "/ocpp", "/ocpp/a/b", "/elsewhere/CP1", "/ocpp/%00", "/ocpp/%FF"):
            with self.subTest(path):
                self.assert_refused(path, 404)
        self.assertFalse(KnockingStation.objects.exists())

    def test_page_of_somebody_else_is_403(self) -> None:
        for origin in ("https://evil.example", "http://127.0.0.1:1", "null"):
            self.assert_refused("/ocpp/CP1", 403, origin=origin, user="CP1", password=PASSWORD.encode())
        self.station.refresh_from_db()
        self.assertEqual(self.station.connection, 0)

    def test_request_that_is_no_websocket_does_no_harm(self) -> None:
        host, port = self.server.ws.removeprefix("ws://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as line:
            line.sendall(b"\x16\x03\x01garbage\r\n\r\n")
            line.recv(1000)
        self.connect(PASSWORD.encode())


@override_settings(OPEN=True)
class OpenServer(SocketCase):
    def identity(self, path: str) -> str:
        client = Client(self.server.ws + path)
        try:
            client.ask("Heartbeat")
            return Station.objects.values_list("identity", flat=True).latest("pk")
        finally:
            client.close()

    def test_unknown_station_is_let_in_and_entered(self) -> None:
        self.assertEqual(self.identity("/ocpp/New"), "New")
        self.assertFalse(KnockingStation.objects.exists())

    def test_station_with_a_password_still_needs_it(self) -> None:
        StationFactory.create(identity="CP1", password_hash=hash_key(PASSWORD))
        self.assert_refused("/ocpp/CP1", 401)

    def test_field_03_encoded_identities_and_odd_slashes(self) -> None:
        for number, path in enumerate(
            (
                "/ocpp/CP%2F{}",
                "//ocpp/CP%2F{}",
                "/ocpp//CP%2F{}",
                "/ocpp/CP%2F{}/",
                "/ocpp/CP%2F{}?cid=1",
                "/ocpp/CP%2F{0}/CP%2F{0}",
                "/steve/websocket/CentralSystemService/CP%2F{}",
            )
        ):
            self.assertEqual(self.identity(path.format(number)), f"CP/{number}")
        self.assertEqual(self.identity("/ocpp/K%C3%B6ln%201"), "Köln 1")

    def test_field_04_best_common_version_of_a_list(self) -> None:
        for offered, chosen in (
            (["ocpp1.6", "ocpp2.0.1"], "ocpp2.0.1"),
            (["ocpp2.0.1", "ocpp2.1", "ocpp1.6"], "ocpp2.1"),
            (["ocpp1.2", "ocpp1.5", "ocpp1.6"], "ocpp1.6"),
        ):
            with self.server.station(versions=offered) as client:
                self.assertEqual(client.subprotocol, chosen)
                client.ask("Heartbeat")
                version = Station.objects.get().ocpp_version
                self.assertEqual("ocpp" + version, chosen)

    def test_field_04_nothing_offered_and_the_first_frame_decides(self) -> None:
        with self.server.station(versions=()) as client:
            self.assertIsNone(client.subprotocol)
            boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}}
            self.assertEqual(client.ask("BootNotification", boot)[2]["status"], "Accepted")
            self.assertEqual(Station.objects.get().ocpp_version, "2.0.1")
            event = {"eventType": "Started", "timestamp": "2026-06-21T12:00:00Z", "triggerReason": "CablePluggedIn"}
            answer = client.ask("TransactionEvent", event | {"seqNo": 0, "transactionInfo": {"transactionId": "T"}})
            self.assertEqual(answer[0], 3)
        with self.server.station(versions=()) as client:
            self.assertEqual(client.boot()[2]["status"], "Accepted")
            self.assertEqual(Station.objects.get().ocpp_version, "1.6")

    @override_settings(OCPP_DEFAULT_VERSION="2.0.1")
    def test_field_04_default_version_holds_where_the_first_frame_does_not_tell(self) -> None:
        with self.server.station(versions=()) as client:
            client.ask("Heartbeat")
            self.assertEqual(Station.objects.get().ocpp_version, "2.0.1")

    @override_settings(OCPP_DEFAULT_VERSION="")
    def test_nothing_offered_without_a_default_is_closed(self) -> None:
        with self.server.station(versions=()) as client:
            self.assertEqual(client.close_code(), 1002)

    def test_unknown_subprotocol_opens_without_one_and_closes(self) -> None:
        with self.server.station(versions=["ocpp1.5", "mqtt"]) as client:
            self.assertIsNone(client.subprotocol)
            self.assertEqual(client.close_code(), 1002)
        station = Station.objects.get()
        self.assertEqual((station.state, station.connection), (State.NEVER, 0))

    def test_field_05_version_belongs_to_the_connection(self) -> None:
        for offered in ("ocpp1.6", "ocpp2.0.1", "ocpp1.6"):
            with self.server.station(versions=[offered]) as client:
                client.ask("Heartbeat")
                self.assertEqual("ocpp" + Station.objects.get().ocpp_version, offered)

    def test_server_that_is_shutting_down_says_so(self) -> None:
        self.server.runtime.stopping = True
        try:
            refused = self.assert_refused("/ocpp/CP1", 503)
            headers: Any = refused.resp_headers
            self.assertEqual(headers["retry-after"], "5")
        finally:
            self.server.runtime.stopping = False
        eventually(lambda: not Station.objects.exists())
