"""`manage.py serve` as a process: health, doors, headers, and a quick clean end."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import unittest

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.operations.support import ROOT, Served, environment

TOKEN = "a-token-for-this-test"


class ClosedServerTests(unittest.TestCase):
    server: Served

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Served(METRICS_TOKEN=TOKEN)
        cls.addClassCleanup(cls.server.close)
        cls.server.wait_until_ready()

    def refused_with(self, path: str) -> int:
        with self.assertRaises(InvalidStatus) as caught:
            connect(f"ws://127.0.0.1:{self.server.port}{path}", subprotocols=[Subprotocol("ocpp1.6")])
        return caught.exception.response.status_code

    def test_it_is_alive_and_ready(self) -> None:
        self.assertEqual(json.loads(self.server.get("/healthz").body), {"alive": True})
        self.assertEqual(
            json.loads(self.server.get("/readyz").body), {"ready": True, "checks": {"database": True, "writer": True}}
        )

    def test_the_password_of_the_administrator_is_printed_once(self) -> None:
        self.assertEqual(self.server.output.count("password (shown only once): "), 1)

    def test_metrics_need_the_token(self) -> None:
        self.assertEqual(self.server.get("/metrics").status, 401)
        self.assertEqual(self.server.get("/metrics", Authorization="Bearer wrong").status, 401)
        answer = self.server.get("/metrics", Authorization=f"Bearer {TOKEN}")
        self.assertEqual(answer.status, 200)
        self.assertIn("smartserver_writer_units", answer.body)

    def test_the_page_asks_strangers_to_log_in(self) -> None:
        answer = self.server.get("/")
        self.assertEqual((answer.status, answer.headers["location"]), (302, "/login/?next=/"))
        self.assertEqual(self.server.get("/history/stations/1").status, 302)

    def test_pages_tell_the_browser_to_be_careful(self) -> None:
        headers = self.server.get("/login/").headers
        policy = headers["content-security-policy"]
        for directive in ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"):
            self.assertIn(directive, policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(headers["x-frame-options"], "DENY")
        self.assertEqual(headers["x-content-type-options"], "nosniff")
        self.assertEqual(headers["referrer-policy"], "same-origin")
        self.assertEqual(headers["cross-origin-opener-policy"], "same-origin")
        self.assertNotIn("server", headers)

    def test_no_socket_opens_for_a_stranger(self) -> None:
        self.assertEqual(self.refused_with("/ocpp/CP-1"), 404)
        self.assertEqual(self.refused_with("/update/"), 401)
        self.assertEqual(self.refused_with("/client/"), 401)
        self.assertEqual(self.refused_with("/somewhere/else"), 404)

    def test_static_files_are_served_without_collecting_them(self) -> None:
        answer = self.server.get("/static/js/main.js")
        self.assertEqual(answer.status, 200)
        self.assertIn("javascript", answer.headers["content-type"])


class OpenServerTests(unittest.TestCase):
    def setUp(self) -> None:
        self.server = Served(SMARTSERVER_OPEN="1", DJANGO_SUPERUSER_PASSWORD="given-password")
        self.addCleanup(self.server.close)
        self.server.wait_until_ready()

    def test_it_lets_everybody_look_and_ends_quickly_with_open_sockets(self) -> None:
        self.assertEqual(self.server.get("/").status, 200)
        self.assertEqual(self.server.get("/metrics").status, 200)
        self.assertNotIn("given-password", self.server.output)
        address = f"ws://127.0.0.1:{self.server.port}"
        station = connect(f"{address}/ocpp/CP-1", subprotocols=[Subprotocol("ocpp1.6")])
        browser = connect(f"{address}/client/", subprotocols=[Subprotocol("smartserver.live.v1")])
        with station, browser:
            station.send('[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]')
            self.assertIn('"status":"Accepted"', str(station.recv(10)))
            self.assertEqual(json.loads(browser.recv(10))["type"], "hello")
            begun = time.monotonic()
            self.assertEqual(self.server.terminate(), 0, self.server.output)
            self.assertLess(time.monotonic() - begun, 8.0)
            with self.assertRaises(ConnectionClosed):
                while True:
                    browser.recv(10)


class RefusedStartTests(unittest.TestCase):
    def start(self, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "check"]
        return subprocess.run(
            command, cwd=ROOT, env=environment(**settings), capture_output=True, text=True, timeout=60
        )

    def test_redis_with_sqlite_does_not_start(self) -> None:
        ended = self.start(REDIS_URL="redis://127.0.0.1:6379/0")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("smartserver.E001", ended.stderr)

    def test_a_value_of_the_wrong_kind_is_named(self) -> None:
        ended = self.start(WRITER_QUEUE="many")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("WRITER_QUEUE='many' is not a valid int", ended.stderr)
