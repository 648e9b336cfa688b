"""Two server processes on one PostgreSQL and one Redis: what one hears, the other shows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import orjson
import websocket
from django.test import SimpleTestCase

from tests.clients import Device, Station
from tests.server import ServerProcess
from tests.services import REDIS_URL, PostgresDatabase, needs_postgres, needs_redis


class Page:
    """A browser's live socket that keeps the table up to date as the protocol says."""

    def __init__(self, ws: str, topic: str) -> None:
        self.rows: list[list[Any]] = []
        self._socket = websocket.create_connection(f"{ws}/client/", subprotocols=["smartserver.live.v1"], timeout=10)
        hello = orjson.loads(self._socket.recv())
        self.columns = [column["name"] for column in hello["topics"][topic]["columns"]]
        self._socket.send(orjson.dumps({"type": "subscribe", "topic": topic, "query": []}).decode())
        self.rows = orjson.loads(self._socket.recv())["rows"]

    def wait(self, condition: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Take changes until the rows fulfil `condition`."""
        deadline = time.monotonic() + 10
        while not condition(self.values()):
            if time.monotonic() > deadline:
                raise AssertionError(f"never seen; last rows: {self.values()}")
            message = orjson.loads(self._socket.recv())
            if message["type"] == "snapshot":
                self.rows = message["rows"]
            for old, new, row in message.get("ops", ()):
                if old >= 0:
                    del self.rows[old]
                if new >= 0:
                    self.rows.insert(new, row)

    def values(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row[1:], strict=True)) for row in self.rows]

    def close(self) -> None:
        self._socket.close()


@needs_postgres
@needs_redis
class TwoProcessesTests(SimpleTestCase):
    def test_a_station_on_one_is_seen_and_replaced_through_the_other(self) -> None:
        with PostgresDatabase(f"smartserver_two_{os.getpid()}") as database:
            shared: dict[str, Any] = {"DATABASE_URL": database.url, "REDIS_URL": REDIS_URL}
            shared["DJANGO_SECRET_KEY"] = "x" * 50
            with ServerProcess(**shared) as a, ServerProcess(**shared) as b:
                stations, devices = Page(b.ws, "stations"), Page(b.ws, "devices")
                with Station(a.ws, "CP-1") as old, Device(a.ws, "0001") as sun:
                    old.boot()
                    old.status("Charging")
                    stations.wait(lambda rows: [row["status"] for row in rows] == ["Charging"])
                    sun.update(power_income=42)
                    devices.wait(lambda rows: [row["power_income"] for row in rows] == [42.0])

                    # The station comes back on the other process: the newest connection wins.
                    with Station(b.ws, "CP-1") as new:
                        while old.socket.recv():
                            pass  # until the server closes it
                        self.assertFalse(old.socket.connected)
                        new.status("Available")
                        stations.wait(lambda rows: [row["status"] for row in rows] == ["Available"])
                        self.assertEqual(stations.values()[0]["state"], "online")
                stations.wait(lambda rows: [row["state"] for row in rows] == ["offline"])
                stations.close()
                devices.close()
