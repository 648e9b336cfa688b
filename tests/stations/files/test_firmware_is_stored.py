"""Firmware that operators upload: whole, or not at all; and what of it can be removed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.test import override_settings

from smartserver.core.errors import BadInput, Conflict, NotFound
from stations import storage
from stations.models import FirmwareFile
from stations.services import files
from stations.services.certificates import pem
from stations.services.commands import Requester
from tests.stations.files.support import FilesCase, digest, firmware, firmware_job, upload_job
from tests.stations.signing import self_signed
from tests.units import run

OLGA = Requester("olga")
CERTIFICATE = pem.pem_of(self_signed("Maker", ec.generate_private_key(ec.SECP256R1())))


def store(*chunks: bytes, **fields: Any) -> FirmwareFile:
    wanted: dict[str, Any] = {"name": "image.bin", "by": OLGA} | fields
    return files.store_firmware(chunks=chunks, **wanted)


class StoredTests(FilesCase):
    def test_in_pieces(self) -> None:
        row = store(b"one", b"two", version=" 2.0 ", description="For all", name="C:\\images\\v2.bin")
        self.assertEqual((row.name, row.version, row.description), ("v2.bin", "2.0", "For all"))
        self.assertEqual((row.size, row.sha256), (6, digest(b"onetwo")))
        with storage.open_file(row.path) as file:
            self.assertEqual(file.read(), b"onetwo")

    def test_signed(self) -> None:
        row = store(b"image", signature="c2ln", signing_certificate=CERTIFICATE)
        self.assertEqual((row.signature, row.signing_certificate), ("c2ln", CERTIFICATE.strip()))

    def test_what_is_refused_leaves_nothing(self) -> None:
        def breaking() -> Iterator[bytes]:
            yield b"half"
            raise ConnectionError

        with override_settings(FIRMWARE_MAX_BYTES=5):
            with self.assertRaises(storage.TooLarge):
                store(b"123", b"456")
            store(b"12345")
        for error, fields in (
            (BadInput, {"chunks": ()}),
            (ConnectionError, {"chunks": breaking()}),
            (BadInput, {"signature": "c2ln"}),
            (BadInput, {"signing_certificate": CERTIFICATE}),
            (BadInput, {"signature": "c2ln", "signing_certificate": "no certificate"}),
            (BadInput, {"signature": "not base64!", "signing_certificate": CERTIFICATE}),
            (BadInput, {"signature": "A" * 801, "signing_certificate": CERTIFICATE}),
        ):
            wanted: dict[str, Any] = {"name": "x", "chunks": (b"x",), "by": OLGA} | fields
            with self.subTest(error=error, fields=list(fields)), self.assertRaises(error):
                files.store_firmware(**wanted)
        self.assertEqual((FirmwareFile.objects.count(), len(self.stored_files())), (1, 1))

    def test_its_checksum(self) -> None:
        row = store(b"one", b"two")
        self.assertEqual(files.checksum_of(row), "5b9164ad6f496d9dee12ec7634ce253f")
        (self.folder / row.path).unlink()
        with self.assertRaises(NotFound):
            files.checksum_of(row)

    def test_removed_unless_a_job_names_it(self) -> None:
        free, used = firmware(b"free"), firmware(b"used")
        firmware_job(self.station, used)
        run(lambda batch: files.delete_firmware(batch, firmware_id=free.pk))
        for error, pk in ((Conflict, used.pk), (NotFound, free.pk)):
            with self.assertRaises(error):
                run(partial(files.delete_firmware, firmware_id=pk))
        self.assertEqual(list(FirmwareFile.objects.all()), [used])


class ReceivedTests(FilesCase):
    def test_a_file_that_has_not_come_or_is_gone(self) -> None:
        job = upload_job(self.station)
        with self.assertRaisesRegex(NotFound, "No file"):
            files.open_upload(job)
        job.path = "uploads/gone"
        with self.assertRaisesRegex(NotFound, "gone"):
            files.open_upload(job)

    def test_a_file_without_a_name_gets_one(self) -> None:
        draft = storage.Draft(10)
        draft.write(b"content")
        kept = draft.keep(storage.UPLOADS)
        job = upload_job(self.station, path=kept.path, size=kept.size)
        upload = files.open_upload(job)
        with upload.file:
            self.assertEqual((upload.name, upload.size), (f"diagnostics-{job.pk}", 7))
