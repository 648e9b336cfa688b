"""Webhooks: `kill -9` in the middle of deliveries loses no event whose effect was acknowledged."""

from __future__ import annotations

import asyncio
import sqlite3

import orjson
import websockets
from django.test import SimpleTestCase

from smartserver.core import clock
from smartserver.webhooks.signing import new_secret
from tests.server import ServerProcess
from tests.waiting import eventually
from tests.webhooks.support import Receiver

STATIONS = 30


async def boot(url: str, identity: str) -> None:
    """Connect and boot; return when the boot is acknowledged."""
    protocols = [websockets.Subprotocol("ocpp1.6")]
    async with websockets.connect(f"{url}/ocpp/{identity}", subprotocols=protocols) as socket:
        call = [2, "boot", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}]
        await socket.send(orjson.dumps(call).decode())
        while orjson.loads(await socket.recv())[:2] != [3, "boot"]:
            pass


class Crash(SimpleTestCase):
    def test_every_acknowledged_boot_is_told(self) -> None:
        receiver = Receiver()
        self.addCleanup(receiver.close)
        identities = [f"CRASH{number:02d}" for number in range(STATIONS)]
        with ServerProcess(WEBHOOK_ALLOW_PRIVATE="1") as server:
            server.stop()
            secret = new_secret()
            with sqlite3.connect(server.database) as connection:
                connection.execute(
                    "INSERT INTO webhooks_subscription (url, description, kinds, stations, active, stopped, secret, "
                    "previous_secret, failures, created_at) VALUES (?, '', ?, '[]', 1, '', ?, '', 0, ?)",
                    (receiver.url, '["station.booted"]', secret, clock.now().isoformat(" ")),
                )
            server.start()

            async def boot_all() -> None:
                for identity in identities:
                    await boot(server.ws, identity)

            asyncio.run(boot_all())
            server.kill()
            before = set(receiver.stations)
            server.start()
            eventually(lambda: set(receiver.stations) == set(identities), 90.0)
        self.assertLessEqual(before, set(identities))
        for post in receiver.posts:
            post.verify(secret)
        ids = {post.station: set[str]() for post in receiver.posts}
        for post in receiver.posts:
            ids[post.station].add(post.headers["Webhook-Id"])
        self.assertEqual({len(each) for each in ids.values()}, {1}, "A repetition has the same id.")
