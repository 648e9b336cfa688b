"""What a request brings along is limited before anybody looks at it: by who sends it, by where to, and in time."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
from django.db import OperationalError
from django.test import Client as Browser

from smartserver.accounts.roles import Role
from smartserver.api import bodies
from stations.models import FirmwareFile
from tests.api.support import API, LiveCase, make_user

UPLOAD = API + "firmware/upload"
LARGE = 50_000_000


class BodyTests(LiveCase):
    def begin(self, path: str, *headers: str, length: int = LARGE, body: bytes = b"") -> tuple[int, str]:
        """The answer to a request of which no more than this is ever sent."""
        address = urlsplit(self.http)
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}", *headers, "", ""]
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as line:
            line.sendall("\r\n".join(lines).encode() + body)
            answer = line.recv(65_536).decode()
        return int(answer.split()[1]), answer

    def test_a_stranger_is_told_so_before_he_sends_a_file(self) -> None:
        for header in (
            "",
            "Authorization: Bearer sst_invented",
            "Authorization: Basic eA==",
            "Cookie: sessionid=invented",
        ):
            with self.subTest(header):
                status, answer = self.begin(UPLOAD, *filter(None, [header]))
                self.assertEqual(status, 401, answer)
                self.assertIn("www-authenticate: Bearer", answer)

    def test_so_is_who_may_not_upload(self) -> None:
        for role in (Role.VIEWER, Role.OPERATOR):
            status, answer = self.begin(UPLOAD, f"Authorization: Bearer {self.tokens[role]}")
            self.assertEqual(status, 403, answer)

    def test_without_a_length_a_stranger_is_not_read_to_the_end(self) -> None:
        sent = 0

        def pieces() -> Iterator[bytes]:
            nonlocal sent
            for _ in range(1000):
                sent += 1
                yield b"x" * 100_000

        try:
            status = requests.post(self.http + UPLOAD, data=pieces(), timeout=20).status_code
        except requests.ConnectionError:
            status = 401  # it hung up, which is as clear
        self.assertEqual(status, 401)
        self.assertLess(sent, 1000)

    def test_an_administrator_uploads_by_login_too(self) -> None:
        browser = Browser()
        browser.force_login(make_user(Role.ADMINISTRATOR, "ada"))
        cookies = {"sessionid": browser.cookies["sessionid"].value, "csrftoken": "a" * 32}
        content = b"x" * 2_000_000  # more than others may send
        for token, status in (("b" * 32, 403), ("a" * 32, 201)):
            answer = requests.post(
                self.http + UPLOAD,
                files={"file": ("image.bin", content)},
                cookies=cookies,
                headers={"X-CSRFToken": token},
                timeout=20,
            )
            self.assertEqual(answer.status_code, status, answer.text)
        self.assertEqual(FirmwareFile.objects.get().size, len(content))

    def test_a_database_out_of_reach_lets_nobody_send_a_file(self) -> None:
        with patch("smartserver.api.early.find_token", side_effect=OperationalError):
            status, _ = self.begin(UPLOAD, f"Authorization: Bearer {self.tokens[Role.ADMINISTRATOR]}")
        self.assertEqual(status, 401)

    def test_no_other_page_takes_a_large_body(self) -> None:
        for path in ("/login/", "/admin/login/", "/nothing", "/metrics", "/"):
            with self.subTest(path):
                self.assertEqual(self.begin(path)[0], 413)

    def test_a_body_that_does_not_come_is_not_waited_for(self) -> None:
        with patch.object(bodies, "IDLE_SECONDS", 0.1):
            status, answer = self.begin("/login/", length=100, body=b"x")
            self.assertEqual(status, 408, answer)
            self.assertIn('"code":"too_slow"', answer)

    def test_nor_one_that_never_ends(self) -> None:
        with patch.object(bodies, "BODY_SECONDS", 0.0):
            self.assertEqual(self.begin(API + "groups", length=100)[0], 408)
