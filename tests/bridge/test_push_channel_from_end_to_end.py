"""The real bridge's push channel into a real server: commands and events take less than a second."""

from __future__ import annotations

import time

from django.test import SimpleTestCase

from bridge.emulator.server import EmulatedCharger
from tests.bridge.process import BridgeProcess
from tests.operator import Operator
from tests.server import ServerProcess
from tests.waiting import eventually

NAME = "ECOG-9"
ASK = {"action": "HardwareRequest", "payload": {"method": "GET", "path": "/version"}, "wait": 20}
POLLING = 60
"""Seconds between two live feeds: what comes sooner came over the push channel."""


class EndToEnd(SimpleTestCase):
    def test_commands_and_events_do_not_wait_for_a_poll(self) -> None:
        with (
            ServerProcess(OCPP_ACCEPT_UNKNOWN_TOKENS="1", LOG_LIFECYCLE="1") as server,
            EmulatedCharger(name=NAME, outlets=2) as charger,
            BridgeProcess(server, charger, PUSH="on", POLLING_INTERVAL=str(POLLING)) as bridge,
        ):
            operator = Operator(server)
            eventually(lambda: "push channel opened" in server.log.read_text(), 30)
            self.assertLess(min(self.ask(operator) for _ in range(3)), 1)
            charger.do(lambda model: model.outlets[0].raise_alert(17))
            begun = time.monotonic()
            eventually(lambda: operator.get("stations", status="Faulted")["results"] != [], 10)
            self.assertLess(time.monotonic() - begun, POLLING / 10)
            self.assertEqual(bridge.stop(), 0)
            eventually(lambda: "push channel closed" in server.log.read_text())

    def ask(self, operator: Operator) -> float:
        """Seconds that a command takes, its answer included."""
        begun = time.monotonic()
        answer = operator.post(f"stations/{NAME}/commands", ASK).json()
        self.assertEqual((answer["state"], answer["result"]), ("answered", "200"))
        return time.monotonic() - begun
