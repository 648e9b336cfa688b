"""Parts are stored before they are acknowledged, in whichever order they come, over minutes and reconnects.

A report is found by its station, kind and requestId; where a number was used twice, the newest is meant. The row of
the station is the lock of its reports.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

import orjson

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from smartserver.core.masking import masked
from stations.models import Report, ReportedPart, Station
from stations.ocpp.facts import Acknowledged
from stations.ocpp.reports import NOTHING, ReportAsked, ReportKind, ReportPart, gaps
from stations.services.context import Context
from stations.services.reports.completions import AT_ONCE, COMPLETIONS
from stations.services.settled import Settled

State = Report.State

SILENCE = timedelta(minutes=10)
"""A report of which nothing came for so long is marked incomplete."""

MAX_MARKED = 500
"""Reports that are marked in one unit."""

_ENDED = (State.COMPLETE, State.EMPTY, State.REFUSED)


def take_part(batch: Batch, context: Context, fact: ReportPart) -> Acknowledged:
    """Store a part, and make of the report what can be made of it now. The same part again has no effect."""
    _lock(context.station_id)
    report = _newest(context.station_id, fact.kind, fact.request)
    digest = _digest(fact)
    known = None if report is None else _stored(report, fact, digest)
    if known is not None and known.digest == digest:
        return Acknowledged()
    if report is None or report.state in _ENDED:  # nobody asked, or the station begins anew
        known = None
        report = Report(station_id=context.station_id, kind=fact.kind.value, request=fact.request)
    _keep(report, known, fact, digest, context.received_at)
    if fact.kind in AT_ONCE:
        AT_ONCE[fact.kind](batch, report, fact.items)
    _finish(batch, report)
    return Acknowledged()


def take_answer(batch: Batch, settled: Settled, fact: ReportAsked) -> None:
    """The station will send a report, or not. Its parts may have been faster than its answer."""
    _lock(settled.station_id)
    report = _newest(settled.station_id, fact.kind, fact.request)
    if report is None or report.asked_at is not None:
        if report is not None and report.state == State.RUNNING:
            _mark(batch, report, settled.at)  # its number was used again, so what comes from now on is the other's
        report = Report(station_id=settled.station_id, kind=fact.kind.value, request=fact.request)
        report.changed_at = settled.at
    report.command, report.asked_at = settled.command, settled.command.sent_at or settled.at
    report.result = fact.status[:32]
    is_open = report.parts == 0 and fact.status != "Accepted"
    if is_open:
        report.state = State.EMPTY if fact.status in NOTHING else State.REFUSED
        report.ended_at = settled.at
    report.save()
    batch.changed(TOPIC_STATIONS, settled.station_id)
    if report.state == State.EMPTY and fact.kind in COMPLETIONS:
        COMPLETIONS[fact.kind](batch, report, [])


def mark_incomplete(batch: Batch, *, now: datetime, after: timedelta = SILENCE) -> None:
    """Mark the reports of which nothing came for so long, with the numbers that are missing."""
    silent = Report.objects.filter(state=State.RUNNING, changed_at__lt=now - after).order_by("changed_at")
    found = dict(silent.values_list("pk", "station_id")[:MAX_MARKED])
    if not found:
        return
    # Stations with which somebody is busy have their turn later; reports are read again when the stations are ours.
    stations = Station.objects.select_for_update(skip_locked=True).filter(pk__in=set(found.values()))
    ours = list(stations.order_by("pk").values_list("pk", flat=True))
    for report in silent.filter(pk__in=found, station__in=ours):
        _mark(batch, report, now)


def _lock(station_id: int) -> None:
    Station.objects.select_for_update().values_list("pk").get(pk=station_id)


def _newest(station_id: int, kind: ReportKind, request: int) -> Report | None:
    return Report.objects.filter(station_id=station_id, kind=kind.value, request=request).order_by("-pk").first()


def _digest(fact: ReportPart) -> str:
    content = (fact.sequence, fact.more_follows, fact.generated.text, fact.items)
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _stored(report: Report, fact: ReportPart, digest: str) -> ReportedPart | None:
    """The part in whose place this one stands: by its number, or by its content where there are no numbers."""
    parts = ReportedPart.objects.filter(report=report).defer("items")
    if fact.sequence is None:
        return parts.filter(digest=digest).first()
    return parts.filter(sequence=fact.sequence).first()


def _keep(report: Report, known: ReportedPart | None, fact: ReportPart, digest: str, at: datetime) -> None:
    """Store the part, and what the report's row knows of its parts, so that they need not be read for each."""
    sequence = report.parts if fact.sequence is None else fact.sequence
    if known is None:
        report.parts += 1
    if not fact.more_follows:
        report.last = sequence
    elif report.last == sequence:  # it was said to be the last
        report.last = None
    report.began_at = report.began_at or at
    report.changed_at = at
    report.state, report.missing, report.ended_at = State.RUNNING, [], None
    report.save()
    part = known or ReportedPart(report=report, sequence=sequence)
    part.digest = digest
    part.items = masked(fact.items, tokens=False, addresses=False)  # stations report their passwords, too
    part.save()


def _finish(batch: Batch, report: Report) -> None:
    """If all parts are there, the report is complete."""
    if report.last is None or report.parts <= report.last:
        return
    rows = ReportedPart.objects.filter(report=report).order_by("sequence")
    if gaps(rows.values_list("sequence", flat=True), report.last):
        return
    items = [item for part in rows.values_list("items", flat=True) for item in part]
    report.state, report.ended_at = State.COMPLETE, batch.now
    report.save(update_fields=("state", "ended_at"))
    if (complete := COMPLETIONS.get(ReportKind(report.kind))) is not None:
        complete(batch, report, items)
    rows.update(items=[])
    batch.changed(TOPIC_STATIONS, report.station_id)


def _mark(batch: Batch, report: Report, at: datetime) -> None:
    parts = ReportedPart.objects.filter(report=report).order_by("sequence")
    report.missing = gaps(parts.values_list("sequence", flat=True), report.last)
    report.state, report.ended_at = State.INCOMPLETE, at
    report.save(update_fields=("missing", "state", "ended_at"))
    batch.changed(TOPIC_STATIONS, report.station_id)
