"""A body that comes in chunks (RFC 9112 section 7.1), without a length in its head, is read as one with a length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from smartserver.accounts.roles import Role
from stations.models import FirmwareFile, Station
from tests.api.support import API, LiveCase
from tests.stations.factories import StationFactory

FORM = (
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="f.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n" + b"x" * 100_000
)
END = b"\r\n--edge--\r\n"


def pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


class ChunkedBodyTests(LiveCase):
    def send(self, method: str, address: str, body: bytes, kind: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[Role.ADMINISTRATOR]}", "Content-Type": kind}
        response = requests.request(method, self.http + API + address, data=pieces(body), headers=headers, timeout=20)
        self.assertEqual(response.request.headers["Transfer-Encoding"], "chunked")
        return response

    def test_changes_are_made(self) -> None:
        StationFactory.create(identity="CP1")
        self.assertEqual(self.send("PATCH", "stations/CP1", b'{"note": "by the door"}').json()["note"], "by the door")
        self.assertEqual(Station.objects.get().note, "by the door")

    def test_mistakes_are_found(self) -> None:
        StationFactory.create(identity="CP1")
        self.assertEqual(self.send("PATCH", "stations/CP1", b'{"note": ').status_code, 400)
        self.assertEqual(self.send("PATCH", "stations/CP1", b"{}", kind="text/plain").status_code, 415)

    def test_files_are_stored_when_they_are_complete(self) -> None:
        kind = "multipart/form-data; boundary=edge"
        self.assertEqual(self.send("POST", "firmware/upload", FORM, kind).status_code, 400)
        self.assertFalse(FirmwareFile.objects.exists())
        found = self.send("POST", "firmware/upload", FORM + END, kind)
        self.assertEqual((found.status_code, found.json()["size"]), (201, 100_000), found.text)
