"""Stations as people enter them: enrolled, given passwords, changed, removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet

from smartserver.core.batch import Batch
from smartserver.core.credentials import hash_key, new_key
from smartserver.core.errors import BadInput, Conflict, NotFound
from smartserver.core.events import HINT_CONNECTION, TOPIC_COMMANDS, TOPIC_KNOCKING, TOPIC_SESSIONS, TOPIC_STATIONS
from stations.handshake import MAX_IDENTITY
from stations.models import (
    Command,
    KnockingStation,
    Message,
    MeterValue,
    MonitoringEvent,
    Registration,
    State,
    Station,
    StreamValue,
    Transaction,
)

SETTABLE = frozenset({"strict", "registration", "heartbeat_interval", "note"})

MIN_PASSWORD, MAX_PASSWORD = 16, 40
"""1.6 security whitepaper 3.1 and 2.0.1 BasicAuthPassword: at least 16, at most 40 characters."""

ROWS_AT_ONCE = 2000
"""Rows of high volume that one unit deletes: others wait for the writer, too."""

ROWS_SHOWN = 5000
"""Sessions and commands of a removed station, the newest, that leave the live tables at once."""

NOBODY = "!"
"""A password hash that no password has."""


def create_station(
    batch: Batch, *, identity: str, password: str | None = None, settings: Mapping[str, Any] | None = None
) -> tuple[Station, str]:
    """A new station and its password: the given one, else one made up. Only a hash of it is kept."""
    check_identity(identity)
    if Station.objects.filter(identity=identity).exists():
        raise Conflict("There is a station of this identity.")
    password = _checked(password)
    station = Station.objects.create(identity=identity, password_hash=hash_key(password), **_settable(settings or {}))
    _knocks_no_more(batch, identity)
    batch.changed(TOPIC_STATIONS, station.pk)
    return station, password


def enrol_knocking(batch: Batch, *, identity: str, password: str | None = None) -> tuple[Station, str]:
    """Make a station of an identity that tried to connect."""
    if not KnockingStation.objects.filter(identity=identity).exists():
        raise NotFound("This identity has not knocked.")
    return create_station(batch, identity=identity, password=password)


def dismiss_knocking(batch: Batch, *, identity: str) -> None:
    """Forget that this identity has knocked. When it does so again, it is there again."""
    if not _knocks_no_more(batch, identity):
        raise NotFound("This identity has not knocked.")


def _knocks_no_more(batch: Batch, identity: str) -> bool:
    known = KnockingStation.objects.filter(identity=identity).first()
    if known is None:
        return False
    batch.changed(TOPIC_KNOCKING, known.pk)
    known.delete()
    return True


def set_password(batch: Batch, *, station_id: int, password: str | None = None) -> str:
    """A new password. The present connection, made with the old one, goes on; the next needs the new one."""
    password = _checked(password)
    if not Station.objects.filter(pk=station_id).update(password_hash=hash_key(password), next_password_hash=""):
        raise NotFound("There is no such station.")
    return password


def change_station(batch: Batch, *, station_id: int, settings: Mapping[str, Any]) -> Station:
    """Change what people decide about a station: strictness, registration, heartbeat interval, note."""
    changed = _settable(settings)
    if changed:
        Station.objects.filter(pk=station_id).update(**changed)
        batch.changed(TOPIC_STATIONS, station_id)
    station = Station.objects.filter(pk=station_id).first()
    if station is None:
        raise NotFound("There is no such station.")
    return station


def lock_out(batch: Batch, *, station_id: int) -> None:
    """The first step of a removal: nobody connects as this station any more."""
    known = Station.objects.filter(pk=station_id)
    # The next generation: its open socket is closed, wherever it is.
    if not known.update(
        password_hash=NOBODY,
        next_password_hash="",
        registration=Registration.REJECTED,
        connection=F("connection") + 1,
        state=State.OFFLINE,
    ):
        raise NotFound("There is no such station.")
    generation = known.values_list("connection", flat=True).get()
    batch.hint(HINT_CONNECTION, {"station": station_id, "generation": generation})
    batch.changed(TOPIC_STATIONS, station_id)


def forget_records(batch: Batch, *, station_id: int) -> bool:
    """Delete some of a station's rows of high volume; False when none is left."""
    batch.settle()
    found: tuple[QuerySet[Any], ...] = (
        Message.objects.filter(station_id=station_id).order_by("received_at"),
        MeterValue.objects.filter(station_id=station_id).order_by("received_at"),
        MonitoringEvent.objects.filter(station_id=station_id).order_by("received_at"),
        StreamValue.objects.filter(stream__station_id=station_id).order_by(),
    )
    for rows in found:
        some = list(rows.values_list("pk", flat=True)[:ROWS_AT_ONCE])
        if some:
            rows.model._default_manager.filter(pk__in=some).delete()
            return True
    return False


def remove_station(batch: Batch, *, station_id: int) -> None:
    """The last step of a removal: the station with everything that is left of it."""
    batch.settle()
    station = Station.objects.filter(pk=station_id).first()
    if station is None:
        raise NotFound("There is no such station.")
    for topic, model in ((TOPIC_SESSIONS, Transaction), (TOPIC_COMMANDS, Command)):
        rows = model._default_manager.filter(station=station_id).order_by("-pk")
        for key in rows.values_list("pk", flat=True)[:ROWS_SHOWN]:
            batch.changed(topic, key)
    station.delete()
    batch.changed(TOPIC_STATIONS, station_id)


def check_identity(identity: str) -> None:
    """What can stand in an address, as `stations.handshake` reads it."""
    if not identity.isprintable() or not 0 < len(identity) <= MAX_IDENTITY or identity.strip() != identity:
        reason = f"An identity has 1 to {MAX_IDENTITY} printable characters, and no space at its ends."
        raise BadInput(reason, problems=[{"path": "identity", "reason": reason}])


def _checked(password: str | None) -> str:
    if password is None:
        return new_key()
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD or not password.isprintable():
        reason = f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} printable characters."
        raise BadInput(reason, problems=[{"path": "password", "reason": reason}])
    return password


def _settable(settings: Mapping[str, Any]) -> dict[str, Any]:
    surplus = settings.keys() - SETTABLE
    if surplus:
        raise BadInput(f"{', '.join(sorted(surplus))} cannot be set.")
    return dict(settings)
