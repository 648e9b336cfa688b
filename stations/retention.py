"""Which records of stations are deleted when they are old. Sessions and swaps never are: they are what is billed."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_COMMANDS
from smartserver.retention.kinds import Kind, before, register, summed_up
from stations.models import (
    Command,
    DERAlarm,
    DERControl,
    EventStream,
    FileJob,
    Message,
    MeterHour,
    MeterValue,
    MonitoringEvent,
    Report,
    SecurityEvent,
    StreamValue,
    TransactionEvent,
)
from stations.selectors import SERIES
from stations.services.der import controls
from stations.services.files import jobs


def register_kinds() -> None:
    register(
        Kind("messages", "MESSAGE_KEEP_DAYS", Message, "received_at", before("received_at", Message.objects.all)),
        # The newest two days of a chart are drawn from the measurements themselves.
        Kind("meter_values", "METER_VALUE_KEEP_DAYS", MeterValue, "received_at", summed_up(SERIES), least=3),
        Kind(
            "meter_hours",
            "METER_HOUR_KEEP_DAYS",
            MeterHour,
            "hour",
            before("hour", MeterHour.objects.all),
            least=3,
            outlives="meter_values",
        ),
        Kind("transaction_events", "TRANSACTION_EVENT_KEEP_DAYS", TransactionEvent, "received_at", _transaction_events),
        Kind("commands", "COMMAND_KEEP_DAYS", Command, "created_at", _commands, remove=_forget_commands),
        Kind(
            "security_events",
            "SECURITY_EVENT_KEEP_DAYS",
            SecurityEvent,
            "received_at",
            before("received_at", SecurityEvent.objects.all),
        ),
        Kind("der_alarms", "DER_KEEP_DAYS", DERAlarm, "received_at", before("received_at", DERAlarm.objects.all)),
        Kind("der_controls", "DER_KEEP_DAYS", DERControl, "created_at", _der_controls),
        Kind(
            "monitoring_events",
            "MONITORING_EVENT_KEEP_DAYS",
            MonitoringEvent,
            "received_at",
            before("received_at", MonitoringEvent.objects.all),
        ),
        Kind(
            "stream_values",
            "STREAM_VALUE_KEEP_DAYS",
            StreamValue,
            "received_at",
            before("received_at", StreamValue.objects.all),
        ),
        Kind("event_streams", "STREAM_VALUE_KEEP_DAYS", EventStream, "opened_at", _streams, outlives="stream_values"),
        Kind("reports", "REPORT_KEEP_DAYS", Report, "changed_at", _reports),
        Kind("files", "FILE_KEEP_DAYS", FileJob, "created_at", _files, remove=_forget_files),
    )


def _commands(time: datetime) -> QuerySet[Command]:
    """Those that have ended, but not what a job that still runs was begun with."""
    running = FileJob.objects.filter(command=OuterRef("pk"), state__in=jobs.OPEN)
    ended = Command.objects.exclude(state__in=(Command.State.QUEUED, Command.State.SENT))
    return ended.filter(~Exists(running), created_at__lt=time, settled_at__lt=time)


def _transaction_events(time: datetime) -> QuerySet[TransactionEvent]:
    """Of a session that runs, all are needed: by them a repeated event is recognised."""
    return TransactionEvent.objects.filter(transaction__active=False, received_at__lt=time)


def _reports(time: datetime) -> QuerySet[Report]:
    """What became of them (variables, monitors, …) stays."""
    return Report.objects.exclude(state=Report.State.RUNNING).filter(changed_at__lt=time)


def _streams(time: datetime) -> QuerySet[EventStream]:
    """Those that are closed, when nothing is left of what they delivered."""
    delivered = StreamValue.objects.filter(stream=OuterRef("pk"))
    return EventStream.objects.filter(~Exists(delivered), state=EventStream.State.CLOSED, closed_at__lt=time)


def _forget_commands(batch: Batch, keys: list[int]) -> None:
    Command.objects.filter(pk__in=keys).delete()
    for key in keys:
        batch.changed(TOPIC_COMMANDS, key)


def _der_controls(time: datetime) -> QuerySet[DERControl]:
    """Those that stations have no more: ended or cleared, or another one was in their place when their time came."""
    superseded = Q(state=DERControl.State.SUPERSEDED, start_at__lt=time)
    gone = DERControl.objects.filter(Q(state__in=controls.OVER) | superseded)
    return gone.filter(created_at__lt=time, changed_at__lt=time)


def _files(time: datetime) -> QuerySet[FileJob]:
    ended = FileJob.objects.exclude(path="").exclude(state__in=jobs.OPEN)
    return ended.filter(created_at__lt=time, received_at__lt=time)


def _forget_files(batch: Batch, keys: list[int]) -> None:
    """The job stays, as a record; the file, which no row names now, is removed by the next sweep of the folder."""
    FileJob.objects.filter(pk__in=keys).update(path="")
