"""Contract 1: `kill -9` at any moment loses nothing that was acknowledged."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from typing import Any

import orjson
import psycopg
import websockets
from django.test import SimpleTestCase

from tests.server import ServerProcess
from tests.services import PostgresDatabase, needs_postgres

STATIONS = 20
DEVICES = 20
ENOUGH = 5000
TIME_LIMIT = 60.0

Query = Callable[[str], list[Any]]


class Acknowledged:
    """What the clients were told is stored."""

    def __init__(self) -> None:
        self.readings: set[tuple[str, str]] = set()  # (station, message id)
        self.transactions: set[tuple[str, int]] = set()  # (station, transactionId)
        self.updates: set[tuple[str, int]] = set()  # (serial, value)

    @property
    def count(self) -> int:
        return len(self.readings) + len(self.transactions) + len(self.updates)


async def charge(url: str, identity: str, told: Acknowledged) -> None:
    """A station that starts a transaction and meters as fast as it is answered."""
    async with websockets.connect(
        f"{url}/ocpp/{identity}", subprotocols=[websockets.Subprotocol("ocpp1.6")], compression=None
    ) as socket:

        async def call(message_id: str, action: str, payload: dict[str, Any]) -> dict[str, Any]:
            await socket.send(orjson.dumps([2, message_id, action, payload]).decode())
            while True:
                frame = orjson.loads(await socket.recv())
                if frame[0] == 3 and frame[1] == message_id:
                    answer: dict[str, Any] = frame[2]
                    return answer

        await call("boot", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        start = {"connectorId": 1, "idTag": identity, "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
        number = (await call("start", "StartTransaction", start))["transactionId"]
        told.transactions.add((identity, number))
        n = 0
        while True:
            n += 1
            reading = {"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": str(n)}]}
            payload = {"connectorId": 1, "transactionId": number, "meterValue": [reading]}
            await call(f"m{n}", "MeterValues", payload)
            told.readings.add((identity, f"m{n}"))


async def report(url: str, serial: str, told: Acknowledged) -> None:
    """A device whose every update carries a value that it never sent before."""
    async with websockets.connect(f"{url}/update/", compression=None) as socket:
        await socket.recv()  # the welcome
        n = 0
        while True:
            n += 1
            capping = f"{n % 10000:04d}:{serial}"
            body = orjson.dumps({"power_income": n}).decode()
            await socket.send(orjson.dumps({"type": "UPDT", "message": f"{capping}:{body}"}).decode())
            answer = orjson.loads(await socket.recv())["message"]
            if answer == f"{capping}:OK":
                told.updates.add((serial, n))


async def write_until_killed(server: ServerProcess, told: Acknowledged) -> None:
    clients = [asyncio.create_task(charge(server.ws, f"CRASH{n:02d}", told)) for n in range(STATIONS)]
    clients += [asyncio.create_task(report(server.ws, f"{n:04d}", told)) for n in range(1, DEVICES + 1)]
    async with asyncio.timeout(TIME_LIMIT):
        while told.count < ENOUGH:
            await asyncio.sleep(0.01)
            for client in clients:
                if client.done():
                    client.result()  # a client that failed fails the test
    server.kill()
    await asyncio.gather(*clients, return_exceptions=True)


class KillTests(SimpleTestCase):
    def check(self, server: ServerProcess, query: Query) -> None:
        told = Acknowledged()
        asyncio.run(write_until_killed(server, told))
        self.assertGreaterEqual(told.count, ENOUGH)
        server.start()

        logged = set(
            query(
                "SELECT s.identity, m.message_id FROM stations_message m "
                "JOIN stations_station s ON s.id = m.station_id WHERE m.outcome = 'CALLRESULT'"
            )
        )
        metered = dict(
            query(
                "SELECT s.identity, count(*) FROM stations_metervalue v "
                "JOIN stations_station s ON s.id = v.station_id GROUP BY s.identity"
            )
        )
        started = set(
            query("SELECT s.identity, t.id FROM stations_transaction t JOIN stations_station s ON s.id = t.station_id")
        )
        sampled = set(
            query(
                "SELECT d.serial_number, CAST(h.power_income AS integer) FROM devices_devicesample h "
                "JOIN devices_solmate d ON d.id = h.device_id"
            )
        )
        self.assertEqual(told.readings - logged, set())
        self.assertEqual(told.transactions - started, set())
        self.assertEqual(told.updates - sampled, set())
        for identity in {identity for identity, _ in told.readings}:
            acknowledged = sum(1 for each, _ in told.readings if each == identity)
            self.assertGreaterEqual(metered[identity], acknowledged)

    def test_on_sqlite(self) -> None:
        with ServerProcess() as server:

            def query(sql: str) -> list[Any]:
                with sqlite3.connect(server.database) as connection:
                    return connection.execute(sql).fetchall()

            self.check(server, query)

    @needs_postgres
    def test_on_postgres(self) -> None:
        with PostgresDatabase(f"smartserver_kill_{os.getpid()}") as database:

            def query(sql: str) -> list[Any]:
                with psycopg.connect(database.url) as connection:
                    return connection.execute(sql).fetchall()

            with ServerProcess(DATABASE_URL=database.url) as server:
                self.check(server, query)
