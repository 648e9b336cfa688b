"""The event stream: every client gets every event, and a slow one costs the others nothing."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any
from unittest import mock

import websocket

from bridge.emulator import feed
from bridge.emulator.feed import Feed
from tests.bridge.emulator.case import ChargerCase
from tests.waiting import eventually


class Clients(ChargerCase):
    def test_all_get_all_events_in_order(self) -> None:
        sockets = [self.listen() for _ in range(3)]
        eventually(lambda: self.charger.clients == 3)
        for number in range(50):
            self.ask("POST", "/events/stream/inject", json={"type": "test", "outlet": 1, "payload": {"n": number}})
        for socket in sockets:
            events = [self.hear(socket) for _ in range(50)]
            self.assertEqual([event["payload"]["n"] for event in events], list(range(50)))
            self.assertEqual({event["outletType"] for event in events}, {"CCS"})

    def test_who_goes_is_forgotten(self) -> None:
        socket = self.listen()
        eventually(lambda: self.charger.clients == 1)
        socket.send("what is this?")
        socket.close()
        eventually(lambda: self.charger.clients == 0)

    def test_events_of_no_outlet_are_possible(self) -> None:
        socket = self.listen()
        self.ask("POST", "/events/stream/inject", json={"type": "alert", "payload": {"code": 19}})
        event = self.hear(socket)
        self.assertEqual((event["outlet"], event["outletType"], event["chargerId"]), ("", "", "CH-1"))

    def test_other_sockets_are_not_found(self) -> None:
        with self.assertRaises(websocket.WebSocketBadStatusException) as caught:
            websocket.create_connection(self.charger.stream_url.replace("events", "other"), timeout=5)
        self.assertEqual(caught.exception.status_code, 404)


class SlowClients(unittest.IsolatedAsyncioTestCase):
    async def test_are_cut_when_their_queue_is_full(self) -> None:
        told = Feed()
        unread, connected = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(3600)
            raise AssertionError

        async def connect() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        async def send(message: dict[str, Any]) -> None:
            connected.set()
            if message["type"] == "websocket.send":
                await unread.wait()

        answers = iter((connect, receive))
        with mock.patch.object(feed, "QUEUED", 3):
            client = asyncio.create_task(told.serve(lambda: next(answers)(), send))
            await connected.wait()
            await asyncio.sleep(0)
            for number in range(6):
                told.publish([{"number": number}])
                await asyncio.sleep(0)
            self.assertEqual((told.clients, told.overflows), (0, 1))
            unread.set()
            await asyncio.wait_for(client, 5)
