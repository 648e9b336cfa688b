"""`kill -9` while bridges report: every event that was answered is there, once, and so is the energy of its session."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import orjson
import psycopg
import requests
from django.test import SimpleTestCase

from tests.server import ServerProcess
from tests.services import PostgresDatabase, needs_postgres
from tests.waiting import eventually

CHARGERS = 8
ENOUGH = 600
TIME_LIMIT = 180.0

KINDS = ("session_start", "start_charging", "session_stop")

Query = Callable[[str], list[Any]]


class Bridge(threading.Thread):
    """Reports one session after the other as fast as it is answered; `told`: the numbers of what was acknowledged."""

    def __init__(self, server: ServerProcess, name: str) -> None:
        super().__init__(daemon=True)
        self.charger = name
        self._url = f"{server.http}/api/charger/LogEvent"
        self.told: dict[str, int] = {}
        self.ended: dict[str, float] = {}
        self.unsure: list[tuple[str, str]] = []
        self.fault: str = ""

    def run(self) -> None:
        with requests.Session() as http:
            place = 0
            while not self.fault and not self.unsure:
                place += 1
                self._session(http, f"{self.charger}-{place}", place)

    def _session(self, http: requests.Session, session: str, place: int) -> None:
        for step, kind in enumerate(KINDS):
            payload: dict[str, Any] = {"session": session}
            if kind == "session_stop":
                payload["energy"] = place
            at = 1_782_043_200_000 + place * 10_000 + step * 1000
            event = {"type": kind, "timestamp": at, "outlet": "1", "payload": payload}
            key = f"{session}-{kind}"
            text = orjson.dumps(event).decode()
            if not self.report(http, key, text):
                self.unsure.append((key, text))
                return
            if kind == "session_stop":
                self.ended[session] = float(place)

    def report(self, http: requests.Session, key: str, text: str) -> bool:
        """Whether it was acknowledged."""
        query = {"id": self.charger, "ev": text}
        try:
            answer = http.post(self._url, params=query, headers={"Idempotency-Key": key}, timeout=20)
        except requests.RequestException:
            return False
        if answer.status_code != 200:
            self.fault = f"{answer.status_code} {answer.text[:200]}"
            return False
        self.told[key] = int(answer.json()["Message"])
        return True


class KillTests(SimpleTestCase):
    def check(self, server: ServerProcess, query: Query) -> None:
        bridges = [Bridge(server, f"EC-{number}") for number in range(CHARGERS)]
        for bridge in bridges:
            bridge.start()
        eventually(lambda: sum(len(each.told) for each in bridges) >= ENOUGH, TIME_LIMIT)
        server.kill()
        for bridge in bridges:
            bridge.join(30)
            self.assertEqual(bridge.fault, "")
        server.start()

        stored = dict(query("SELECT key, id FROM bridge_hardwareevent"))
        used = dict(query("SELECT reference, energy_wh FROM stations_transaction WHERE NOT active"))
        for bridge in bridges:
            self.assertEqual({key: stored.get(key) for key in bridge.told}, bridge.told)
            self.assertEqual({session: used.get(session) for session in bridge.ended}, bridge.ended)

        # What was not answered is sent again: once, whether it had been stored or not.
        with requests.Session() as http:
            for bridge in bridges:
                for key, text in bridge.unsure:
                    self.assertTrue(bridge.report(http, key, text))
                    self.assertEqual(stored.get(key, bridge.told[key]), bridge.told[key])
        keys = [key for (key,) in query("SELECT key FROM bridge_hardwareevent")]
        self.assertEqual(sorted(keys), sorted(key for bridge in bridges for key in bridge.told))

    def test_on_sqlite(self) -> None:
        with ServerProcess(DATABASE_URL="", REDIS_URL="") as server:

            def query(sql: str) -> list[Any]:
                with closing(sqlite3.connect(server.database, timeout=20)) as connection:
                    return connection.execute(sql).fetchall()

            self.check(server, query)

    @needs_postgres
    def test_on_postgres(self) -> None:
        with PostgresDatabase(f"smartserver_events_{os.getpid()}") as database:

            def query(sql: str) -> list[Any]:
                with psycopg.connect(database.url) as connection:
                    return connection.execute(sql).fetchall()

            with ServerProcess(DATABASE_URL=database.url) as server:
                self.check(server, query)
