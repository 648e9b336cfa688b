"""Monitors, monitoring base and level: kept as the station confirmed or reported them (N02 to N06).

All of it is called with the station's row taken: by the settlement of a command, or the completion of a report.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import Command, Monitor, Monitoring, Report
from stations.ocpp.monitoring import (
    CUSTOM,
    MonitoringBaseSet,
    MonitoringLevelSet,
    MonitorsCleared,
    MonitorsSet,
    monitors_of,
)
from stations.ocpp.monitoring import Monitor as Told
from stations.services.monitoring.subjects import columns_of
from stations.services.settled import Settled

ACCEPTED = "Accepted"

GONE = frozenset({ACCEPTED, "NotFound"})
"""What a clearing is answered where there is no such monitor afterwards."""

WITHOUT_CUSTOM = frozenset({"FactoryDefault", "HardWiredOnly"})
"""The bases with which a station gives up what somebody has set (N03.FR.04, N03.FR.05)."""


def keep_monitors(batch: Batch, settled: Settled, fact: MonitorsSet) -> None:
    """What was accepted is watched from now on; one with the same number is replaced (N04)."""
    for told in fact.monitors:
        if told.status == ACCEPTED:
            _put(settled.station_id, told.monitor, settled.at)
    batch.changed(TOPIC_STATIONS, settled.station_id)


def _put(station_id: int, told: Told, at: datetime) -> None:
    row = {
        **columns_of(told.subject),
        "type": told.type,
        "value": told.value,
        "severity": told.severity,
        "transaction": told.transaction,
        "kind": told.kind,
        "interval": told.interval,
        "values": told.values,
        "confirmed_at": at,
    }
    Monitor.objects.update_or_create(station_id=station_id, number=told.number, defaults=row)


def forget_monitors(batch: Batch, settled: Settled, fact: MonitorsCleared) -> None:
    """What was cleared is gone, and so is what the station does not know (N06)."""
    gone = [number for number, status in fact.statuses.items() if status in GONE]
    Monitor.objects.filter(station_id=settled.station_id, number__in=gone).delete()
    batch.changed(TOPIC_STATIONS, settled.station_id)


def keep_base(batch: Batch, settled: Settled, fact: MonitoringBaseSet) -> None:
    """Which of the preconfigured monitors that leaves only the next report tells."""
    if fact.status != ACCEPTED:
        return
    Monitoring.objects.update_or_create(
        station_id=settled.station_id, defaults={"base": fact.base, "base_at": settled.at}
    )
    if fact.base in WITHOUT_CUSTOM:
        Monitor.objects.filter(station_id=settled.station_id, kind=CUSTOM).delete()
    batch.changed(TOPIC_STATIONS, settled.station_id)


def keep_level(batch: Batch, settled: Settled, fact: MonitoringLevelSet) -> None:
    if fact.status != ACCEPTED:
        return
    Monitoring.objects.update_or_create(
        station_id=settled.station_id, defaults={"level": fact.severity, "level_at": settled.at}
    )
    batch.changed(TOPIC_STATIONS, settled.station_id)


def keep_report(batch: Batch, report: Report, items: list[Any]) -> None:
    """A complete monitoring report: what it does not name does not exist, unless only some were asked for (N02)."""
    found = {each.number: each for each in monitors_of(items)}
    if _asked_for_all(report):
        Monitor.objects.filter(station_id=report.station_id).exclude(number__in=found).delete()
        Monitoring.objects.update_or_create(station_id=report.station_id, defaults={"reported_at": batch.now})
    known = {row.number: row for row in Monitor.objects.filter(station_id=report.station_id)}
    for each in found.values():
        row = known.get(each.number)
        _put(report.station_id, each if row is None else _completed(each, row), batch.now)
    batch.changed(TOPIC_STATIONS, report.station_id)


def _completed(told: Told, row: Monitor) -> Told:
    """A report does not name the parameters of streams, and in 2.0.1 not of which kind a monitor is."""
    return told._replace(interval=row.interval, values=row.values, kind=told.kind or row.kind)


def _question(report: Report) -> Command | None:
    """The parts may be faster than the answer to the command that asked for them."""
    questions = Command.objects.filter(station_id=report.station_id, action="GetMonitoringReport")
    return questions.filter(payload__requestId=report.request).order_by("-pk").first()


def _asked_for_all(report: Report) -> bool:
    """Whether the question named neither variables nor criteria. What nobody is known to have asked may be a part."""
    asked = report.command or _question(report)
    return asked is not None and not {"componentVariable", "monitoringCriteria"} & asked.payload.keys()
