"""What the live table shows of a station, drawn together from its connectors, EVSEs and sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from smartserver.core.batch import Batch
from smartserver.core.bulk import update_rows
from smartserver.core.events import TOPIC_STATIONS
from stations.models import EVSE, Connector, Station, Transaction

TELLING = (
    "Faulted",
    "Charging",
    "SuspendedEVSE",
    "SuspendedEV",
    "Finishing",
    "Occupied",
    "Preparing",
    "EVConnected",
    "Reserved",
    "Unavailable",
    "Idle",
    "Available",
)
"""Statuses in the order in which one of them speaks for the station."""

_RANK = {status: rank for rank, status in enumerate(TELLING)}


def refresh(batch: Batch, *, station_id: int) -> None:
    """Have the station's summary drawn anew at the end of the batch, once."""
    batch.defer(_refresh, station_id)


def _refresh(batch: Batch, station_ids: list[int]) -> None:
    stations = set(station_ids)
    evses = EVSE.objects.filter(station_id__in=stations)
    power = total_power(evses.values_list("station_id", "number", "power_w"))
    energy: dict[int, float] = defaultdict(float)
    sessions: dict[int, int] = defaultdict(int)
    charging: dict[int | None, str] = {}
    active = Transaction.objects.filter(station_id__in=stations, active=True)
    for station_id, evse_id, energy_wh, state in active.values_list(
        "station_id", "evse_id", "energy_wh", "charging_state"
    ):
        sessions[station_id] += 1
        energy[station_id] += energy_wh or 0.0
        charging[evse_id] = state
    statuses = _statuses(stations, charging)
    rows = []
    for key in stations:
        shown = [status for _, _, status in sorted(statuses[key])]
        telling = min(shown, key=lambda status: _RANK.get(status, 0), default="")
        rows.append(
            (
                telling,
                ", ".join(shown)[:1000],
                power.get(key),
                energy[key] if key in sessions else None,
                sessions[key],
                key,
            )
        )
        batch.changed(TOPIC_STATIONS, key)
    fields = ("status", "connectors", "power_w", "session_energy_wh", "sessions")
    update_rows(Station, fields, rows)


def total_power(measured: Iterable[tuple[int, int, float | None]]) -> dict[int, float]:
    """Power by station, of (station, EVSE, power). EVSE 0, the main meter, counts where no other has a meter."""
    mains: dict[int, float] = {}
    outlets: dict[int, float] = {}
    for station_id, number, power_w in measured:
        if power_w is None:
            continue
        if number:
            outlets[station_id] = outlets.get(station_id, 0.0) + power_w
        else:
            mains[station_id] = power_w
    return mains | outlets


def _statuses(stations: set[int], charging: dict[int | None, str]) -> dict[int, list[tuple[int, int, str]]]:
    """(EVSE, connector, status) by station. In 2.x "Occupied" says less than the session's charging state."""
    found: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    connectors = Connector.objects.filter(evse__station_id__in=stations)
    for station_id, evse_id, evse, number, status in connectors.values_list(
        "evse__station_id", "evse_id", "evse__number", "number", "status"
    ):
        if evse == 0 and status in ("Available", "Preparing"):
            continue  # the station as a whole is well: nothing to tell
        shown = charging.get(evse_id) or status if status == "Occupied" else status
        found[station_id].append((evse, number, shown))
    return found
