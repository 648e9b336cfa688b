"""Which tolerance rules a station needed: honest in the record (contract 6)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from django.db.models import F

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import Quirk, Station
from stations.services.context import Context


class Seen(NamedTuple):
    station_id: int
    rule: str
    action: str
    at: datetime


def note(batch: Batch, *, station_id: int, rules: tuple[str, ...], action: str, at: datetime) -> None:
    """Count each rule for this station and action."""
    for rule in rules:
        batch.defer(_count, Seen(station_id, rule, action[:64], at))


def note_in(batch: Batch, context: Context, *, rules: tuple[str, ...]) -> None:
    """Count each rule for the station and action of this call."""
    note(batch, station_id=context.station_id, rules=rules, action=context.action, at=context.received_at)


def _count(batch: Batch, seen: list[Seen]) -> None:
    times = Counter((each.station_id, each.rule, each.action) for each in seen)
    last = {(each.station_id, each.rule, each.action): each.at for each in seen}
    new: set[int] = set()
    for (station_id, rule, action), number in times.items():
        at = last[station_id, rule, action]
        known = Quirk.objects.filter(station_id=station_id, rule=rule, action=action)
        if not known.update(times=F("times") + number, last_at=at):
            Quirk.objects.create(station_id=station_id, rule=rule, action=action, times=number, first_at=at, last_at=at)
            new.add(station_id)
    for station_id in new:
        rules = Quirk.objects.filter(station_id=station_id).values_list("rule", flat=True)
        Station.objects.filter(pk=station_id).update(quirks=", ".join(sorted(set(rules)))[:2000])
        batch.changed(TOPIC_STATIONS, station_id)
