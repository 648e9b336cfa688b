"""An emulated charger on a real socket, for each test."""

from __future__ import annotations

import unittest
from typing import Any

import orjson
import requests
import websocket

from bridge.emulator.server import EmulatedCharger
from tests.waiting import eventually

LONG = 3600.0


class ChargerCase(unittest.TestCase):
    """`options` are those of the charger."""

    options: dict[str, Any] = {}

    def setUp(self) -> None:
        self.charger = EmulatedCharger(**({"name": "CH-1"} | self.options))
        self.charger.start()
        self.addCleanup(self.charger.stop)
        self.session = requests.Session()
        self.session.trust_env = False
        self.addCleanup(self.session.close)

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.charger.url}{path}", timeout=10, **options)

    def get(self, path: str) -> Any:
        response = self.ask("GET", path)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def listen(self) -> websocket.WebSocket:
        socket = websocket.create_connection(self.charger.stream_url, timeout=10)
        self.addCleanup(socket.close)
        return socket

    def is_refused(self) -> bool:
        try:
            requests.get(f"{self.charger.url}/id", timeout=10)
        except requests.ConnectionError:
            return True
        return False

    def come_back(self) -> None:
        """End an absence, which tests let last so long that they cannot miss it."""
        self.charger.set_faults(refuse=0.01)
        eventually(lambda: not self.is_refused())

    def hear(self, socket: websocket.WebSocket) -> dict[str, Any]:
        event: dict[str, Any] = orjson.loads(socket.recv())
        return event
