"""Controls as a station lists them (ReportDERControl): the whole report replaces what its request covers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from smartserver.core.batch import Batch
from stations.models import Command, DERControl, Report, Station
from stations.ocpp import der
from stations.services.der.controls import OVER, clear, fill, find, save

State = DERControl.State


def keep_reported(batch: Batch, report: Report, items: list[Any]) -> None:
    """What is listed is as it is listed; what was asked for and is not listed, the station has no more."""
    station = Station.objects.only("identity").get(pk=report.station_id)
    listed = [der.DERControl(**item) for item in items]
    for control in listed:
        _keep(batch, station, control)
    if report.command is None:
        return  # nobody asked, so nobody knows what it covers
    asked_at = report.asked_at or batch.now
    gone = DERControl.objects.filter(_covered(report.command), station=station, changed_at__lt=asked_at)
    for row in gone.exclude(control_id__in=[each.control_id for each in listed]).exclude(state__in=OVER):
        clear(batch, station, row, batch.now)


def _keep(batch: Batch, station: Station, control: der.DERControl) -> None:
    row = find(station, control.control_id)
    if row is None:
        row = DERControl(station=station, control_id=control.control_id, created_at=batch.now)
    fill(row, control)
    row.state = _state(row, control, batch.now)
    save(batch, station, row, batch.now)


def _state(row: DERControl, control: der.DERControl, now: datetime) -> State:
    """A station lists what it has, and whether another is in its place; whether it runs is a matter of its schedule."""
    if control.superseded:
        return State.SUPERSEDED
    runs = control.start is not None and control.start <= now and (control.end is None or now < control.end)
    return State.ACTIVE if runs or row.state == State.ACTIVE else State.ACCEPTED


def _covered(command: Command) -> Q:
    """What a GetDERControl asks for; a controlId names one, whatever its type (R04.FR.33 to R04.FR.37)."""
    asked, meant = command.payload, Q()
    if "isDefault" in asked:
        meant &= Q(is_default=asked["isDefault"])
    if "controlId" in asked:
        return meant & Q(control_id=asked["controlId"])
    return meant & Q(type=asked["controlType"]) if "controlType" in asked else meant
