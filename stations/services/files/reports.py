"""What stations answer and report of updates, publications and uploads, and what is made of their silence.

In 1.6 neither UpdateFirmware nor GetDiagnostics has a requestId: an answer finds its job by its command, and a status
belongs to the newest open job of its station.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from smartserver.core.batch import Batch
from stations.models import Command, FileJob
from stations.ocpp.facts import Acknowledged, Booted, FirmwareStatusReported, LogKind, LogStatusReported
from stations.ocpp.files import FirmwareUnpublished, PublishStatusReported
from stations.ocpp.told import FileJobAnswered
from stations.services import messages
from stations.services.context import Context
from stations.services.files import jobs
from stations.services.settled import Settled

Kind = FileJob.Kind
State = FileJob.State

MAX_JUDGED = 500
"""Jobs that are judged in one unit."""

SETTLES = timedelta(days=7)
"""For so long after an update was asked for, a boot is of interest to it."""

ACCEPTED = ("Accepted", "AcceptedCanceled")
UNPUBLISHED = ("Unpublished", "NoFirmware")


def take_answer(batch: Batch, settled: Settled, fact: FileJobAnswered) -> None:
    """The station will do it, or not. A request that was not ours to follow has no job."""
    job = jobs.locked(command=settled.command)
    if job is None:
        return
    with jobs.changing(batch, job):
        job.file_name = job.file_name or fact.file_name[:255]
        if fact.status not in ACCEPTED:
            jobs.note(job, fact.status, settled.at)
            jobs.end(job, State.FAILED, settled.at, f"The station answered {fact.status}.")
            return
        if job.state == State.REQUESTED:  # reports may have come before the answer
            jobs.note(job, fact.status, settled.at)
            jobs.go_on(job, settled.at)
    # Without a requestId it could not be told any more which of two jobs a report is about.
    if fact.status == "AcceptedCanceled" or fact.request is None:
        _displace(batch, job, settled.at)


def give_up(batch: Batch, settled: Settled) -> None:
    """No answer came."""
    job = jobs.locked(command=settled.command)
    if job is None or job.state != State.REQUESTED:
        return  # whatever went wrong with the answer: the station is at it
    command = settled.command
    reason = command.error or f"{command.action}: {command.result or command.state}"
    state = State.CANCELLED if command.state == Command.State.CANCELLED else State.FAILED
    # Where nobody knows whether the station took the call, its file is still welcome.
    unknown = (
        command.state == Command.State.TIMED_OUT
        or command.result == messages.CONNECTION_LOST
        or command.reply is not None
    )
    with jobs.changing(batch, job):
        jobs.end(job, state, settled.at, reason, close=not unknown)


Report = FirmwareStatusReported | LogStatusReported | PublishStatusReported


def follow(batch: Batch, context: Context, fact: Report) -> Acknowledged:
    """A station reports how far it is. A report that belongs to no job is only acknowledged (citrineos#216)."""
    job = _meant(context, fact)
    if job is not None:
        with jobs.changing(batch, job):
            jobs.take_status(job, fact.status, context.received_at)
            if isinstance(fact, PublishStatusReported) and fact.locations:
                job.locations = list(fact.locations)
    return Acknowledged()


def take_unpublishing(batch: Batch, settled: Settled, fact: FirmwareUnpublished) -> None:
    """A local controller's word on the end of what it published (2.x, L04)."""
    publications = FileJob.objects.filter(
        station_id=settled.station_id, kind=Kind.PUBLICATION, checksum__iexact=fact.checksum, unpublished_at=None
    )
    meant = publications.filter(state__in=(State.RUNNING, State.DONE)).select_related("station")
    for job in meant.select_for_update(of=("self",)):
        with jobs.changing(batch, job):
            jobs.note(job, f"UnpublishFirmware: {fact.status}"[:100], settled.at)
            # NoFirmware: it is not published any more, whatever became of it.
            if fact.status in UNPUBLISHED and job.state == State.DONE:
                job.unpublished_at = settled.at


def follow_boot(batch: Batch, context: Context, fact: Booted) -> None:
    """After an update a station boots: with the new version, it is installed, whether or not the station says so."""
    recent = FileJob.objects.filter(
        station_id=context.station_id, kind__in=jobs.UPDATES, created_at__gte=context.received_at - SETTLES
    )
    asked = recent.exclude(state=State.REQUESTED).select_related("firmware", "station")
    job = asked.select_for_update(of=("self",)).order_by("-pk").first()
    if job is None or job.firmware is None or not fact.firmware_version:
        return
    with jobs.changing(batch, job):
        jobs.note(job, f"Booted with {fact.firmware_version}"[:100], context.received_at)
        is_new = job.firmware.version != "" and job.firmware.version == fact.firmware_version
        if job.state == State.RUNNING and job.status in jobs.FETCHED and is_new:
            jobs.end(job, State.DONE, context.received_at)


def expire_jobs(batch: Batch, now: datetime) -> None:
    """Judge the jobs of which there was no news for too long."""
    due = FileJob.objects.filter(state__in=jobs.OPEN, due_at__lte=now).select_related("station")
    for job in due.select_for_update(of=("self",)).order_by("due_at")[:MAX_JUDGED]:
        with jobs.changing(batch, job):
            jobs.judge(job, now)


def _kinds(fact: Report) -> tuple[Collection[FileJob.Kind], FileJob.Kind]:
    """Of which kinds the job of a report can be, and which is the most likely."""
    match fact:
        case FirmwareStatusReported():
            return jobs.UPDATES, Kind.SIGNED_FIRMWARE if fact.signed else Kind.FIRMWARE
        case LogStatusReported():
            return jobs.UPLOADS, Kind.DIAGNOSTICS if fact.kind is LogKind.DIAGNOSTICS else Kind.LOG
        case PublishStatusReported():
            return (Kind.PUBLICATION,), Kind.PUBLICATION


def _meant(context: Context, fact: Report) -> FileJob | None:
    """The job that a report is about."""
    kinds, usual = _kinds(fact)
    mine = FileJob.objects.filter(station_id=context.station_id, kind__in=kinds).select_related("station")
    mine = mine.select_for_update(of=("self",)).order_by("-pk")
    if fact.request is not None:
        return mine.filter(pk=fact.request).first()
    # What the station has not heard of yet it cannot report.
    asked = mine.exclude(command__state=Command.State.QUEUED)
    candidates = list(asked.filter(state__in=jobs.OPEN)[:10])
    if not candidates:  # it may try again what had failed
        candidates = list(asked.filter(state=State.FAILED, address_expires_at__gt=context.received_at)[:1])
    return next((job for job in candidates if job.kind == usual), candidates[0] if candidates else None)


def _displace(batch: Batch, job: FileJob, at: datetime) -> None:
    """Older jobs of its kind end because the station took this one."""
    kinds: Collection[str] = jobs.UPDATES if job.kind in jobs.UPDATES else (job.kind,)
    older = FileJob.objects.filter(
        station_id=job.station_id, kind__in=kinds, state=State.RUNNING, received_at=None, pk__lt=job.pk
    )
    for each in older.select_related("station").select_for_update(of=("self",)):
        with jobs.changing(batch, each):
            jobs.end(each, State.CANCELLED, at, f"Displaced by job {job.pk}.")
