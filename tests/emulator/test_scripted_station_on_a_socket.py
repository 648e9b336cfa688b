"""A scripted station over real sockets: its drivers, its network, its restarts, its files."""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import IsolatedAsyncioTestCase

from stations.emulator.client import Pace, Plan, StationClient
from stations.emulator.keys import StationKeys
from stations.emulator.point.model import ChargePointModel
from stations.emulator.point.security import ROOT
from stations.emulator.statistics import Statistics
from stations.emulator.tls import Tls
from stations.emulator.trace import Trace
from tests.emulator.certificates import Authority, private_pem
from tests.emulator.fakes import Answers, TinyServer
from tests.emulator.file_server import file_server
from tests.emulator.test_fleet_talks_over_sockets import PATIENCE, until


@asynccontextmanager
async def station(url: str, version: str = "1.6", **plan: Any) -> AsyncIterator[StationClient]:
    model = ChargePointModel("CP1", version, started=datetime.now(UTC), manual=True, keys=StationKeys())
    client = StationClient(model, Plan(url=url, **{"backoff": 0.05} | plan), Statistics(), Pace(1000))
    task = client.start()
    try:
        yield client
    finally:
        client.stop()
        await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), PATIENCE)


class Drivers(IsolatedAsyncioTestCase):
    async def test_charge_over_a_socket(self) -> None:
        async with TinyServer().running() as server, station(server.url) as client:
            await until(lambda: server.received["StatusNotification"] == 3)
            client.do(lambda model, now: model.outlet(1).plug_in(now))
            client.do(lambda model, now: model.outlet(1).present("CARD", now))
            await until(lambda: server.received["StartTransaction"] == 1)
            await until(lambda: client.do(lambda model, now: model.outlet(1).running))
            client.do(lambda model, now: model.outlet(1).unplug(now))
            await until(lambda: server.received["StopTransaction"] == 1)
        self.assertEqual(server.problems, [])


class Network(IsolatedAsyncioTestCase):
    async def test_is_lost_until_it_is_back(self) -> None:
        async with TinyServer().running() as server, station(server.url) as client:
            await until(lambda: server.received["StatusNotification"] == 3)
            client.drop()
            await until(lambda: not client.online)
            client.do(lambda model, now: model.outlet(1).plug_in(now))
            client.do(lambda model, now: model.outlet(1).present("CARD", now))
            self.assertEqual(server.received["StartTransaction"], 0)
            client.come_back()
            await until(lambda: server.received["StartTransaction"] == 1)
        self.assertEqual(server.received["BootNotification"], 1)

    async def test_is_back_by_itself_after_a_time(self) -> None:
        async with TinyServer().running() as server, station(server.url) as client:
            await until(lambda: client.online)
            client.drop(0.05)
            await until(lambda: not client.online)
            await until(lambda: client.online)

    async def test_that_is_lost_while_connecting_is_lost(self) -> None:
        async with TinyServer().running() as server, station(server.url) as client:
            client.drop()
            await until(lambda: "lost meanwhile" in client.trouble)
            self.assertEqual(server.received.total(), 0)
            client.come_back()
            await until(lambda: client.online)

    async def test_that_goes_in_the_middle_of_a_transfer_is_survived(self) -> None:
        with file_server() as files:
            tiny = TinyServer()
            tiny.questions = [("GetDiagnostics", {"location": f"{files.url}/in/"})]
            files.slow.clear()
            async with tiny.running() as server, station(server.url) as client:
                await until(lambda: files.asked > 0)
                client.drop()
                await until(lambda: not client.online)
            files.slow.set()
        self.assertEqual(server.problems, [])

    async def test_is_kept_open_with_pings(self) -> None:
        lines: list[str] = []
        async with TinyServer().running() as server:
            trace = Trace(True, True, lines.append)
            async with station(server.url, speed=100.0, trace=trace) as client:
                client.do(lambda model, now: model.settings.put("WebSocketPingInterval", "10"))
                await until(lambda: lines.count("CP1 ping") >= 2)
                client.do(lambda model, now: model.settings.put("WebSocketPingInterval", "0"))
        self.assertIn("CP1 connected", lines)
        self.assertTrue(any(line.startswith("CP1 → [2,") for line in lines))
        self.assertTrue(any(line.startswith("CP1 ← [3,") for line in lines))


class Restarts(IsolatedAsyncioTestCase):
    async def test_come_with_a_new_boot_and_a_new_password(self) -> None:
        tiny = TinyServer()
        tiny.questions = [
            ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "0123456789abcdef"}),
            ("Reset", {"type": "Hard"}),
        ]
        async with tiny.running() as server, station(server.url, speed=50.0, password="first"):
            await until(lambda: server.received["BootNotification"] >= 2)
        first, second = (base64.b64decode((header or "").split()[1]) for header in server.headers[:2])
        self.assertEqual((first, second), (b"CP1:first", b"CP1:0123456789abcdef"))
        self.assertEqual([reply.payload for reply in server.replies[:2]], [{"status": "Accepted"}] * 2)

    async def test_follow_a_power_cut_also_while_offline(self) -> None:
        async with TinyServer().running() as server, station(server.url, speed=50.0) as client:
            await until(lambda: server.received["BootNotification"] == 1)
            client.drop()
            await until(lambda: not client.online)
            client.do(lambda model, now: model.power_loss(now))
            await until(lambda: server.received["BootNotification"] == 2)

    async def test_a_rejected_station_answers_nothing(self) -> None:
        tiny = TinyServer(Answers(interval=3600))
        tiny.answers.boot_status = "Rejected"
        async with tiny.running() as server, station(server.url) as client:
            await until(lambda: client.do(lambda model, now: model.deaf))
            for socket in server.sockets:
                await socket.send('[2,"7","GetLocalListVersion",{}]')
                pong = await socket.ping()
                await asyncio.wait_for(pong, PATIENCE)
            self.assertEqual(client.do(lambda model, now: model.journal.text().count("GetLocalListVersion")), 0)


class Files(IsolatedAsyncioTestCase):
    async def test_firmware_is_fetched_and_diagnostics_are_delivered(self) -> None:
        with file_server() as files:
            files.files["/fw-7.7.bin"] = b"image"
            tiny = TinyServer()
            past = "2025-01-01T00:00:00Z"
            tiny.questions = [
                ("GetDiagnostics", {"location": f"{files.url}/in/"}),
                ("UpdateFirmware", {"location": f"{files.url}/fw-7.7.bin", "retrieveDate": past}),
            ]
            async with tiny.running() as server, station(server.url, speed=50.0):
                await until(lambda: server.received["BootNotification"] >= 2)
                told = [
                    payload["status"]
                    for _, action, payload in server.payloads
                    if action == "FirmwareStatusNotification"
                ]
        self.assertEqual(told[:4], ["Downloading", "Downloaded", "Installing", "Installed"])
        boots = [payload for _, action, payload in server.payloads if action == "BootNotification"]
        self.assertEqual(boots[1]["firmwareVersion"], "7.7")
        name = next(iter(files.received))
        self.assertTrue(name.startswith("/in/diagnostics-CP1-"))
        self.assertEqual(server.problems, [])


class Secure(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.authority = Authority("Operator", since=datetime.now(UTC) - timedelta(days=1))
        self.root = self.write("root.pem", self.authority.certificate.encode())

    def write(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def issued(self, name: str) -> str:
        key, certificate = self.authority.issue(name)
        return self.write(f"{name}.pem", certificate.encode() + private_pem(key))

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.issued("localhost"))
        context.load_verify_locations(self.root)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    async def peer(self, server: TinyServer, **tls: Any) -> Any:
        url = server.url.replace("ws://127.0.0.1", "wss://localhost")
        async with station(url, tls=Tls(**tls)) as client:
            await until(lambda: bool(server.sockets) or bool(client.trouble))
            if not server.sockets:
                return client.trouble
            await until(lambda: client.online)
            (socket,) = server.sockets
            return socket.transport.get_extra_info("peercert")

    async def test_connections_believe_only_whom_they_should(self) -> None:
        noise = logging.getLogger("asyncio")  # of the server whose handshake fails
        self.addCleanup(noise.setLevel, noise.level)
        noise.setLevel(logging.CRITICAL)
        async with TinyServer().running(ssl=self.context()) as server:
            self.assertIn("CERTIFICATE_VERIFY_FAILED", str(await self.peer(server)))
            self.assertFalse(await self.peer(server, ca_file=self.root))
            self.assertFalse(await self.peer(server, insecure=True))

    async def test_connections_show_a_certificate(self) -> None:
        async with TinyServer().running(ssl=self.context()) as server:
            shown = await self.peer(server, ca_file=self.root, cert=self.issued("CP1"))
        self.assertEqual(shown["subject"], ((("commonName", "CP1"),),))

    async def test_connections_believe_the_roots_that_were_installed(self) -> None:
        noise = logging.getLogger("asyncio")
        self.addCleanup(noise.setLevel, noise.level)
        noise.setLevel(logging.CRITICAL)
        async with TinyServer().running(ssl=self.context()) as server:
            url = server.url.replace("ws://127.0.0.1", "wss://localhost")
            async with station(url, tls=Tls(cert=self.issued("CP1"))) as client:
                await until(lambda: "CERTIFICATE_VERIFY_FAILED" in client.trouble)
                root = self.authority.certificate
                client.do(lambda model, now: model.security.install(ROOT, root, now))
                client.come_back()
                await until(lambda: client.online)
                (socket,) = server.sockets
                self.assertTrue(socket.transport.get_extra_info("peercert"))

    async def test_connections_show_the_certificate_that_the_server_signed(self) -> None:
        async with TinyServer().running(ssl=self.context()) as server:
            url = server.url.replace("ws://127.0.0.1", "wss://localhost")
            async with station(url, tls=Tls(self.root)) as client:
                await until(lambda: client.online)
                keys = client.do(lambda model, now: model.security.keys)
                assert isinstance(keys, StationKeys)
                chain = self.authority.sign(keys.request("CP1", "Test"))
                self.assertTrue(keys.accept(chain, datetime.now(UTC)))
                client.drop()
                await until(lambda: not client.online)
                client.come_back()
                await until(lambda: client.online and len(server.sockets) == 1)
                (socket,) = server.sockets
                shown = socket.transport.get_extra_info("peercert")
        self.assertIn((("commonName", "CP1"),), shown["subject"])
