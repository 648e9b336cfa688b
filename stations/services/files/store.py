"""Files that are stored: firmware by operators, diagnostics and logs by stations."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from functools import partial
from typing import BinaryIO, NamedTuple

from django.conf import settings

from smartserver.core import change
from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound
from stations import storage
from stations.models import FileJob, FirmwareFile
from stations.services.certificates.pem import read_certificate
from stations.services.commands import Requester
from stations.services.files import jobs
from stations.services.files.addresses import UPLOADS, job_at
from stations.storage import Draft, Kept

State = FileJob.State


class Upload(NamedTuple):
    """A file that a station has uploaded, open for reading; `name` is safe to show and to offer for saving."""

    file: BinaryIO
    name: str
    size: int


# -- firmware -----------------------------------------------------------------------------------


def store_firmware(
    *,
    name: str,
    chunks: Iterable[bytes],
    version: str = "",
    description: str = "",
    signature: str = "",
    signing_certificate: str = "",
    by: Requester,
) -> FirmwareFile:
    """Store a firmware file as its pieces come; `TooLarge` beyond FIRMWARE_MAX_BYTES. Not inside a unit.

    When anything goes wrong, nothing is kept. `signature` (base64) and `signing_certificate` (PEM) are for
    SignedUpdateFirmware.
    """
    row = FirmwareFile(
        name=shown_name(name) or "firmware",
        version=version.strip()[:100],
        description=description.strip()[:1000],
        signature=signature.strip(),
        signing_certificate=signing_certificate.strip(),
        uploaded_by_id=by.user_id,
    )
    _check_signature(row)
    draft = Draft(settings.FIRMWARE_MAX_BYTES)
    try:
        for chunk in chunks:
            draft.write(chunk)
        if not draft.size:
            raise BadInput("The file is empty.")
        kept = draft.keep(storage.FIRMWARE)
    except BaseException:
        draft.discard()
        raise
    row.path, row.size, row.sha256 = kept
    # Should this fail, no row names the file, and the next sweep removes it.
    return change.store(partial(_create, row=row))


def _create(batch: Batch, row: FirmwareFile) -> FirmwareFile:
    row.pk = None
    row.created_at = batch.now
    row.save(force_insert=True)
    return row


def _check_signature(row: FirmwareFile) -> None:
    if bool(row.signature) != bool(row.signing_certificate):
        raise BadInput("A signature and the certificate to check it with belong together.")
    if row.signing_certificate:
        read_certificate(row.signing_certificate)
    if len(row.signature) > 800 or len(row.signing_certificate) > 5500:
        raise BadInput("OCPP takes signatures of at most 800 and certificates of at most 5500 characters.")
    if not re.fullmatch(r"[A-Za-z0-9+/=\s]*", row.signature):
        raise BadInput("The signature is not base64.")


def checksum_of(firmware: FirmwareFile) -> str:
    """The MD5 of a firmware file, by which PublishFirmware knows it. Reads all of the file: not inside a unit."""
    try:
        with storage.open_file(firmware.path) as file:
            return hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    except FileNotFoundError:
        raise NotFound("The file is gone.") from None


def delete_firmware(batch: Batch, *, firmware_id: int) -> None:
    """Remove a firmware file that no job names; the sweep removes it from the disk."""
    row = FirmwareFile.objects.select_for_update().filter(pk=firmware_id).first()
    if row is None:
        raise NotFound("There is no such firmware file.")
    if row.jobs.exists():
        raise Conflict("Firmware that stations were told to fetch is kept, because their jobs name it.")
    row.delete()


def note_fetch(batch: Batch, *, job_id: int, complete: bool) -> None:
    """A station fetches its firmware: that is news, also when it reports nothing.

    Also of a job that failed, when another attempt begins. The end of an attempt is no such news: what the station
    said of the file it has meanwhile (InvalidSignature) may be stored before the fact that all of it was sent.
    """
    job = jobs.locked(pk=job_id)
    if job is None:
        return
    with jobs.changing(batch, job):
        if complete:
            jobs.note(job, "File sent", batch.now)
        elif job.address_used_at is None or job.state == State.FAILED:
            job.address_used_at = job.address_used_at or batch.now
            jobs.note(job, "File requested", batch.now)
        if job.state in jobs.OPEN or (job.state == State.FAILED and not complete):
            jobs.go_on(job, batch.now)


# -- uploads ------------------------------------------------------------------------------------


def receive_file(batch: Batch, *, token: str, kept: Kept, name: str) -> bool:
    """Take a file that has arrived whole, and use up its address. False: the very same file was taken before.

    `NotFound`, `Gone`, or `Conflict` when another file came first.
    """
    job = jobs.locked(pk=job_at(UPLOADS, token, batch.now).pk)
    assert job is not None
    if job.received_at is not None:
        if (job.size, job.sha256) != (kept.size, kept.sha256):
            raise Conflict("This address has been used.")
        return job.path == kept.path  # equal: this very unit, run again after a commit nobody heard of
    with jobs.changing(batch, job):
        job.path, job.size, job.sha256 = kept
        job.received_at = job.address_used_at = batch.now
        job.file_name = shown_name(name) or job.file_name
        jobs.take_file(job, batch.now)
    return True


def open_upload(job: FileJob) -> Upload:
    """The file of a diagnostics or log job; `NotFound` when there is none (any more)."""
    if not job.path:
        raise NotFound("No file has been received." if job.received_at is None else "The file was deleted by its age.")
    try:
        file = storage.open_file(job.path)
    except FileNotFoundError:
        raise NotFound("The file is gone.") from None
    return Upload(file, job.file_name or f"{job.kind}-{job.pk}", job.size or 0)


def shown_name(raw: str) -> str:
    """A file's name as others give it, for people to see: without folders and without what cannot be printed."""
    name = re.split(r"[/\\]", raw)[-1]
    return "".join(character for character in name if character.isprintable()).strip()[:255]


def named_files(paths: Collection[str]) -> set[str]:
    """Which of these files rows name."""
    return {
        *FileJob.objects.filter(path__in=paths).values_list("path", flat=True),
        *FirmwareFile.objects.filter(path__in=paths).values_list("path", flat=True),
    }
