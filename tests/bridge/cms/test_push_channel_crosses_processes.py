"""Push channels of several processes, and of processes that are killed."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import requests
from django.test import SimpleTestCase

from bridge import push
from tests.bridge.cms.pushing import NAME, SESSION, Bridge
from tests.operator import Operator
from tests.server import ServerProcess
from tests.services import REDIS_URL, PostgresDatabase, needs_postgres, needs_redis

ASK = {"action": "HardwareRequest", "payload": {"method": "GET", "path": "/version"}}


def feed(server: ServerProcess) -> Any:
    """The command in the reply to a live feed."""
    body = {"Name": NAME, "Busy_A": False, "Evsestat_A": 1, "Pilot_A": 0, "ErrorCode_A": 0}
    headers = {"User-Agent": "smart-server-bridge/1"}
    reply = requests.post(f"{server.http}/api/charger/LiveFeeds", json=body, headers=headers, timeout=10).json()
    return orjson.loads(reply) if reply else None


@needs_postgres
@needs_redis
class TwoProcesses(SimpleTestCase):
    def test_commands_and_channels_meet_wherever_they_are(self) -> None:
        with PostgresDatabase(f"smartserver_push_{os.getpid()}") as database:
            shared: dict[str, Any] = {"DATABASE_URL": database.url, "REDIS_URL": REDIS_URL}
            shared["DJANGO_SECRET_KEY"] = "x" * 50
            with ServerProcess(**shared) as a, ServerProcess(**shared) as b:
                first = Bridge(b.ws)
                self.assertTrue(first.is_heard())
                operator = Operator(a)
                self._command_from_the_other_process(operator, first)
                self._newer_channel_in_the_other_process(a, operator, first)
                self._killed_process(a, b, operator)

    def _command_from_the_other_process(self, operator: Operator, bridge: Bridge) -> None:
        with ThreadPoolExecutor(1) as elsewhere:
            begun = time.monotonic()
            asked = elsewhere.submit(operator.post, f"stations/{NAME}/commands", ASK | {"wait": 20})
            number = bridge.command()["command_id"]
            bridge.result(number, 200, {"version": 7})
            self.assertEqual(bridge.next(), (push.ACK, {"key": f"command-{number}"}))
            answer = asked.result(30).json()
            self.assertLess(time.monotonic() - begun, 5, "it did not have to wait for a reminder")
        self.assertEqual((answer["state"], answer["reply"]["body"]), ("answered", {"version": 7}))

    def _newer_channel_in_the_other_process(self, a: ServerProcess, operator: Operator, old: Bridge) -> None:
        self.newer = Bridge(a.ws)
        self.assertEqual(old.close_code(), 1008)
        old.close()
        self.assertIsNone(feed(a), "the newer channel is open")
        number = operator.post(f"stations/{NAME}/commands", ASK).json()["id"]
        self.assertEqual(self.newer.command()["command_id"], number)

    def _killed_process(self, a: ServerProcess, b: ServerProcess, operator: Operator) -> None:
        """What was acknowledged is there, and what was on its way goes out again elsewhere."""
        self.newer.event("e-1", SESSION)
        acknowledged = self.newer.next()
        a.kill()
        self.newer.close()
        with_b = Bridge(b.ws)
        again = with_b.command()
        with_b.event("e-1", SESSION)
        self.assertEqual(with_b.next(), acknowledged)
        with_b.result(again["command_id"])
        self.assertEqual(with_b.next()[0], push.ACK)
        with_b.close()


class OneProcess(SimpleTestCase):
    def test_a_kill_leaves_the_commands_to_the_live_feeds(self) -> None:
        with ServerProcess() as server:
            bridge = Bridge(server.ws)
            self.assertTrue(bridge.is_heard())
            operator = Operator(server)
            number = operator.post(f"stations/{NAME}/commands", ASK).json()["id"]
            told = bridge.command()
            self.assertEqual(told["command_id"], number)
            server.kill()
            bridge.close()
            server.start()
            fed = feed(server)
            self.assertEqual((fed["ExecutionID"], fed["API"]), (number, told["path"]))
            with_result = Bridge(server.ws)
            self._settle(with_result, number)
            command = operator.get(f"commands/{number}")
            self.assertEqual((command["state"], command["result"]), ("answered", "200"))
            with_result.close()

    def _settle(self, bridge: Bridge, number: int) -> None:
        self.assertEqual(bridge.command()["command_id"], number)
        bridge.result(number)
        self.assertEqual(bridge.next()[0], push.ACK)
