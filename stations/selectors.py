"""Reads of stations: the live table and the history of its values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from smartserver.core.by_key import by_key
from smartserver.core.clock import isoformat
from smartserver.core.events import TOPIC_COMMANDS, TOPIC_KNOCKING, TOPIC_STATIONS
from smartserver.core.history import Series, points
from smartserver.core.query import Column
from smartserver.core.summaries import Summary
from smartserver.core.tables import read_rows, states_of
from smartserver.core.topic import Topic
from stations.models import (
    EVSE,
    ChargingProfile,
    Command,
    KnockingStation,
    MeterHour,
    MeterValue,
    Registration,
    State,
    Station,
    Transaction,
)
from stations.ocpp.v16.reversed_calls import first_limit_w

COLUMNS = (
    Column("identity", "Station"),
    Column("state", "State", "state", options=tuple(State.values)),
    Column("status", "Status"),
    Column("connectors", "Connectors"),
    Column("power_w", "Power", "number", "W"),
    Column("session_energy_wh", "Session energy", "number", "Wh"),
    Column("sessions", "Sessions", "number"),
    Column("vendor", "Vendor"),
    Column("model", "Model"),
    Column("firmware_version", "Firmware"),
    Column("ocpp_version", "Protocol"),
    Column("last_seen_at", "Last seen", "time"),
    Column("quirks", "Quirks"),
)

_NAMES = tuple(column.name for column in COLUMNS)
_LAST_SEEN = _NAMES.index("last_seen_at")


def _load(condition: Q) -> Iterable[tuple[int, dict[str, Any]]]:
    for pk, *values in Station.objects.filter(condition).order_by().values_list("pk", *_NAMES):
        if values[_LAST_SEEN] is not None:
            values[_LAST_SEEN] = isoformat(values[_LAST_SEEN])
        yield pk, dict(zip(_NAMES, values, strict=True))


TOPIC = Topic(TOPIC_STATIONS, COLUMNS, _load, lambda: Station.objects.count(), read=by_key(Station, COLUMNS))
STATES = states_of(TOPIC, COLUMNS[1], lambda: Station.objects.all())

KNOCKING = Summary("knocking", frozenset({TOPIC_KNOCKING}), lambda: {"count": KnockingStation.objects.count()})
"""How many identities knock that nobody has entered. Who they are is for administrators, and not said here."""

COMMAND_COLUMNS = (
    Column("station", "Station", path="station__identity"),
    Column("action", "Action"),
    Column("state", "State", "state", options=tuple(Command.State.values)),
    Column("result", "Result"),
    Column("error", "Error"),
    Column("origin", "Asked by"),
    Column("attempts", "Attempts", "number"),
    Column("created_at", "Asked at", "time"),
    Column("sent_at", "Sent at", "time"),
    Column("settled_at", "Ended at", "time"),
)

MAX_COMMANDS = 5000
"""The newest commands that the live table holds; all others are in the REST API."""


def _load_commands(condition: Q) -> Iterable[tuple[int, dict[str, Any]]]:
    return read_rows(Command.objects.filter(condition).order_by("-pk")[:MAX_COMMANDS], COMMAND_COLUMNS)


COMMANDS = Topic(
    TOPIC_COMMANDS,
    COMMAND_COLUMNS,
    _load_commands,
    lambda: Command.objects.count(),
    newest_first=True,
    limit=MAX_COMMANDS,
)
COMMAND_STATES = states_of(COMMANDS, COMMAND_COLUMNS[2], lambda: Command.objects.all())

_SERIES = (
    ("power_w", "Power", "W"),
    ("energy_wh", "Meter", "Wh"),
    ("current_a", "Current", "A"),
    ("voltage_v", "Voltage", "V"),
    ("soc", "State of charge", "%"),
)


SERIES = Series(MeterValue, MeterHour, "station", tuple(name for name, _, _ in _SERIES), part="evse__number")


def history(station_id: int, *, minutes: int, until: datetime | None = None) -> dict[str, Any]:
    """The meter values of the `minutes` until then (or now), oldest first, as `docs/live-protocol.md` describes.

    Where several EVSEs were metered, each has columns of its own, and null at the moments of the others.
    """
    found = points(SERIES, station_id, span=timedelta(minutes=minutes), until=until)
    metered = sorted({evse for _, evse, _ in found}) or [0]
    columns = [{"name": "time", "label": "Time", "unit": "s"}]
    series: list[list[float | None]] = [[moment for moment, _, _ in found]]
    for place, (name, label, unit) in enumerate(_SERIES):
        for evse in metered:
            alone = len(metered) == 1
            columns.append(
                {
                    "name": name if alone else f"{name}_{evse}",
                    "label": label if alone else f"{label} {evse}",
                    "unit": unit,
                }
            )
            series.append([values[place] if number == evse else None for _, number, values in found])
    return {"columns": columns, "series": series}


MAX_DUMPED = 10_000


def dump_state(station_ids: Collection[int] | None) -> dict[str, Any]:
    """What the text message DUMP_STATE is answered (seed 004): the session of each of these stations; None: of all."""
    mine = Q() if station_ids is None else Q(station__in=station_ids)
    active = Transaction.objects.filter(mine, active=True).order_by("pk")
    running = dict(active.values_list("station", "pk"))
    metered = EVSE.objects.filter(mine, energy_wh__isnull=False)
    newest_last = metered.order_by(F("measured_at").asc(nulls_first=True), "pk")
    registers = dict(newest_last.values_list("station", "energy_wh"))
    profiles: dict[int, list[dict[str, Any]]] = defaultdict(list)
    known = ChargingProfile.objects.filter(mine).order_by("number")
    for station_id, number, profile in known.values_list("station", "number", "profile"):
        profiles[station_id].append({"id": number, "limit_w": first_limit_w(profile)})
    stations = Station.objects.all() if station_ids is None else Station.objects.filter(pk__in=station_ids)
    sessions = [
        {
            "chargePointId": station.identity,
            "boot_accepted": station.booted_at is not None and station.registration == Registration.ACCEPTED,
            "active_transaction_id": running.get(station.pk),
            "last_seen_at": isoformat(station.last_seen_at) if station.last_seen_at else None,
            "last_meter_wh": registers.get(station.pk),
            "charging_profiles": profiles[station.pk],
        }
        for station in stations.order_by("identity")[:MAX_DUMPED]
    ]
    return {"sessions": sessions}
