"""What an operator may ask of a station with files, and at which address it finds or leaves them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from django.test import TestCase, override_settings

from smartserver.core.errors import BadInput, Conflict, InvalidPayload, NotFound
from stations.models import Command, FileJob, FirmwareFile, Station
from stations.services import files
from stations.services.files import addresses
from stations.services.secrets import mask
from tests.stations.files.jobs import CHECKSUM, LATER, OLGA, JobCase
from tests.stations.support import NOON


class Asked(JobCase):
    def test_update_firmware(self) -> None:
        job = self.update(retrieve_at=NOON + timedelta(days=1), retries=3, retry_interval=60)
        command = Command.objects.get()
        self.assertEqual((command.action, command.origin, job.command), ("UpdateFirmware", "olga", command))
        self.assertEqual(command.payload["retrieveDate"], "2026-06-22T12:00:00.000Z")
        self.assertEqual((command.payload["retries"], command.payload["retryInterval"]), (3, 60))
        address = urlsplit(command.payload["location"])
        self.assertEqual((address.scheme, address.netloc), ("https", "charging.example.org"))
        self.assertRegex(address.path, r"^/files/firmware/[\w-]{32}/image-v2\.bin$")
        self.assertEqual(job.address_expires_at, NOON + timedelta(days=2), "a day after it may be fetched")

    def test_signed_update_firmware(self) -> None:
        job = self.update(signed=True, install_at=NOON + LATER)
        payload = Command.objects.get().payload
        self.assertEqual(payload["requestId"], job.pk)
        self.assertEqual((payload["firmware"]["signature"], payload["firmware"]["signingCertificate"]), ("c2ln", "PEM"))
        self.assertEqual(payload["firmware"]["installDateTime"], "2026-06-21T12:05:00.000Z")

    def test_get_diagnostics(self) -> None:
        self.diagnostics(start=NOON - LATER, stop=NOON, retries=0)
        payload = Command.objects.get().payload
        self.assertEqual(payload["startTime"], "2026-06-21T11:55:00.000Z")
        self.assertEqual((payload["stopTime"], payload["retries"]), ("2026-06-21T12:00:00.000Z", 0))
        self.assertRegex(urlsplit(payload["location"]).path, r"^/files/uploads/[\w-]{32}$")

    def test_get_log(self) -> None:
        job = self.log("DiagnosticsLog", oldest=NOON - LATER, latest=NOON)
        payload = Command.objects.get().payload
        self.assertEqual((payload["requestId"], payload["logType"]), (job.pk, "DiagnosticsLog"))
        self.assertEqual(payload["log"]["oldestTimestamp"], "2026-06-21T11:55:00.000Z")

    def test_addresses_are_secret(self) -> None:
        """The database knows a hash; what is shown or logged of the command has no token."""
        job = self.diagnostics()
        token = urlsplit(self.location(job)).path.split("/")[3]
        self.assertEqual(job.token_hash, addresses.hash_of(token))
        command = Command.objects.get()
        self.assertEqual(
            mask("GetDiagnostics", command.payload)["location"], "https://charging.example.org/files/uploads/••••••"
        )
        self.answer({})
        command.refresh_from_db()
        self.assertNotIn(token, str(command.payload))

    def test_no_two_addresses_are_alike(self) -> None:
        self.assertNotEqual(self.location(self.diagnostics()), self.location(self.diagnostics()))

    def test_what_cannot_be_asked(self) -> None:
        nothing = {"by": OLGA}
        for error, ask in (
            (NotFound, lambda: self.update(station_id=0)),
            (NotFound, lambda: self.update(firmware_id=0)),
            (BadInput, lambda: self.update(retries=-1)),
            (BadInput, lambda: self.update(retry_interval=100_000)),
            (BadInput, lambda: self.diagnostics(start=NOON, stop=NOON - LATER)),
            (BadInput, lambda: self.log("BootLog")),
            (BadInput, lambda: self.log(oldest=NOON, latest=NOON - LATER)),
            (NotFound, lambda: self.do(lambda batch: files.cancel_job(batch, job_id=0, **nothing))),
        ):
            with self.assertRaises(error):
                ask()
        self.assertEqual((FileJob.objects.count(), Command.objects.count()), (0, 0))

    def test_unsigned_firmware_is_not_sent_as_signed(self) -> None:
        FirmwareFile.objects.update(signature="")
        with self.assertRaisesRegex(Conflict, "no signature"):
            self.update(signed=True)

    def test_a_certificate_that_no_station_takes(self) -> None:
        FirmwareFile.objects.update(signing_certificate="x" * 6000)
        with self.assertRaises(InvalidPayload):
            self.update(signed=True)
        self.assertEqual(FileJob.objects.count(), 0)

    def test_what_a_version_has_no_call_for(self) -> None:
        with self.assertRaisesRegex(Conflict, r"OCPP 1\.6 has no call"):
            self.publication()
        with self.assertRaises(InvalidPayload):
            self.log("DataCollectorLog")
        Station.objects.update(ocpp_version="NOC")
        for ask in (self.update, self.diagnostics, self.log, self.publication):
            with self.assertRaises(Conflict):
                ask()
        self.assertEqual((FileJob.objects.count(), Command.objects.count()), (0, 0))


class AskedOf2(JobCase):
    version = "2.1"

    def test_an_update_with_or_without_a_signature(self) -> None:
        for signed in (True, False):
            job = self.update(signed=signed, install_at=NOON + LATER, retries=2)
            command = job.command
            assert command is not None
            self.assertEqual(command.action, "UpdateFirmware")
            self.assertEqual((command.payload["requestId"], command.payload["retries"]), (job.pk, 2))
            firmware = command.payload["firmware"]
            self.assertEqual(firmware["installDateTime"], "2026-06-21T12:05:00.000Z")
            self.assertEqual(("signature" in firmware, "signingCertificate" in firmware), (signed, signed))

    def test_a_publication(self) -> None:
        job = self.publication(retries=1, retry_interval=30)
        payload = Command.objects.get().payload
        self.assertEqual((payload["requestId"], payload["checksum"], job.checksum), (job.pk, CHECKSUM, CHECKSUM))
        self.assertEqual((payload["retries"], payload["retryInterval"]), (1, 30))
        self.assertRegex(urlsplit(payload["location"]).path, r"^/files/firmware/[\w-]{32}/image-v2\.bin$")
        self.assertNotIn(payload["location"].split("/")[5], str(mask("PublishFirmware", payload)))
        with self.assertRaises(NotFound):
            self.publication(firmware_id=0)

    def test_diagnostics_are_a_log(self) -> None:
        job = self.diagnostics(start=NOON - LATER, stop=NOON)
        payload = Command.objects.get().payload
        self.assertEqual((job.kind, job.log_type, payload["logType"]), ("log", "DiagnosticsLog", "DiagnosticsLog"))
        self.assertEqual(payload["log"]["latestTimestamp"], "2026-06-21T12:00:00.000Z")

    def test_a_log_of_the_data_collector(self) -> None:
        self.assertEqual(self.log("DataCollectorLog").log_type, "DataCollectorLog")


class Addresses(TestCase):
    def check(self, wanted: str, **changed: Any) -> None:
        with override_settings(**changed):
            self.assertEqual(addresses.public_url(), wanted)

    def test_where_stations_reach_the_server(self) -> None:
        local = ["localhost", "127.0.0.1", "[::1]"]
        self.check("http://stations.example.org:8080", PUBLIC_URL="http://stations.example.org:8080")
        self.check("https://charging.example.org", ALLOWED_HOSTS=[*local, "charging.example.org"], HTTPS=True)
        self.check("http://charging.example.org", ALLOWED_HOSTS=["*", ".example.org", "charging.example.org"])
        self.check("http://127.0.0.1:9000", ALLOWED_HOSTS=local, SERVED_AT="http://127.0.0.1:9000")

    def test_names_in_addresses_are_harmless(self) -> None:
        for name, end in {"a b/../c.bin": "a-b-..-c.bin", "///": "", "x" * 300 + ".bin": "x" * 60 + ".bin"}.items():
            with self.subTest(name), mock.patch("secrets.token_urlsafe", return_value="t"):
                path = urlsplit(addresses.make_address("firmware", name).url).path
                self.assertEqual(path, "/files/firmware/t" + (f"/{end}" if end else ""))
