"""`kill -9` while commands are on their way: none is lost, and none is sent twice without a record of it."""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import psycopg
import requests
import websockets
from django.test import SimpleTestCase

from tests.operator import Operator
from tests.server import ServerProcess
from tests.services import PostgresDatabase, needs_postgres

STATIONS = 6
KILLS = 3
BETWEEN = 60
"""Commands that are accepted before each kill."""
TIME_LIMIT = 90.0
RATE = "100000/min"

Query = Callable[[str], list[Any]]


class Heard:
    """What the stations were sent: the marks of each command, with the message ids under which they came."""

    def __init__(self) -> None:
        self.calls: dict[str, list[str]] = defaultdict(list)


async def obey(url: str, identity: str, heard: Heard) -> None:
    """A station that connects again and again, takes every command, and answers it a little later."""
    while True:
        try:
            async with websockets.connect(
                f"{url}/ocpp/{identity}", subprotocols=[websockets.Subprotocol("ocpp1.6")], compression=None
            ) as socket:
                boot = {"chargePointVendor": "V", "chargePointModel": "M"}
                await socket.send(orjson.dumps([2, "boot", "BootNotification", boot]).decode())
                async for text in socket:
                    frame = orjson.loads(text)
                    if frame[0] == 2:
                        if "data" in frame[3]:
                            heard.calls[frame[3]["data"]].append(frame[1])
                        elif frame[2] == "ChangeConfiguration":
                            heard.calls[frame[3]["value"]].append(frame[1])
                        await asyncio.sleep(0.005)
                        reply: dict[str, Any] = {"status": "Accepted"}
                        if frame[2] == "GetConfiguration":
                            reply = {"configurationKey": []}
                        await socket.send(orjson.dumps([3, frame[1], reply]).decode())
        except (OSError, websockets.WebSocketException, TimeoutError):
            await asyncio.sleep(0.1)


class Asking(threading.Thread):
    """An operator who gives one command after the other: by turns one that may be repeated and one that may not."""

    def __init__(self, operator: Operator, accepted: dict[str, int]) -> None:
        super().__init__(daemon=True)
        self._operator = operator
        self._accepted = accepted
        self.ended = threading.Event()

    def run(self) -> None:
        for number in itertools.count():
            if self.ended.is_set():
                return
            mark = f"mark-{number}"
            action, payload = (
                ("DataTransfer", {"vendorId": "org.test", "data": mark})
                if number % 2
                else ("ChangeConfiguration", {"key": "Note", "value": mark})
            )
            body = {"action": action, "payload": payload}
            try:
                answer = self._operator.post(f"stations/KILL{number % STATIONS}/commands", body)
            except requests.RequestException:
                time.sleep(0.05)  # it was not accepted; nobody was told so
                continue
            if answer.status_code == 201:
                self._accepted[mark] = answer.json()["id"]


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  (what is waited for happens in other threads and processes)
        await asyncio.sleep(0.02)


def _has(accepted: dict[str, int], enough: int) -> bool:
    return len(accepted) >= enough


async def ask_and_kill(server: ServerProcess, heard: Heard, accepted: dict[str, int], query: Query) -> None:
    stations = [asyncio.create_task(obey(server.ws, f"KILL{n}", heard)) for n in range(STATIONS)]
    operator = await asyncio.to_thread(Operator, server)
    asking = Asking(operator, accepted)
    try:
        async with asyncio.timeout(TIME_LIMIT):
            await until(lambda: len(query("SELECT id FROM stations_station WHERE booted_at IS NOT NULL")) == STATIONS)
            asking.start()
            for _ in range(KILLS):
                enough = len(accepted) + BETWEEN
                await until(partial(_has, accepted, enough))
                server.kill()
                await asyncio.to_thread(server.start)
            asking.ended.set()
            await until(lambda: not query("SELECT id FROM stations_command WHERE state IN ('queued', 'sent')"))
    finally:
        asking.ended.set()
        for station in stations:
            station.cancel()
        await asyncio.gather(*stations, return_exceptions=True)


class KillDuringCommands(SimpleTestCase):
    def check(self, server: ServerProcess, query: Query) -> None:
        heard, accepted = Heard(), dict[str, int]()
        asyncio.run(ask_and_kill(server, heard, accepted, query))
        self.assertGreaterEqual(len(accepted), KILLS * BETWEEN)

        rows = {row[0]: row[1:] for row in query("SELECT id, action, state, result, attempts FROM stations_command")}
        logged = set(query("SELECT message_id, outcome FROM stations_message WHERE direction = 'out'"))
        self.assertEqual([mark for mark, number in accepted.items() if number not in rows], [], "Lost.")
        for mark, number in accepted.items():
            action, state, result, attempts = rows[number]
            calls = heard.calls[mark]
            with self.subTest(command=number, action=action, state=state, result=result):
                self.assertLessEqual(len(calls), attempts, "It was sent more often than the record says.")
                if action == "DataTransfer":
                    self.assertLessEqual(len(calls), 1, "It must not be sent twice.")
                if state == "answered":
                    self.assertGreaterEqual(len(calls), 1, "Nobody heard it.")
                else:
                    self.assertEqual((state, result), ("failed", "ConnectionLost"))
                for call in calls:  # each time that it was sent has a line in the message log
                    self.assertTrue({(call, "CALLRESULT"), (call, "ConnectionLost")} & logged, call)

    def test_on_sqlite(self) -> None:
        with ServerProcess(API_COMMAND_RATE=RATE, API_RATE=RATE) as server:

            def query(sql: str) -> list[Any]:
                with sqlite3.connect(server.database, timeout=20) as connection:
                    return connection.execute(sql).fetchall()

            self.check(server, query)

    @needs_postgres
    def test_on_postgres(self) -> None:
        with PostgresDatabase(f"smartserver_commands_{os.getpid()}") as database:

            def query(sql: str) -> list[Any]:
                with psycopg.connect(database.url) as connection:
                    return connection.execute(sql).fetchall()

            with ServerProcess(DATABASE_URL=database.url, API_COMMAND_RATE=RATE, API_RATE=RATE) as server:
                self.check(server, query)
