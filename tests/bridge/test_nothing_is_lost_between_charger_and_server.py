"""The server is killed and comes back, again and again: every event of the charger arrives, in order, once."""

from __future__ import annotations

from django.test import SimpleTestCase

from bridge.emulator.server import EmulatedCharger
from tests.bridge.process import BridgeProcess
from tests.operator import Operator
from tests.server import ServerProcess
from tests.waiting import eventually

NAME = "ECOG-8"
EVENTS = 210
OUTAGES = 2


class ServerIsKilled(SimpleTestCase):
    def test_all_events_arrive_in_order_and_once(self) -> None:
        with ServerProcess() as server, EmulatedCharger(name=NAME) as charger:
            with BridgeProcess(server, charger):
                operator = Operator(server)
                eventually(lambda: charger.clients == 1, 30)
                eventually(lambda: operator.get("chargers")["count"] == 1, 30)
                sent = 0
                for outage in range(OUTAGES + 1):
                    if outage:
                        server.kill()
                    for _ in range(EVENTS // (OUTAGES + 1)):
                        sent += 1
                        self._happen(charger, sent)
                    if outage:
                        server.start()
                eventually(lambda: len(self._arrived(operator)) >= sent, 60)
            arrived = self._arrived(operator)
            self.assertEqual(arrived, [f"event {number}" for number in range(1, sent + 1)])

    def _happen(self, charger: EmulatedCharger, number: int) -> None:
        payload = {"src": "test", "code": 1000 + number, "msg": f"event {number}", "list": [], "session": ""}
        charger.do(lambda model: model.emit("alert", "", payload))

    def _arrived(self, operator: Operator) -> list[str]:
        """What the server has of them, oldest first."""
        found: list[str] = []
        page = operator.get(f"chargers/{NAME}/events", limit=200)
        while True:
            found += [each["payload"]["msg"] for each in page["results"]]
            if page["next"] is None:
                return found[::-1]
            page = operator.follow(page["next"])
