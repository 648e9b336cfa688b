"""Clients that go away, ask too much, or come from elsewhere; ports that somebody else has."""

from __future__ import annotations

import io
import socket
import struct
import unittest
from typing import Any
from unittest import mock

from bridge.emulator import application
from bridge.emulator.server import EmulatedCharger, Plan, Server
from tests.bridge.emulator.case import LONG, ChargerCase
from tests.bridge.images import image
from tests.waiting import eventually


class Going(ChargerCase):
    def raw(self, text: bytes) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.charger.port), timeout=10)
        self.addCleanup(client.close)
        client.sendall(text)
        return client

    def test_in_the_middle_of_a_body(self) -> None:
        client = self.raw(b"POST /hmi/config HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        self.assertEqual(self.ask("GET", "/hmi/config").status_code, 200)
        self.assertEqual(self.charger.requests.count("POST", "/hmi/config"), 0)

    def test_in_the_middle_of_an_answer(self) -> None:
        self.charger.set_faults(endless=True)
        client = self.raw(b"GET /ocpp-client/logs/x.log HTTP/1.1\r\nHost: x\r\n\r\n")
        client.recv(1000)
        client.close()
        self.charger.set_faults(endless=False)
        eventually(lambda: not self.charger.server.listener.busy)
        self.assertEqual(self.ask("GET", "/id").status_code, 200)

    def test_many_requests_in_one_connection(self) -> None:
        client = self.raw(b"GET /id HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        answer = b""
        while answer.count(b"CH-1") < 3:
            answer += client.recv(1000)
        self.assertEqual(answer.count(b"200 OK"), 3)


class AskingTooMuch(ChargerCase):
    def test_an_image_that_is_too_large(self) -> None:
        with mock.patch.object(application, "MAX_IMAGE", 1000):
            answer = self.ask("POST", "/docker-apps/images/load", data=image("a:1"))
        self.assertEqual(answer.status_code, 413)

    def test_an_image_in_chunks(self) -> None:
        content = io.BytesIO(image("a:1", layer=b"x" * 1_000_000))
        pieces = iter(lambda: content.read(10_000), b"")
        answer = self.ask("POST", "/docker-apps/images/load", data=pieces)
        self.assertEqual((answer.status_code, answer.json()), (200, {"stream": "Loaded image: a:1\n"}))

    def test_tails_that_are_no_numbers(self) -> None:
        for tail in ("x", "-1", "9" * 12):
            self.assertEqual(self.ask("GET", f"/docker-apps/containers/a/logs?stdout=1&tail={tail}").status_code, 400)


class FromElsewhere(unittest.IsolatedAsyncioTestCase):
    async def test_nobody_else_sets_faults(self) -> None:
        served = Server(Plan())
        served.application.listener = None
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b'{"hang": 1}'}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {"type": "http", "path": "/emulator/faults", "method": "PUT", "client": ("192.0.2.1", 1)}
        await served.application(scope, receive, send)
        self.assertEqual(sent[0]["status"], 403)
        self.assertFalse(served.application.faults.hang)


class Ports(ChargerCase):
    options = {"reboot_seconds": LONG}

    def test_one_that_is_taken(self) -> None:
        with self.assertRaises(OSError):
            EmulatedCharger(port=self.charger.port).start()

    def test_one_that_is_taken_for_a_moment_after_a_reboot(self) -> None:
        self.charger.set_faults(reboot=LONG)
        eventually(lambda: not self.charger.server.listener.is_open)
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", self.charger.port))
            other.listen()
            self.charger.set_faults(refuse=0.01)
            eventually(lambda: self.charger.server.failed_openings > 1)
        eventually(lambda: not self.is_refused())

    def test_a_reboot_by_the_controllers_route(self) -> None:
        answer = self.ask("POST", "/controllers/1/api/system/reboot")
        self.assertEqual(answer.json(), {"status": "resetting"})
        eventually(self.is_refused)
        self.come_back()

    def test_a_charger_that_ends_while_it_is_away(self) -> None:
        with EmulatedCharger() as charger:
            charger.set_faults(refuse=LONG)
