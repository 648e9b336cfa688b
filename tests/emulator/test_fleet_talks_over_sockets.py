"""A small fleet against a small server: all is answered, and what goes wrong is survived and told."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any
from unittest import IsolatedAsyncioTestCase

from websockets.asyncio.server import ServerConnection, serve

from stations.emulator.client import Plan
from stations.emulator.fleet import Fleet, Order
from tests.emulator.certificates import Authority
from tests.emulator.fakes import QUIET, VERSIONS, TinyServer

PATIENCE = 10.0


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  (a test looks on from outside)
            await asyncio.sleep(0.02)


def exceeds(server: TinyServer, goal: int, fleet: Fleet) -> bool:
    return server.received.total() > goal and fleet.statistics.online == 4


@asynccontextmanager
async def fleet_running(url: str, order: Order, **plan: Any) -> Any:
    fleet = Fleet(order, Plan(url=url, **{"speed": 60.0, "backoff": 0.05} | plan))
    stop = asyncio.Event()
    task = asyncio.create_task(fleet.run(stop))
    try:
        yield fleet
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


class SmallFleet(IsolatedAsyncioTestCase):
    async def test_of_each_version_is_answered_without_an_error(self) -> None:
        async with TinyServer().running() as server:
            order = Order(count=6, versions=VERSIONS)
            async with fleet_running(server.url, order) as fleet:
                await until(
                    lambda: server.received["StartTransaction"] > 1 and server.received["TransactionEvent"] > 30
                )
        self.assertEqual(server.problems, [])
        self.assertTrue(fleet.statistics.complete)
        self.assertEqual(fleet.statistics.sent, server.received)
        self.assertEqual(fleet.statistics.connected, 6)
        self.assertGreater(fleet.statistics.started, 2)
        self.assertEqual(fleet.statistics.started, fleet.statistics.ended)
        self.assertEqual({name for name, _, _ in server.payloads}, {f"CP000{number}" for number in range(1, 7)})

    async def test_keeps_the_rate_that_is_asked_for(self) -> None:
        async with (
            TinyServer().running() as server,
            fleet_running(server.url, Order(count=5, versions=VERSIONS, rate=100.0), speed=1.0),
        ):
            await until(lambda: server.received["MeterValues"] > 0)
            await asyncio.sleep(2.0)
            received = server.received["MeterValues"]
        self.assertGreater(received, 130)
        self.assertLess(received, 230)
        self.assertEqual(server.problems, [])

    async def test_presents_its_password(self) -> None:
        async with (
            TinyServer().running() as server,
            fleet_running(server.url, Order(count=1, prefix="A/"), password="secret"),
        ):
            await until(lambda: bool(server.received))
        credentials = base64.b64encode(b"A/0001:secret").decode()
        self.assertEqual(server.headers, [f"Basic {credentials}"])
        self.assertEqual(server.payloads[0][0], "A%2F0001")

    async def test_knows_its_password_and_can_be_raised_to_tls(self) -> None:
        tiny = TinyServer()
        tiny.questions = [
            ("ChangeConfiguration", {"key": "SecurityProfile", "value": "2"}),
            (
                "InstallCertificate",
                {
                    "certificateType": "CentralSystemRootCertificate",
                    "certificate": Authority("Root", since=datetime.now(UTC)).certificate,
                },
            ),
            ("ChangeConfiguration", {"key": "SecurityProfile", "value": "2"}),
        ]
        order = Order(count=1, manual=True, security_profile=1)
        async with tiny.running() as server, fleet_running(server.url, order, password="a-long-password-1"):
            await until(lambda: len(server.replies) == 3)
        said = [reply.payload["status"] for reply in server.replies if reply.payload is not None]
        self.assertEqual(said, ["Rejected", "Accepted", "RebootRequired"])  # first it trusts no certificate

    async def test_of_manual_stations_charges_when_the_server_says_so(self) -> None:
        tiny = TinyServer()
        tiny.questions = [("RemoteStartTransaction", {"idTag": "REMOTE", "connectorId": 2})]
        async with tiny.running() as server, fleet_running(server.url, Order(count=1, manual=True)):
            await until(lambda: server.received["StartTransaction"] > 0)
        [started] = [payload for _, action, payload in server.payloads if action == "StartTransaction"]
        self.assertEqual((started["idTag"], started["connectorId"]), ("REMOTE", 2))

    async def test_answers_the_servers_calls(self) -> None:
        tiny = TinyServer()
        tiny.questions = [("TriggerMessage", {"requestedMessage": "Heartbeat"}), ("Heartbeat", {})]
        async with tiny.running() as server, fleet_running(server.url, Order(count=1), speed=1.0) as fleet:
            await until(lambda: len(server.replies) == 2)
        self.assertEqual(server.replies[0].payload, {"status": "Accepted"})
        assert server.replies[1].error is not None
        self.assertEqual(server.replies[1].error.code, "NotSupported")
        self.assertEqual(fleet.statistics.served, 2)
        self.assertTrue(fleet.statistics.complete)


class Trouble(IsolatedAsyncioTestCase):
    async def test_a_lost_connection_is_made_again_and_no_transaction_is_lost(self) -> None:
        async with (
            TinyServer().running() as server,
            fleet_running(server.url, Order(count=4, versions=VERSIONS)) as fleet,
        ):
            for _ in range(3):
                goal = server.received.total() + 20
                await until(partial(exceeds, server, goal, fleet))
                for socket in list(server.sockets):
                    socket.transport.abort()
            await until(lambda: fleet.statistics.reconnects == 12)
        self.assertEqual(server.problems, [])
        self.assertEqual(fleet.statistics.waiting.total(), 0)
        ends: dict[object, set[int]] = {}
        for name, action, payload in server.payloads:
            if action == "TransactionEvent":
                info = payload["transactionInfo"]
                ends.setdefault((name, info["transactionId"]), set()).add(payload["seqNo"])
        for numbers in ends.values():
            self.assertEqual(numbers, set(range(len(numbers))))

    async def test_what_is_due_at_the_end_is_said_over_a_new_connection(self) -> None:
        async with TinyServer().running() as server:
            order = Order(count=4, quirks=("lost-answer",))
            async with fleet_running(server.url, order) as fleet:
                await until(lambda: fleet.statistics.started >= 4)
        # Each start and each end broke a connection, also the ends that came with the end of the run.
        self.assertGreaterEqual(server.received["StopTransaction"], 2 * fleet.statistics.ended)
        self.assertGreaterEqual(fleet.statistics.ended, 4)
        self.assertEqual(fleet.statistics.waiting.total() + fleet.statistics.lost["StopTransaction"], 0)

    async def test_an_error_answer_is_counted(self) -> None:
        tiny = TinyServer()
        tiny.refuses = {"StatusNotification"}
        async with tiny.running() as server, fleet_running(server.url, Order(count=1)) as fleet:
            await until(lambda: server.received["StatusNotification"] == 3)
        times = fleet.statistics.errors
        self.assertGreaterEqual(times, 3)
        self.assertFalse(fleet.statistics.complete)
        self.assertEqual(fleet.statistics.shortcomings(), [f"Answered with an error: {times} StatusNotification."])
        self.assertIn("StatusNotification: InternalError", fleet.troubles()[0][0])

    async def test_an_answer_that_breaks_the_schema_is_an_error_too(self) -> None:
        tiny = TinyServer()
        tiny.garbles = {"Heartbeat"}
        tiny.questions = [("TriggerMessage", {"requestedMessage": "Heartbeat"})]
        async with (
            tiny.running() as server,
            fleet_running(server.url, Order(count=1, versions=("2.1",)), speed=1.0) as fleet,
        ):
            await until(lambda: fleet.statistics.errors > 0)
        self.assertIn("Heartbeat: ", fleet.troubles()[0][0])

    async def test_noise_of_the_server_is_survived_and_counted(self) -> None:
        tiny = TinyServer()
        tiny.noise = ["what?", '[3,"nobody-asked",{}]', '[6,"1","NotifyPeriodicEventStream",{}]']
        async with (
            tiny.running() as server,
            fleet_running(server.url, Order(count=1, versions=("2.1",)), speed=1.0) as fleet,
        ):
            await until(lambda: server.received["StatusNotification"] == 2)
        self.assertEqual(fleet.statistics.shortcomings(), ["1 frames of the server made no sense."])

    async def test_a_server_that_never_answers_is_left_and_tried_again(self) -> None:
        tiny = TinyServer()
        tiny.silent = True
        async with tiny.running() as server:
            order = Order(count=1, stalled_seconds=0.2)
            async with fleet_running(server.url, order, call_timeout=0.1, speed=600.0) as fleet:
                await until(lambda: fleet.statistics.reconnects > 0)
        self.assertGreater(fleet.statistics.lost["BootNotification"], 0)
        self.assertIn("no answer", fleet.troubles()[0][0])
        self.assertFalse(fleet.statistics.complete)

    async def test_an_unreachable_server_is_tried_until_it_is_there(self) -> None:
        async with TinyServer().running() as first:
            port = first.port
        async with fleet_running(f"ws://127.0.0.1:{port}/ocpp/", Order(count=2)) as fleet:
            await until(lambda: bool(fleet.troubles()))
            self.assertIn("Connect call failed", fleet.line())
            self.assertEqual(fleet.statistics.connected, 0)
            async with TinyServer().running(port):
                await until(lambda: fleet.statistics.connected == 2)
                self.assertNotIn("Connect call failed", fleet.line())
        self.assertEqual(fleet.statistics.unreached, 0)

    async def test_a_server_that_was_never_there_fails_the_run(self) -> None:
        async with TinyServer().running() as first:
            port = first.port
        async with fleet_running(f"ws://127.0.0.1:{port}/ocpp/", Order(count=2)) as fleet:
            await until(lambda: len(fleet.troubles()) > 0)
        self.assertFalse(fleet.statistics.complete)

    async def test_a_server_without_a_common_version_is_of_no_use(self) -> None:
        async with fleet_and_deaf_server() as fleet:
            await until(lambda: bool(fleet.troubles()))
        self.assertIn("does not speak OCPP 2.1", fleet.troubles()[0][0])
        self.assertEqual(fleet.statistics.unreached, 1)

    async def test_connections_are_spread(self) -> None:
        async with TinyServer().running() as server:
            order = Order(count=10, connects_per_second=20.0)
            async with fleet_running(server.url, order, speed=1.0) as fleet:
                await asyncio.sleep(0.25)
                self.assertLess(fleet.statistics.connected, 8)
                await until(lambda: fleet.statistics.connected == 10)


@asynccontextmanager
async def fleet_and_deaf_server() -> Any:
    async def handler(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async with serve(
        handler, "127.0.0.1", 0, select_subprotocol=lambda connection, offered: None, logger=QUIET
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with fleet_running(f"ws://127.0.0.1:{port}/", Order(count=1, versions=("2.1",))) as fleet:
            yield fleet
