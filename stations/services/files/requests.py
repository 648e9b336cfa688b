"""Asking a station to fetch firmware, to publish it, or to upload diagnostics or a log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings

from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound
from stations.models import Command, FileJob, FirmwareFile, Station
from stations.ocpp.files import Collection, Order, Publication, Update
from stations.ocpp.frames import Payload
from stations.ocpp.v16 import files as v16
from stations.ocpp.v201 import files as v201
from stations.services.commands import SERVER, Requester, queue_command, version_of
from stations.services.files import jobs
from stations.services.files.addresses import FIRMWARE, UPLOADS, make_address, make_guarded_address

Kind = FileJob.Kind
State = FileJob.State


class Call(NamedTuple):
    """How an order is given: by which action, and how its payload is written."""

    action: str
    write: Callable[[Any], Payload]


_CALLS_2: Mapping[str, Call] = {
    Kind.FIRMWARE: Call("UpdateFirmware", v201.write_update),
    Kind.SIGNED_FIRMWARE: Call("UpdateFirmware", v201.write_update),
    Kind.PUBLICATION: Call("PublishFirmware", v201.write_publish),
    Kind.LOG: Call("GetLog", v201.write_log),
}

CALLS: Mapping[str, Mapping[str, Call]] = {
    "1.6": {
        Kind.FIRMWARE: Call("UpdateFirmware", v16.write_update),
        Kind.SIGNED_FIRMWARE: Call("SignedUpdateFirmware", v16.write_signed_update),
        Kind.DIAGNOSTICS: Call("GetDiagnostics", v16.write_diagnostics),
        Kind.LOG: Call("GetLog", v16.write_log),
    },
    "2.0.1": _CALLS_2,
    "2.1": _CALLS_2,
}
"""What can be asked of the stations of a version, by the kind of the job."""

LOG_TYPES = ("DiagnosticsLog", "SecurityLog", "DataCollectorLog")
"""Those of all versions; the schema of a version refuses what it does not have."""

MAX_RETRIES = 100
MAX_INTERVAL = 86_400


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
    firmware = _firmware(firmware_id)
    if signed and not (firmware.signature and firmware.signing_certificate):
        raise Conflict("This firmware file has no signature, or no certificate to check it with.")
    tries = _retries(retries, retry_interval)
    kind = Kind.SIGNED_FIRMWARE if signed else Kind.FIRMWARE
    new = _begin(batch, station_id=station_id, kind=kind, firmware=firmware, retrieve_at=retrieve_at)
    order = Update(
        request=new.job.pk,
        location=new.location,
        retrieve_at=batch.now if retrieve_at is None else retrieve_at,
        install_at=install_at,
        certificate=firmware.signing_certificate if signed else "",
        signature=firmware.signature if signed else "",
        **tries,
    )
    return _ask(batch, new, order, by)


def publish_firmware(
    batch: Batch,
    *,
    station_id: int,
    firmware_id: int,
    checksum: str,
    retries: int | None = None,
    retry_interval: int | None = None,
    by: Requester = SERVER,
) -> FileJob:
    """Have a local controller fetch a firmware file and publish it for the stations behind it (2.x, L03).

    `checksum`: that of the file (`store.checksum_of`).
    """
    tries = _retries(retries, retry_interval)
    firmware = _firmware(firmware_id)
    new = _begin(batch, station_id=station_id, kind=Kind.PUBLICATION, firmware=firmware, checksum=checksum)
    order = Publication(request=new.job.pk, location=new.location, checksum=checksum, **tries)
    return _ask(batch, new, order, by)


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
    """Have a station upload its diagnostics: by GetDiagnostics, or as a log where that is all there is (2.x)."""
    station = _station(station_id)
    only_logs = Kind.DIAGNOSTICS not in CALLS.get(version_of(station), {})
    _in_order(start, stop)
    tries = _retries(retries, retry_interval)
    log_type = "DiagnosticsLog" if only_logs else ""
    new = _begin(batch, station_id=station_id, kind=Kind.LOG if only_logs else Kind.DIAGNOSTICS, log_type=log_type)
    order = Collection(request=new.job.pk, location=new.location, log_type=log_type, oldest=start, latest=stop, **tries)
    return _ask(batch, new, order, by)


def request_log(
    batch: Batch,
    *,
    station_id: int,
    log_type: str,
    oldest: datetime | None = None,
    latest: datetime | None = None,
    retries: int | None = None,
    retry_interval: int | None = None,
    guarded: bool = False,
    by: Requester = SERVER,
) -> FileJob:
    """Have a station upload a log (GetLog). `log_type`: one of LOG_TYPES; `guarded`: with user and password."""
    if log_type not in LOG_TYPES:
        raise BadInput(f"The log type is one of {', '.join(LOG_TYPES)}.")
    _in_order(oldest, latest)
    tries = _retries(retries, retry_interval)
    new = _begin(batch, station_id=station_id, kind=Kind.LOG, guarded=guarded, log_type=log_type)
    order = Collection(
        request=new.job.pk, location=new.location, log_type=log_type, oldest=oldest, latest=latest, **tries
    )
    return _ask(batch, new, order, by)


def cancel_job(batch: Batch, *, job_id: int, by: Requester) -> FileJob:
    """Wait for a job no longer, and close its address. OCPP has no way to tell the station."""
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


class _New(NamedTuple):
    """A job that has just begun, the address that its station is told, and how it is told."""

    job: FileJob
    location: str
    call: Call


def _begin(batch: Batch, *, station_id: int, kind: FileJob.Kind, guarded: bool = False, **fields: Any) -> _New:
    station = _station(station_id)
    version = version_of(station)
    call = CALLS.get(version, {}).get(kind)
    if call is None:
        raise Conflict(f"OCPP {version} has no call for that.")
    firmware: FirmwareFile | None = fields.get("firmware")
    address = make_guarded_address() if guarded else make_address(UPLOADS)
    if firmware is not None:
        address = make_address(FIRMWARE, firmware.name)
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
    return _New(job, address.url, call)


def _ask(batch: Batch, new: _New, order: Order, by: Requester) -> FileJob:
    job, call = new.job, new.call
    payload = call.write(order)
    job.command = queue_command(batch, station_id=job.station_id, action=call.action, payload=payload, by=by)
    job.save()
    jobs.publish(batch, job)
    return job


def _station(station_id: int) -> Station:
    station = Station.objects.filter(pk=station_id).first()
    if station is None:
        raise NotFound("There is no such station.")
    return station


def _firmware(firmware_id: int) -> FirmwareFile:
    firmware = FirmwareFile.objects.filter(pk=firmware_id).first()
    if firmware is None:
        raise NotFound("There is no such firmware file.")
    return firmware


def _retries(times: int | None, interval: int | None) -> dict[str, int | None]:
    """How often a station tries again, as an order has it. None leaves it to the station."""
    if times is not None and not 0 <= times <= MAX_RETRIES:
        raise BadInput(f"A station tries again between 0 and {MAX_RETRIES} times.")
    if interval is not None and not 0 <= interval <= MAX_INTERVAL:
        raise BadInput(f"Between two tries are at most {MAX_INTERVAL} seconds.")
    return {"retries": times, "retry_interval": interval}


def _in_order(start: datetime | None, stop: datetime | None) -> None:
    if start is not None and stop is not None and start > stop:
        raise BadInput("The end of the time is before its beginning.")
