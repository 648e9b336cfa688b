"""A station as a local controller: it publishes firmware for others, and serves it."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any
from unittest import IsolatedAsyncioTestCase

from django.test import SimpleTestCase

from stations.emulator.point.effects import Download, Effect, Publish, Withdraw
from stations.emulator.shelf import Shelf
from stations.emulator.transfers import Trust, fetch
from tests.emulator.scripted import Scripted

URL = "http://files/firmware-2.0.bin"
PLACE = ("http://10.0.0.1:8000/firmware-2.0.bin",)
IMAGE = bytes(range(256)) * 1000


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class Publications(SimpleTestCase):
    action = "PublishFirmwareStatusNotification"

    def setUp(self) -> None:
        self.drive = Scripted(self, "2.0.1")
        self.station = self.drive.station

    def publish(self, request: int = 3, checksum: str = "", **more: Any) -> str:
        payload = {"requestId": request, "location": URL, "checksum": checksum or md5(IMAGE)} | more
        return self.drive.status_of("PublishFirmware", **payload)

    def unpublish(self) -> str:
        return self.drive.status_of("UnpublishFirmware", checksum=md5(IMAGE).upper())

    def effect(self) -> Effect:
        (effect,) = self.station.take_effects()
        return effect

    def deliver(self, content: bytes | None = IMAGE) -> None:
        download = self.effect()
        assert isinstance(download, Download)
        self.station.downloaded(download.job, content, self.drive.now)
        self.drive.run(0)

    def serve(self, *locations: str) -> None:
        effect = self.effect()
        self.assertEqual(effect, Publish(md5(IMAGE), "firmware-2.0.bin", IMAGE))
        self.station.published(md5(IMAGE), locations, self.drive.now)
        self.drive.run(0)

    def told(self) -> list[str]:
        return [each["status"] for each in self.drive.of(self.action)]

    def trigger(self) -> Any:
        self.assertEqual(self.drive.status_of("TriggerMessage", requestedMessage=self.action), "Accepted")
        return self.drive.of(self.action)[-1]

    def test_are_fetched_checked_and_told_of(self) -> None:
        self.assertEqual(self.trigger(), {"status": "Idle"})
        self.assertEqual(self.publish(), "Accepted")
        self.assertEqual(self.trigger(), {"status": "Downloading", "requestId": 3})
        self.deliver()
        self.serve(*PLACE)
        self.assertEqual(self.told()[-3:], ["Downloaded", "ChecksumVerified", "Published"])
        last = self.drive.of(self.action)[-1]
        self.assertEqual(last, {"status": "Published", "requestId": 3, "location": list(PLACE)})
        self.assertEqual(self.trigger(), {"status": "Idle"})

    def test_come_one_after_the_other(self) -> None:
        self.publish()
        self.assertEqual(self.publish(4), "Rejected")
        self.deliver()
        self.assertEqual(self.publish(4), "Rejected")
        self.serve(*PLACE)
        self.assertEqual(self.publish(4), "Accepted")

    def test_of_another_checksum_are_none(self) -> None:
        self.publish(checksum="0" * 32)
        self.deliver()
        self.assertEqual(self.told(), ["Downloading", "Downloaded", "InvalidChecksum"])
        self.assertEqual(self.station.take_effects(), [])
        self.assertEqual(self.unpublish(), "NoFirmware")

    def test_are_fetched_again_after_a_failure(self) -> None:
        self.publish(retries=1, retryInterval=20)
        self.deliver(None)
        self.drive.run(21)
        self.deliver(None)
        self.drive.run(600)
        self.assertEqual(self.told(), ["Downloading", "Downloading", "DownloadFailed"])
        self.station.downloaded(99, IMAGE, self.drive.now)
        self.assertEqual(self.told()[-1], "DownloadFailed")

    def test_that_cannot_be_served_fail(self) -> None:
        self.publish()
        self.deliver()
        self.station.published("another", PLACE, self.drive.now)
        self.serve()
        self.assertEqual(self.told()[-1], "PublishFailed")
        self.assertEqual(self.unpublish(), "NoFirmware")

    def test_end_when_nobody_fetches_them(self) -> None:
        self.publish()
        self.assertEqual(self.unpublish(), "DownloadOngoing")
        self.deliver()
        self.serve(*PLACE)
        self.station.publications.fetch(md5(IMAGE), begins=True)
        self.assertEqual(self.unpublish(), "DownloadOngoing")
        self.station.publications.fetch(md5(IMAGE), begins=False)
        self.assertEqual(self.unpublish(), "Unpublished")
        self.assertEqual(self.effect(), Withdraw(md5(IMAGE)))
        self.assertEqual(self.unpublish(), "NoFirmware")


class Served(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.fetched: list[tuple[str, bool]] = []
        self.shelf = Shelf(lambda checksum, begins: self.fetched.append((checksum, begins)))
        self.addAsyncCleanup(self.shelf.stop)

    async def put(self, content: bytes = IMAGE, host: str = "127.0.0.1") -> tuple[str, ...]:
        told: asyncio.Future[tuple[str, ...]] = asyncio.get_running_loop().create_future()
        self.shelf.put(Publish(md5(content), "fw 2.bin", content), host, lambda _, places: told.set_result(places))
        return await asyncio.wait_for(told, 10)

    async def test_files_are_fetched_from_where_they_are_said_to_be(self) -> None:
        for content in (IMAGE, b"another"):
            (place,) = await self.put(content)
            self.assertTrue(place.endswith(f"/{md5(content)}/fw%202.bin"), place)
            self.assertEqual(await asyncio.to_thread(fetch, place, Trust()), content)
        self.assertEqual(self.fetched[:2], [(md5(IMAGE), True), (md5(IMAGE), False)])

    async def test_what_is_withdrawn_is_gone(self) -> None:
        (place,) = await self.put()
        self.shelf.withdraw(md5(IMAGE))
        self.assertIsNone(await asyncio.to_thread(fetch, place, Trust()))
        self.assertEqual(self.fetched, [])

    async def test_an_address_that_is_not_its_own_serves_nothing(self) -> None:
        self.assertEqual(await self.put(host="192.0.2.1"), ())

    async def ask(self, place: str, text: bytes) -> bytes:
        port = int(place.split(":")[2].split("/")[0])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(text)
        if not text:
            writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer

    async def test_other_requests_are_refused(self) -> None:
        (place,) = await self.put()
        path = place.split("/", 3)[3].encode()
        head = await self.ask(place, b"HEAD /" + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertIn(str(len(IMAGE)).encode(), head)
        self.assertTrue(head.endswith(b"\r\n\r\n"))
        post = await self.ask(place, b"POST /" + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        self.assertTrue(post.startswith(b"HTTP/1.1 405"))
        self.assertEqual(await self.ask(place, b"nonsense\r\n\r\n"), b"")
        self.assertEqual(await self.ask(place, b""), b"")
        self.assertEqual(self.fetched, [])

    async def test_ends_with_the_station(self) -> None:
        (place,) = await self.put()
        port = int(place.split(":")[2].split("/")[0])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.01)
        await self.shelf.stop()
        self.assertEqual(await asyncio.wait_for(reader.read(), 10), b"")
        writer.close()
