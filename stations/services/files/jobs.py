"""What becomes of a firmware update, a publication or an upload: from one state to the next, until its end.

    requested ──► running ──► done          Installed; Published; or the file is here
        │            ├──────► failed        the station says so, or nobody has heard of it for too long
        └────────────┴──────► cancelled     an operator, or a newer job

A job that failed goes on when the station tells of progress after all: some report each attempt as a failure,
and try again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from smartserver.core.events import JOB_CHANGED
from stations.models import FileJob

State = FileJob.State
Kind = FileJob.Kind

OPEN = (State.REQUESTED, State.RUNNING)
UPDATES = (Kind.FIRMWARE, Kind.SIGNED_FIRMWARE)
UPLOADS = (Kind.DIAGNOSTICS, Kind.LOG)

UPLOADED = "Uploaded"
IDLE = "Idle"
GIVEN_UP = "AcceptedCanceled"
"""Of an upload in whose place a station took another one (2.x, N01.FR.20)."""

COMPLETED: Mapping[str, str] = {
    Kind.FIRMWARE: "Installed",
    Kind.SIGNED_FIRMWARE: "Installed",
    Kind.PUBLICATION: "Published",
}
"""The report that ends a job as it was meant; an upload also needs its file."""

FAILURES = frozenset(
    {
        # Updates (1.6 section 7.25; security whitepaper and 2.x, FirmwareStatusEnumType)
        "DownloadFailed",
        "InstallationFailed",
        "InstallVerificationFailed",
        "InvalidSignature",
        # Publications (2.x, PublishFirmwareStatusEnumType)
        "InvalidChecksum",
        "PublishFailed",
        # Uploads (1.6 section 7.24; security whitepaper and 2.x, UploadLogStatusEnumType)
        "UploadFailed",
        "UploadFailure",
        "BadMessage",
        "NotSupportedOperation",
        "PermissionDenied",
    }
)

FETCHED = frozenset({"Downloaded", "SignatureVerified", "InstallScheduled", "Installing", "InstallRebooting"})
"""What a station reports between the download and the end of the installation."""

GRACE = timedelta(minutes=2)
"""Between a file and the station's word that it is uploaded, in whichever order they come."""

MAX_HISTORY = 100


def locked(**conditions: Any) -> FileJob | None:
    """The job, for a change."""
    jobs = FileJob.objects.select_related("station", "firmware", "command").select_for_update(of=("self",))
    return jobs.filter(**conditions).first()


@contextmanager
def changing(batch: Batch, job: FileJob) -> Iterator[None]:
    """What is changed in this block is stored, and told to whoever listens when it is more than a detail."""
    before = (job.state, job.status)
    yield
    job.save()
    if (job.state, job.status) != before:
        publish(batch, job)


def publish(batch: Batch, job: FileJob) -> None:
    batch.publish(
        JOB_CHANGED,
        {
            "job": job.pk,
            "station": job.station.identity,
            "kind": str(job.kind),
            "state": str(job.state),
            "status": job.status,
        },
    )


def note(job: FileJob, text: str, at: datetime) -> None:
    """Add a line to the history; what is repeated is not, and of a long one the middle is dropped."""
    if not job.history or job.history[-1][1] != text:
        job.history = [*job.history[: MAX_HISTORY // 2], *job.history[MAX_HISTORY // 2 :][-MAX_HISTORY // 2 + 1 :]]
        job.history.append([isoformat(at), text])


def go_on(job: FileJob, at: datetime, *, patience: timedelta | None = None) -> None:
    """There is news: the job runs, and is looked at again when there is none for a while."""
    job.state = State.RUNNING
    job.reason = ""
    job.ended_at = None
    if patience is None:
        patience = timedelta(seconds=settings.FILE_JOB_TIMEOUT)
        at = max(at, job.retrieve_at or at)  # an update that is planned for later has until then
    job.due_at = at + patience


def end(job: FileJob, state: FileJob.State, at: datetime, reason: str = "", *, close: bool = True) -> None:
    """The last word. `close`: nothing can come at its address any more."""
    job.state = state
    job.reason = reason[:255]
    job.ended_at = at
    job.due_at = None
    if close and job.address_expires_at is not None:
        job.address_expires_at = min(job.address_expires_at, at)


def take_status(job: FileJob, status: str, at: datetime) -> None:
    """What the station reports of this job."""
    note(job, status, at)
    if job.state in (State.DONE, State.CANCELLED):
        return  # on record, and changes nothing
    if status == IDLE:  # it says nothing of success or failure
        return
    job.status = status[:32]
    if job.received_at is not None and status not in (UPLOADED, *FAILURES):
        go_on(job, at, patience=GRACE)  # a word from before the end: its last one is still to come, and is this job's
    elif job.received_at is not None:
        # The file is here, whatever the station thinks; the same one again gets the same answer.
        end(job, State.DONE, at, close=False)
    elif status in FAILURES:
        # The station may try again: the address lives on.
        end(job, State.FAILED, at, f"The station reports {status}.", close=False)
    elif job.kind in UPLOADS and status == GIVEN_UP:
        end(job, State.CANCELLED, at, "The station uploads another log in its place.")
    elif status == COMPLETED.get(job.kind):
        end(job, State.DONE, at)
    elif job.kind in UPLOADS and status == UPLOADED:
        go_on(job, at, patience=GRACE)
    else:
        go_on(job, at)


def take_file(job: FileJob, at: datetime) -> None:
    """The file has arrived; `size`, `path` and so on are set."""
    note(job, "File received", at)
    if job.status == UPLOADED:
        end(job, State.DONE, at, close=False)
    else:
        go_on(job, at, patience=GRACE)


def judge(job: FileJob, at: datetime) -> None:
    """Its time is up: decide by what is known."""
    if job.received_at is not None:
        note(job, "The station did not report the end", at)
        end(job, State.DONE, at, close=False)
    elif job.kind in UPLOADS and job.status == UPLOADED:
        end(job, State.FAILED, at, "The station reports Uploaded, but no file has come.")
    elif job.state == State.REQUESTED:
        end(job, State.FAILED, at, "The station was not asked in time.")
    else:
        end(job, State.FAILED, at, f"No news for {settings.FILE_JOB_TIMEOUT} s.")
