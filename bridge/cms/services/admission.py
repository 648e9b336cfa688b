"""Whose bridge may speak: by the password of its station, or, where an administrator says so, by its name alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bridge.cms.language import LOG, NAME
from bridge.cms.models import Charger
from smartserver.core.batch import Batch
from smartserver.core.errors import Forbidden, NotFound
from smartserver.core.events import TOPIC_CHARGERS
from stations.models import Command, State, Station
from stations.services.equipment import connections
from stations.services.equipment.connections import Candidate
from stations.services.equipment.enrolment import NOBODY

MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class Caller:
    """A charger whose bridge wants to speak. `open_name`: it needs no password."""

    station: Candidate
    open_name: bool


def is_name(name: str) -> bool:
    """Whether a charger can be called so: what can be the identity of a station can be its name."""
    return 0 < len(name) <= MAX_NAME and name.isprintable() and name == name.strip()


def look_up(batch: Batch, *, name: str, address: str, create_unknown: bool, now: datetime) -> Caller | None:
    """The charger of this name. An unknown one is created, or put on the list of those that knock."""
    station = connections.look_up_station(batch, identity=name, address=address, create_unknown=create_unknown, now=now)
    if station is None:
        return None
    removed = station.password_hash == NOBODY
    open_name = Charger.objects.filter(station=station.station_id, open_name=True).exists()
    return Caller(station, open_name and not removed)


WAITED_FOR = (Command.State.SENT, Command.State.TIMED_OUT)
"""A bridge keeps a result while it cannot report it, longer perhaps than anybody waits: it is still the truth."""


class Asked(NamedTuple):
    """Whose command it is, whether its answer is a log, and whether it still waits for one."""

    name: str
    is_log: bool
    is_waited_for: bool


def look_up_command(batch: Batch, *, command_id: int) -> Asked | None:
    """The charger that was given this command; the wire does not name it where its result is reported."""
    command = Command.objects.select_related("station").filter(pk=command_id, ocpp_version=NAME).first()
    if command is None:
        return None
    return Asked(command.station.identity, command.action == LOG, command.state in WAITED_FOR)


def find(station_id: int) -> Station | None:
    """The station, locked for the rest of the unit; None when it was removed, or is about to be."""
    return Station.objects.select_for_update().exclude(password_hash=NOBODY).filter(pk=station_id).first()


def note_presence(batch: Batch, *, station_id: int, now: datetime) -> Charger:
    """A bridge reports for this charger, which therefore is online; locked for the rest of the unit.

    `Forbidden` while the station is connected over OCPP: two that speak for one station at once would count its
    sessions twice, and each would take the other's commands. `NotFound` when it was removed in between.
    """
    station = find(station_id)
    if station is None:
        raise NotFound("This charger is not known here any more.")
    if station.ocpp_version not in ("", NAME) and station.state == State.ONLINE:
        raise Forbidden("This station is connected over OCPP. A bridge may report for it when that connection is gone.")
    if station.ocpp_version != NAME or station.state not in (State.ONLINE, State.STALE):
        connections.connect_station(batch, station_id=station_id, version=NAME, now=now)
    charger, _ = Charger.objects.get_or_create(station=station)
    batch.changed(TOPIC_CHARGERS, station_id)
    return charger
