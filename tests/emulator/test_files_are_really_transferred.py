"""Downloads and uploads over a real HTTP server."""

from __future__ import annotations

from unittest import mock

from django.test import SimpleTestCase

from stations.emulator import transfers
from stations.emulator.point.effects import Delivery
from stations.emulator.transfers import Trust, deliver, fetch
from tests.emulator.file_server import file_server


class Transfers(SimpleTestCase):
    def test_fetch_a_file(self) -> None:
        with file_server() as server:
            server.files["/image.bin"] = b"image" * 50_000
            self.assertEqual(fetch(f"{server.url}/image.bin", Trust()), server.files["/image.bin"])
            self.assertIsNone(fetch(f"{server.url}/other.bin", Trust()))

    def test_do_not_fetch_without_end(self) -> None:
        with file_server() as server, mock.patch.object(transfers, "LARGEST", 10):
            server.files["/image.bin"] = b"image" * 50_000
            self.assertIsNone(fetch(f"{server.url}/image.bin", Trust()))

    def deliver(self, url: str) -> Delivery:
        return deliver(url, "log.txt", b"text", Trust())

    def test_deliver_to_an_address_or_into_a_folder(self) -> None:
        with file_server() as server:
            self.assertIs(self.deliver(f"{server.url}/file?token=1"), Delivery.ARRIVED)
            self.assertIs(self.deliver(f"{server.url}/folder/"), Delivery.ARRIVED)
            self.assertEqual(server.received, {"/file?token=1": b"text", "/folder/log.txt": b"text"})

    def test_know_why_they_are_refused(self) -> None:
        with file_server() as server:
            refusals = {
                400: Delivery.MISUNDERSTOOD,
                401: Delivery.DENIED,
                403: Delivery.DENIED,
                404: Delivery.FAILED,
                405: Delivery.UNSUPPORTED,
                501: Delivery.UNSUPPORTED,
                503: Delivery.FAILED,
            }
            for status, delivery in refusals.items():
                self.assertIs(self.deliver(f"{server.url}/answers/{status}"), delivery, status)
            self.assertEqual(server.received, {})

    def test_deliver_to_nobody_else(self) -> None:
        with file_server() as server:
            for status in (301, 302, 303, 307, 308):
                self.assertIs(self.deliver(f"{server.url}/answers/{status}"), Delivery.FAILED, status)
            self.assertEqual((server.asked, server.received), (5, {}))

    def test_show_user_and_password(self) -> None:
        with file_server(login="user:p@ss") as server:
            named = server.url.replace("http://", "http://user:p%40ss@")
            self.assertIs(self.deliver(f"{server.url}/file"), Delivery.DENIED)
            self.assertIs(self.deliver(f"{named}/file"), Delivery.ARRIVED)

    def test_fail_where_nobody_is_or_where_the_way_is_unknown(self) -> None:
        with file_server() as server:
            gone = server.url
        for url in (f"{gone}/file", "http://"):
            self.assertIsNone(fetch(url, Trust()), url)
            self.assertIs(self.deliver(url), Delivery.FAILED, url)
        for url in ("ftp://127.0.0.1/file", "nonsense"):
            self.assertIsNone(fetch(url, Trust()), url)
            self.assertIs(self.deliver(url), Delivery.UNSUPPORTED, url)

    def test_believe_whom_they_are_told_to(self) -> None:
        self.assertIs(Trust().verify, True)
        self.assertEqual(Trust("root.pem").verify, "root.pem")
        self.assertIs(Trust("root.pem", insecure=True).verify, False)
