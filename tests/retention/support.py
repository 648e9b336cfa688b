"""Old and new rows of everything that is pruned, and runs of it without a server."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bridge.cms.models import Alert, HardwareEvent
from devices.models import DeviceHour, DeviceSample, SolMate
from smartserver.accounts.models import AuditEntry
from smartserver.core import clock
from smartserver.retention import pruning
from smartserver.retention.pruning import Span
from smartserver.webhooks.models import Delivery
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
    Station,
    StreamValue,
    TransactionEvent,
)
from tests.stations.factories import StationFactory, TransactionFactory
from tests.stations.support import NOON
from tests.units import run

OLD = NOON - timedelta(days=1000)
"""Older than anything is kept by the settings."""


def message(station: Station, at: datetime, **values: Any) -> Message:
    return Message.objects.create(
        station=station,
        direction="in",
        action="Heartbeat",
        message_id="1",
        request="{}",
        outcome="CALLRESULT",
        received_at=at,
        **values,
    )


def command(station: Station, at: datetime, state: str = Command.State.ANSWERED, origin: str = "") -> Command:
    settled = None if state in (Command.State.QUEUED, Command.State.SENT) else at
    return Command.objects.create(
        station=station,
        action="Reset",
        state=state,
        origin=origin,
        created_at=at,
        settled_at=settled,
        expires_at=at + timedelta(days=1),
    )


def meter_value(station: Station, at: datetime, *, summed_up: bool = True) -> MeterValue:
    if summed_up:
        hour = at.replace(minute=0, second=0, microsecond=0)
        MeterHour.objects.get_or_create(station=station, hour=hour, part=0, defaults={"count": 1})
    return MeterValue.objects.create(station=station, received_at=at, power_w=1.0, samples="[]")


def device_sample(device: SolMate, at: datetime) -> DeviceSample:
    hour = at.replace(minute=0, second=0, microsecond=0)
    values = {"power_income": 1, "power_inject": 1, "power_consumption": 1, "battery": 1}
    DeviceHour.objects.get_or_create(device=device, hour=hour, defaults={"count": 1, **values})
    return DeviceSample.objects.create(device=device, received_at=at, **values)


def file_job(station: Station, at: datetime, state: str = FileJob.State.DONE, **values: Any) -> FileJob:
    return FileJob.objects.create(
        station=station, kind="log", state=state, created_at=at, received_at=at, history=[], **values
    )


def delivery(at: datetime, state: str = Delivery.State.DELIVERED) -> Delivery:
    return Delivery.objects.create(
        subscription_id=1, event_id="e", kind="k", body="{}", state=state, created_at=at, queued_at=at, next_at=at
    )


def transaction_event(station: Station, at: datetime, *, active: bool = False) -> TransactionEvent:
    session = TransactionFactory.create(station=station, active=active)
    return TransactionEvent.objects.create(
        transaction=session,
        sequence=0,
        phase="Started",
        stamp=f"{at}",
        received_at=at,
        last_sequence=0,
        last_stamp=f"{at}",
    )


def one_of_each(at: datetime) -> None:
    """A row of every kind, of this time."""
    station = StationFactory.create()
    device = SolMate.objects.create(serial_number=f"{station.pk:04}")
    message(station, at)
    command(station, at)
    meter_value(station, at)
    transaction_event(station, at)
    device_sample(device, at)
    SecurityEvent.objects.create(station=station, type="Reset", received_at=at)
    DERAlarm.objects.create(station=station, control_type="HVMustTrip", received_at=at)
    DERControl.objects.create(station=station, control_id="c", state="ended", created_at=at, changed_at=at)
    MonitoringEvent.objects.create(station=station, number=1, received_at=at)
    stream = EventStream.objects.create(station=station, number=1, opened_at=at)
    StreamValue.objects.create(stream=stream, measured_at=at, received_at=at)
    EventStream.objects.create(station=station, number=2, state="closed", opened_at=at, closed_at=at)
    file_job(station, at, path=f"uploads/{station.pk}")
    HardwareEvent.objects.create(station=station, key="1", kind="alert", received_at=at)
    Alert.objects.create(station=station, code=17, meaning="x", raised_at=at, cleared_at=at)
    AuditEntry.objects.create(at=at, actor="ada", role="administrator", action="x", outcome="done")
    Report.objects.create(station=station, kind="inventory", request=1, state=Report.State.COMPLETE, changed_at=at)
    delivery(at)


def prune(now: datetime = NOON, *names: str) -> dict[str, int]:
    """A whole run; how many rows of each kind went."""
    with clock.frozen(now):
        (holder,) = run(partial(pruning.claim, by_hand=True))
        assert holder is not None
        found = {}
        for kind, time in pruning.due(now):
            if names and kind.name not in names:
                continue
            found[kind.name] = sum(step(holder, span) or 0 for span in pruning.spans(kind, time))
        run(partial(pruning.finish, holder=holder, names=list(found)))
    return {name: count for name, count in found.items() if count}


def step(holder: str, span: Span) -> int | None:
    (deleted,) = run(partial(pruning.delete, holder=holder, span=span))
    counted: int | None = deleted
    return counted
