"""Who may connect, and whose connection counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, QuerySet

from smartserver.core.batch import Batch
from smartserver.core.events import (
    STATION_CONNECTED,
    STATION_DISCONNECTED,
    STATION_KNOCKED,
    TOPIC_KNOCKING,
    TOPIC_STATIONS,
)
from stations.models import KnockingStation, State, Station
from stations.services.equipment.network_rules import security_profile

MAX_KNOCKING = 1000
"""Unknown identities that are remembered; the oldest fall out first."""


TOLD_EVERY = timedelta(minutes=1)
"""One that knocks without a pause is told of once; after a pause of so long, again."""

MAX_TOLD = 30
"""New ones that are told of in this time. The list of those that knock has them all."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A station that wants to connect, as it is known."""

    station_id: int
    identity: str
    password_hash: str
    strict: bool
    booted: bool
    heartbeat_interval: int | None = None
    next_password_hash: str = ""
    security_profile: int | None = None
    """What it has told; looked up only where that matters."""


def look_up_station(
    batch: Batch, *, identity: str, address: str, create_unknown: bool, now: datetime
) -> Candidate | None:
    """The station of this identity. An unknown one is created, or put on the list of those that knock."""
    station = Station.objects.filter(identity=identity).first()
    if station is None:
        if not create_unknown:
            _note_knock(batch, identity=identity, address=address, now=now)
            return None
        station, _ = Station.objects.get_or_create(identity=identity)
        batch.changed(TOPIC_STATIONS, station.pk)
    return Candidate(
        station.pk,
        station.identity,
        station.password_hash,
        station.strict,
        station.booted_at is not None,
        station.heartbeat_interval,
        station.next_password_hash,
        security_profile(station.pk) if settings.HTTPS else None,
    )


def _note_knock(batch: Batch, *, identity: str, address: str, now: datetime) -> None:
    """Count it, and tell of it; but strangers do not decide how much integrators are told."""
    known = KnockingStation.objects.filter(identity=identity).first()
    if known is not None:
        told = now - known.last_at < TOLD_EVERY
        known.attempts += 1
        same = KnockingStation.objects.filter(pk=known.pk)
        same.update(attempts=F("attempts") + 1, last_at=now, address=address)
    else:
        told = KnockingStation.objects.filter(first_at__gt=now - TOLD_EVERY).count() >= MAX_TOLD
        known = KnockingStation.objects.create(identity=identity, address=address, first_at=now, last_at=now)
        surplus = KnockingStation.objects.order_by("-last_at").values_list("pk", flat=True)[MAX_KNOCKING:]
        KnockingStation.objects.filter(pk__in=list(surplus)).delete()
        batch.changed(TOPIC_KNOCKING, known.pk)
    if not told:
        batch.publish(STATION_KNOCKED, {"station": identity, "address": address, "attempts": known.attempts})


def connect_station(batch: Batch, *, station_id: int, version: str, now: datetime) -> int:
    """A socket of this station is about to open. Returns its generation: the highest one counts."""
    Station.objects.filter(pk=station_id).update(
        connection=F("connection") + 1,
        state=State.ONLINE,
        connected_at=now,
        last_seen_at=now,
        ocpp_version=version,
    )
    batch.changed(TOPIC_STATIONS, station_id)
    generation, identity = Station.objects.values_list("connection", "identity").get(pk=station_id)
    batch.publish(STATION_CONNECTED, {"station": identity, "version": version})
    return generation


def is_current(batch: Batch, *, station_id: int, generation: int) -> bool:
    """Whether the station exists, and has no newer connection than this one."""
    return Station.objects.filter(pk=station_id, connection=generation).exists()


def change_version(batch: Batch, *, station_id: int, generation: int, version: str) -> None:
    """The first frame showed that this connection speaks another version than was assumed."""
    Station.objects.filter(pk=station_id, connection=generation).update(ocpp_version=version)
    batch.changed(TOPIC_STATIONS, station_id)


def disconnect_station(batch: Batch, *, station_id: int, generation: int) -> None:
    """A socket closed. Only the newest one's close makes the station offline."""
    batch.settle()  # its last messages, stored now, must not bring it back online afterwards
    newest = Station.objects.filter(pk=station_id, connection=generation).exclude(state=State.OFFLINE)
    _take_offline(batch, newest, "closed")


def mark_all_offline(batch: Batch) -> None:
    """The only server process starts: no socket can be open."""
    _take_offline(batch, Station.objects.filter(state__in=(State.ONLINE, State.STALE)), "restart")


def mark_silent(batch: Batch, *, now: datetime, stale_after: timedelta, gone_after: timedelta) -> None:
    """Stations that have been silent: first stale, then offline (their process may have died).

    One that was given a longer heartbeat interval than the others may be silent for twice that.
    """
    stale: list[int] = []
    gone: list[int] = []
    # Other processes look, too: those that one of them is busy with have their turn later.
    watched = Station.objects.select_for_update(skip_locked=True).order_by("pk")
    silent = watched.filter(state__in=(State.ONLINE, State.STALE), last_seen_at__lt=now - stale_after)
    for key, state, seen, interval in silent.values_list("pk", "state", "last_seen_at", "heartbeat_interval"):
        assert seen is not None  # as the condition says
        own = timedelta(seconds=2 * (interval or 0))
        if seen < now - max(gone_after, own + gone_after - stale_after):
            gone.append(key)
        elif seen < now - max(stale_after, own) and state == State.ONLINE:
            stale.append(key)
    _take_offline(batch, Station.objects.filter(pk__in=gone), "silent")
    if stale:
        Station.objects.filter(pk__in=stale).update(state=State.STALE)
    for key in stale:
        batch.changed(TOPIC_STATIONS, key)


def _take_offline(batch: Batch, stations: QuerySet[Station], reason: str) -> None:
    # Locked, so that a connection that another process makes at this moment is not taken offline with its predecessor.
    identities = dict(stations.select_for_update().order_by("pk").values_list("pk", "identity"))
    if identities:
        Station.objects.filter(pk__in=identities).update(state=State.OFFLINE)
    for key, identity in identities.items():
        batch.changed(TOPIC_STATIONS, key)
        batch.publish(STATION_DISCONNECTED, {"station": identity, "reason": reason})
