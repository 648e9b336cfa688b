"""Asking a station to fetch firmware, or to upload diagnostics or a log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

from django.conf import settings

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound
from stations.models import Command, FileJob, FirmwareFile, Station
from stations.ocpp.frames import Payload
from stations.ocpp.v16 import files as v16
from stations.services.commands import SERVER, Requester, queue_command, version_of
from stations.services.files import jobs
from stations.services.files.addresses import FIRMWARE, UPLOADS, make_address

Kind = FileJob.Kind
State = FileJob.State

WRITERS: Mapping[str, ModuleType] = {"1.6": v16}
"""How the calls are written in each version."""

MAX_RETRIES = 100
MAX_INTERVAL = 86_400

LOG_TYPES = ("DiagnosticsLog", "SecurityLog")


def start_firmware_update(
    batch: Batch,
    *,
    station_id: int,
    firmware_id: int,
    retrieve_at: datetime | None = None,
    install_at: datetime | None = None,
    retries: int | None = None,
    retry_interval: int | None = None,
    signed: bool = False,
    by: Requester = SERVER,
) -> FileJob:
    """Have a station fetch and install a firmware file. `signed`: with signature and certificate, for its check."""
    firmware = FirmwareFile.objects.filter(pk=firmware_id).first()
    if firmware is None:
        raise NotFound("There is no such firmware file.")
    if signed and not (firmware.signature and firmware.signing_certificate):
        raise Conflict("This firmware file has no signature, or no certificate to check it with.")
    tries = _retries(retries, retry_interval)
    job, location, write = _begin(
        batch,
        station_id=station_id,
        kind=Kind.SIGNED_FIRMWARE if signed else Kind.FIRMWARE,
        firmware=firmware,
        retrieve_at=retrieve_at,
    )
    when = batch.now if retrieve_at is None else retrieve_at
    if not signed:
        payload = write.write_update(location=location, retrieve_at=when, **tries)
        return _ask(batch, job, "UpdateFirmware", payload, by)
    payload = write.write_signed_update(
        request=job.pk,
        location=location,
        retrieve_at=when,
        install_at=install_at,
        certificate=firmware.signing_certificate,
        signature=firmware.signature,
        **tries,
    )
    return _ask(batch, job, "SignedUpdateFirmware", payload, by)


def request_diagnostics(
    batch: Batch,
    *,
    station_id: int,
    start: datetime | None = None,
    stop: datetime | None = None,
    retries: int | None = None,
    retry_interval: int | None = None,
    by: Requester = SERVER,
) -> FileJob:
    """Have a station upload its diagnostics (GetDiagnostics)."""
    _in_order(start, stop)
    tries = _retries(retries, retry_interval)
    job, location, write = _begin(batch, station_id=station_id, kind=Kind.DIAGNOSTICS)
    payload = write.write_diagnostics(location=location, start=start, stop=stop, **tries)
    return _ask(batch, job, "GetDiagnostics", payload, by)


def request_log(
    batch: Batch,
    *,
    station_id: int,
    log_type: str,
    oldest: datetime | None = None,
    latest: datetime | None = None,
    retries: int | None = None,
    retry_interval: int | None = None,
    by: Requester = SERVER,
) -> FileJob:
    """Have a station upload a log (GetLog). `log_type`: DiagnosticsLog or SecurityLog."""
    if log_type not in LOG_TYPES:
        raise BadInput(f"The log type is one of {', '.join(LOG_TYPES)}.")
    _in_order(oldest, latest)
    tries = _retries(retries, retry_interval)
    job, location, write = _begin(batch, station_id=station_id, kind=Kind.LOG, log_type=log_type)
    payload = write.write_log(
        request=job.pk, location=location, log_type=log_type, oldest=oldest, latest=latest, **tries
    )
    return _ask(batch, job, "GetLog", payload, by)


def cancel_job(batch: Batch, *, job_id: int, by: Requester) -> FileJob:
    """Wait for a job no longer, and close its address. OCPP 1.6 has no way to tell the station."""
    job = jobs.locked(pk=job_id)
    if job is None:
        raise NotFound("There is no such job.")
    if job.state not in jobs.OPEN:
        raise Conflict(f"This job is {job.state} already.")
    if job.command is not None and job.command.state == Command.State.QUEUED:
        raise Conflict("The station has not been asked yet: cancel the command.", command=job.command.pk)
    with jobs.changing(batch, job):
        jobs.end(job, State.CANCELLED, batch.now, f"Cancelled by {by.name}.")
    return job


def _begin(batch: Batch, *, station_id: int, kind: FileJob.Kind, **fields: Any) -> tuple[FileJob, str, ModuleType]:
    """A new job, the address that its station is told, and the module that writes the call."""
    station = Station.objects.filter(pk=station_id).first()
    if station is None:
        raise NotFound("There is no such station.")
    version = version_of(station)
    if version not in WRITERS:
        raise Conflict(f"Files of stations with OCPP {version} are not supported yet.")
    firmware: FirmwareFile | None = fields.get("firmware")
    address = make_address(FIRMWARE, firmware.name) if firmware else make_address(UPLOADS)
    needed = max(batch.now + timedelta(seconds=settings.COMMAND_LIFETIME), fields.get("retrieve_at") or batch.now)
    expires = needed + timedelta(seconds=settings.FILE_ADDRESS_LIFETIME)
    job = FileJob.objects.create(
        station=station,
        kind=kind,
        token_hash=address.hash,
        address_expires_at=expires,
        due_at=expires,
        created_at=batch.now,
        **fields,
    )
    return job, address.url, WRITERS[version]


def _ask(batch: Batch, job: FileJob, action: str, payload: Payload, by: Requester) -> FileJob:
    job.command = queue_command(batch, station_id=job.station_id, action=action, payload=payload, by=by)
    job.save()
    jobs.publish(batch, job)
    return job


def _retries(times: int | None, interval: int | None) -> dict[str, int | None]:
    if times is not None and not 0 <= times <= MAX_RETRIES:
        raise BadInput(f"A station tries again between 0 and {MAX_RETRIES} times.")
    if interval is not None and not 0 <= interval <= MAX_INTERVAL:
        raise BadInput(f"Between two tries are at most {MAX_INTERVAL} seconds.")
    return {"retries": times, "retry_interval": interval}


def _in_order(start: datetime | None, stop: datetime | None) -> None:
    if start is not None and stop is not None and start > stop:
        raise BadInput("The end of the time is before its beginning.")
