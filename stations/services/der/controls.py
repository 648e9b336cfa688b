"""Controls of distributed energy resources, from the station's answer to their end (2.1 use case R04).

A control becomes a row when the station accepts it. From there `active` and `ended` are the station's own word
(NotifyDERStartStop), which may be heard before its answer; `superseded`, `cleared` follow from answers, starts and
reports. `sent`: no answer came, so the station may or may not have it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.events import DER_CONTROL_CHANGED
from stations.models import Command, DERControl, Station
from stations.ocpp import der
from stations.ocpp.der_rules import set_problems
from stations.ocpp.facts import Acknowledged
from stations.ocpp.frames import Payload
from stations.services.context import Context
from stations.services.messages import CONNECTION_LOST
from stations.services.settled import Settled
from stations.services.smart_charging.profile_rules import refuse

State = DERControl.State

OVER = (State.ENDED, State.CLEARED)
"""The station has it no more."""

TOLD_BY_STATION = (State.ACTIVE, State.SUPERSEDED, State.ENDED)
"""States that a NotifyDERStartStop brings about."""

MAX_CONTROLS = 500
"""Controls of one station that are kept although it alone has named them."""


def check_control(station_id: int, payload: Payload) -> None:
    """`InvalidPayload` when a SetDERControl can never be right."""
    refuse(list(set_problems(payload, clock.now())))


# -- what stations say --------------------------------------------------------------------------


def keep_start_stop(batch: Batch, context: Context, fact: der.DERStartStop) -> Acknowledged:
    """A control came into force, or is no longer. Repeated, or heard in another order, it tells nothing new."""
    station = Station.objects.select_for_update().only("identity").get(pk=context.station_id)
    row = find(station, fact.control_id)
    if row is None:
        if DERControl.objects.filter(station=station).count() >= MAX_CONTROLS:
            return Acknowledged()  # the message log has it
        row = DERControl(station=station, control_id=fact.control_id, created_at=context.received_at)
    at = fact.stamp.moment or context.received_at
    before = (row.state, row.started_at, row.ended_at)
    if fact.started:
        _start(row, at)
    else:
        _stop(row, at)
    if before != (row.state, row.started_at, row.ended_at):
        save(batch, station, row, context.received_at)
    if fact.started:
        give_way(batch, station, fact.superseded, context.received_at)
    return Acknowledged()


def _start(row: DERControl, at: datetime) -> None:
    row.started_at = at
    if row.ended_at is None or at > row.ended_at:  # else its end was heard before
        row.state, row.ended_at = State.ACTIVE, None


def _stop(row: DERControl, at: datetime) -> None:
    if row.started_at is not None and at < row.started_at:
        return  # the end of an earlier run, heard late
    row.ended_at = at
    if row.state != State.SUPERSEDED:
        row.state = State.ENDED


# -- what answers tell --------------------------------------------------------------------------


def keep_control(batch: Batch, settled: Settled, fact: der.DERControlSet) -> None:
    """The station has the control. One of the same id is replaced by it (R04.FR.02)."""
    if fact.status != "Accepted":
        return  # what it had, it keeps
    station = Station.objects.select_for_update().only("identity").get(pk=settled.station_id)
    own = fact.control.control_id
    others = [each for each in fact.superseded if each != own]
    state = State.SUPERSEDED if own in fact.superseded else State.ACCEPTED
    row = write(batch, station, fact.control, state, settled, supersedes=others)
    starts = row.start_at
    if row.is_default or starts is None or starts <= settled.at:
        give_way(batch, station, others, settled.at)  # else when it starts (R04.FR.07)


def lose_control(batch: Batch, settled: Settled) -> None:
    """SetDERControl ended without an answer; where it may have arrived, nobody knows whether the station has it."""
    command = settled.command
    lost = command.state == Command.State.FAILED and command.result == CONNECTION_LOST
    if not (lost or command.state == Command.State.TIMED_OUT):
        return  # it was never sent, or refused with an error
    station = Station.objects.select_for_update().only("identity").get(pk=settled.station_id)
    write(batch, station, der.control_of(settled.request), State.SENT, settled)


def write(
    batch: Batch,
    station: Station,
    control: der.DERControl,
    state: State,
    settled: Settled,
    *,
    supersedes: Collection[str] = (),
) -> DERControl:
    """Keep what was sent. What the station said of it since then is newer than `state`."""
    row = find(station, control.control_id)
    if row is None:
        row = DERControl(station=station, control_id=control.control_id, state=state, created_at=settled.at)
    sent_at = settled.command.sent_at or settled.at
    if not (row.pk and row.changed_at >= sent_at and row.state in TOLD_BY_STATION):
        row.state, row.started_at, row.ended_at = state, None, None
    fill(row, control)
    row.supersedes = list(supersedes)
    save(batch, station, row, settled.at)
    return row


def fill(row: DERControl, control: der.DERControl) -> None:
    """What a control is, apart from how it is."""
    row.type, row.is_default, row.priority = control.type, control.default, control.priority
    row.start_at, row.duration_s, row.setting = control.start, control.duration, control.setting


def forget_controls(batch: Batch, settled: Settled, fact: der.DERControlsCleared) -> None:
    """The station has none of these: it cleared them, or knows of none (R04.FR.41)."""
    if fact.status not in ("Accepted", "NotFound"):
        return
    station = Station.objects.select_for_update().only("identity").get(pk=settled.station_id)
    meant = Q(is_default=fact.default)
    if fact.control_id is not None:
        meant &= Q(control_id=fact.control_id)
    elif fact.type is not None:
        meant &= Q(type=fact.type)
    for row in DERControl.objects.filter(meant, station=station).exclude(state__in=OVER):
        clear(batch, station, row, settled.at)


# -- changes ------------------------------------------------------------------------------------


def give_way(batch: Batch, station: Station, control_ids: Collection[str], at: datetime) -> None:
    """Another control is in the place of these."""
    found = DERControl.objects.filter(station=station, control_id__in=control_ids)
    for row in found.exclude(state__in=(State.SUPERSEDED, State.CLEARED)):
        row.state = State.SUPERSEDED
        save(batch, station, row, at)


def clear(batch: Batch, station: Station, row: DERControl, at: datetime) -> None:
    """The station has it no more."""
    row.state = State.CLEARED
    save(batch, station, row, at)


def find(station: Station, control_id: str) -> DERControl | None:
    """The row of a control, if it was ever heard of."""
    return DERControl.objects.filter(station=station, control_id=control_id).first()


def save(batch: Batch, station: Station, row: DERControl, at: datetime) -> None:
    """Store it, and tell whoever listens."""
    row.changed_at = at
    row.save()
    batch.publish(
        DER_CONTROL_CHANGED,
        {"station": station.identity, "control": row.control_id, "type": row.type, "state": str(row.state)},
    )
