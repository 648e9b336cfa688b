"""A command that is given to one process reaches the station whose socket another one holds."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
from django.test import SimpleTestCase

from tests.clients import Station
from tests.operator import Operator
from tests.server import ServerProcess
from tests.services import REDIS_URL, PostgresDatabase, needs_postgres, needs_redis

ASK = {"action": "DataTransfer", "payload": {"vendorId": "org.test"}, "wait": 20}


def answer_next_call(station: Station, action: str) -> None:
    """Take calls until one of this action comes, and accept it."""
    while True:
        frame = orjson.loads(station.socket.recv())
        if frame[0] == 2:
            station.socket.send(orjson.dumps([3, frame[1], {"status": "Accepted"}]).decode())
            if frame[2] == action:
                return


@needs_postgres
@needs_redis
class CommandsCrossProcesses(SimpleTestCase):
    def test_wherever_the_station_is(self) -> None:
        with PostgresDatabase(f"smartserver_cross_{os.getpid()}") as database:
            shared: dict[str, Any] = {"DATABASE_URL": database.url, "REDIS_URL": REDIS_URL}
            shared["DJANGO_SECRET_KEY"] = "x" * 50
            with ServerProcess(**shared) as a, ServerProcess(**shared) as b, ThreadPoolExecutor(1) as elsewhere:
                operator = Operator(a)
                for server in (b, a, b):  # the station moves about; commands follow it
                    with Station(server.ws, "CP-1") as station:
                        station.boot()
                        asked = elsewhere.submit(operator.post, "stations/CP-1/commands", ASK)
                        answer_next_call(station, "DataTransfer")
                        answer = asked.result(30)
                        self.assertEqual(answer.status_code, 200, answer.text)
                        self.assertEqual((answer.json()["state"], answer.json()["result"]), ("answered", "Accepted"))
