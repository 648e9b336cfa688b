"""Settings that would keep stations from their files, or the authority from signing, are found at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.test import SimpleTestCase

from tests.operations.test_system_checks_refuse_bad_combinations import found

LOCAL = ["localhost", "127.0.0.1", "[::1]"]


class SettingsTests(SimpleTestCase):
    def test_how_requests_are_approved(self) -> None:
        self.assertEqual(found(CERTIFICATE_APPROVAL="manual"), set())
        self.assertEqual(found(CERTIFICATE_APPROVAL="perhaps"), {"smartserver.E010"})

    def test_key_and_certificate_belong_together(self) -> None:
        file = Path("x.pem")
        self.assertEqual(found(CA_CERTIFICATE_FILE=file, CA_KEY_FILE=file), set())
        for one in ({"CA_CERTIFICATE_FILE": file}, {"CA_KEY_FILE": file}):
            changed: dict[str, Any] = one
            self.assertEqual(found(**changed), {"smartserver.E011"})

    def test_the_public_address_is_one(self) -> None:
        for fine in ("https://charging.example.org", "http://10.0.0.1:8000/cpms", ""):
            self.assertEqual(found(PUBLIC_URL=fine), set())
        for wrong in (
            "charging.example.org",
            "ftp://x",
            "https://user@x",
            "https://x/?a",
            "https://" + "x" * 300,
        ):
            self.assertEqual(found(PUBLIC_URL=wrong), {"smartserver.E012"}, wrong)

    def test_stations_can_reach_the_files(self) -> None:
        closed: dict[str, Any] = {"OPEN": False, "deployment": True}
        self.assertEqual(found(ALLOWED_HOSTS=LOCAL, **closed), {"smartserver.W010"})
        self.assertEqual(found(ALLOWED_HOSTS=["*", ".example.org"], **closed), {"smartserver.W010"})
        self.assertEqual(found(ALLOWED_HOSTS=["charging.example.org"], **closed), set())
        self.assertEqual(found(ALLOWED_HOSTS=LOCAL, PUBLIC_URL="https://x.org", **closed), set())

    def test_limits(self) -> None:
        for name in ("UPLOAD_MAX_BYTES", "MAX_TRANSFERS", "TRANSFER_SECONDS", "FILE_JOB_TIMEOUT", "CERTIFICATE_DAYS"):
            changed: dict[str, Any] = {name: 0}
            self.assertEqual(found(**changed), {"smartserver.E002"})
