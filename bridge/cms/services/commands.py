"""Commands to hardware: which one leaves next, and what came of it.

A command is on its way until its result comes. Our bridge executes a number once however often it gets it, so it is
given the same command until it reports; others are given again only what reads.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from bridge.cms import language, meaning
from bridge.cms.language import NAME
from bridge.cms.services import admission
from bridge.wire import RemoteCommand
from smartserver.core.batch import Batch
from smartserver.core.events import HINT_COMMANDS
from stations import settlement
from stations.models import Command, FileJob, Station
from stations.ocpp.errors import CallError
from stations.services.files import jobs
from stations.settlement import Outgoing
from stations.storage import Kept

FAILED = "Failed"
"""Result of a command to which the hardware gave no answer."""

UNKNOWN_STATUS = "unknown"
"""Clients that are not ours do not say with which status the hardware answered."""

AGAIN_AFTER = timedelta(minutes=2)
"""Between two deliveries of a command that reads to a client that is not ours: it may be at it."""

MAX_ENDED = 100


def patience() -> timedelta:
    return timedelta(seconds=settings.NOC_COMMAND_TIMEOUT)


def next_command(batch: Batch, *, station_id: int, ours: bool, now: datetime) -> RemoteCommand | None:
    """The command that goes to the charger now. `ours`: to a bridge that executes nothing twice."""
    station = Station.objects.select_for_update().get(pk=station_id)
    for sent in Command.objects.filter(station=station, state=Command.State.SENT).order_by("pk"):
        assert sent.sent_at is not None
        waited = now - sent.sent_at
        if waited > patience():
            settlement.take_silence(batch, sent=_outgoing(sent))
            continue
        if not ours and not _is_repeated(sent, waited):
            return None
        return language.remote_command(sent.pk, sent.action, sent.payload)
    outgoing = settlement.take_next(batch, station_id=station_id, generation=station.connection, version=NAME)
    if outgoing is None:
        return None
    return language.remote_command(outgoing.command_id, outgoing.action, outgoing.payload)


def _is_repeated(sent: Command, waited: timedelta) -> bool:
    """Whether a client that is not ours is given a command once more; then that is noted."""
    if waited <= AGAIN_AFTER * sent.attempts or not language.may_repeat(sent.action, sent.payload):
        return False
    sent.attempts += 1
    sent.save(update_fields=("attempts",))
    return True


def take_result(batch: Batch, *, station_id: int, command_id: int, status: int | None, answer: Any) -> None:
    """What the hardware answered. `status`: its HTTP status, 0 for none, None where the client does not say.

    One that comes late, after nobody expected it any more, counts; one that was taken before changes nothing. An answer
    of the hardware that tells of a fault is an answer, with the fault as the command's `error`.
    """
    command = _under_way(station_id, command_id)
    if command is None:
        return
    batch.hint(HINT_COMMANDS, {"station": station_id})  # the next one may leave
    failure = failure_in(answer)
    if status is None and failure is not None:
        status = meaning.whole_of(failure.get("Status")) or 0
    if status == 0:
        text = meaning.text_of(failure.get("Error")) if failure is not None else meaning.text_of(answer)
        settlement.take_error(batch, sent=_outgoing(command), error=CallError(FAILED, text or "No answer came."))
        return
    shown = UNKNOWN_STATUS if status is None else str(status)
    settlement.take_answer(batch, sent=_outgoing(command), reply={"status": shown, "body": answer})
    if failure is not None:
        Command.objects.filter(pk=command.pk).update(error=meaning.text_of(failure["Error"]))


def take_file(
    batch: Batch, *, station_id: int, command_id: int, status: int | None, kept: Kept, name: str
) -> FileJob | None:
    """The same for an answer that became a file; None when nobody waits for it, and the file is not wanted."""
    command = _under_way(station_id, command_id)
    if command is None:
        return None
    batch.hint(HINT_COMMANDS, {"station": station_id})
    job = keep_file(batch, station_id=station_id, kept=kept, name=name, log_type="HardwareLog", command=command)
    shown = UNKNOWN_STATUS if status is None else str(status)
    reply = {"status": shown, "job": job.pk, "size": kept.size}
    settlement.take_answer(batch, sent=_outgoing(command), reply=reply)
    return job


def is_known_file(*, station_id: int, kept: Kept, name: str) -> bool:
    """Whether this very file came before: its sender did not hear that it had arrived."""
    return FileJob.objects.filter(station=station_id, file_name=name[:255], sha256=kept.sha256).exists()


def keep_file(
    batch: Batch, *, station_id: int, kept: Kept, name: str, log_type: str, command: Command | None = None
) -> FileJob:
    """A received log, as a job that is done: so it is found and fetched like those of all other stations."""
    job = FileJob(
        station_id=station_id,
        kind=FileJob.Kind.LOG,
        log_type=log_type,
        command=command,
        state=FileJob.State.DONE,
        status=jobs.UPLOADED,
        created_at=batch.now,
        ended_at=batch.now,
        received_at=batch.now,
        file_name=name[:255],
        path=kept.path,
        size=kept.size,
        sha256=kept.sha256,
    )
    jobs.note(job, jobs.UPLOADED, batch.now)
    job.save()
    jobs.publish(batch, job)
    return job


def expire(batch: Batch, now: datetime) -> None:
    """End commands whose result did not come in time: nobody knows whether they were carried out."""
    late = Command.objects.filter(
        state=Command.State.SENT, ocpp_version=NAME, sent_at__lt=now - patience()
    ).select_related("station")
    for command in late.order_by("pk")[:MAX_ENDED]:
        settlement.take_silence(batch, sent=_outgoing(command))
        batch.hint(HINT_COMMANDS, {"station": command.station_id})


def _under_way(station_id: int, command_id: int) -> Command | None:
    """The command whose result this is. One that was given up is under way again, until it is settled right away."""
    command = Command.objects.filter(pk=command_id, station=station_id, state__in=admission.WAITED_FOR).first()
    if command is not None and command.state == Command.State.TIMED_OUT:
        command.state = Command.State.SENT
        command.save(update_fields=("state",))
    return command


def _outgoing(command: Command) -> Outgoing:
    assert command.sent_at is not None
    return Outgoing(command.pk, command.message_id, command.action, command.payload, command.sent_at)


def failure_in(answer: Any) -> dict[str, Any] | None:
    """The form in which our bridge reports that there was no good answer."""
    return answer if isinstance(answer, dict) and {"Status", "Error"} <= answer.keys() else None
