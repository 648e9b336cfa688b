"""Meter values: stored in bulk, the newest shown on EVSE, session and station."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import orjson
from django.db.models import Q

from smartserver.core.bulk import insert_rows, update_rows
from smartserver.core.writer import Batch
from stations.models import EVSE, MeterValue, Transaction
from stations.ocpp.facts import MetersReported, Reading
from stations.services import quirks, summary
from stations.services.context import Context


class Pending(NamedTuple):
    """A reading on its way into the database. `transaction` is a number that the station may have made up."""

    station_id: int
    evse: int | None
    transaction: int | None
    reading: Reading
    received_at: datetime
    action: str


def store_meters(batch: Batch, context: Context, fact: MetersReported) -> None:
    """Readings that a station reports by themselves."""
    for reading in fact.readings:
        store_reading(batch, context, evse=fact.evse, transaction=fact.transaction, reading=reading)


def store_reading(
    batch: Batch, context: Context, *, evse: int | None, transaction: int | None, reading: Reading
) -> None:
    batch.defer(
        _store, Pending(context.station_id, evse, transaction, reading, context.received_at, context.action)
    )


class _Session(NamedTuple):
    station_id: int
    evse_id: int | None
    active: bool
    meter_start_wh: float | None


_FIELDS = (
    "station",
    "evse",
    "transaction",
    "measured_at",
    "received_at",
    "energy_wh",
    "power_w",
    "current_a",
    "voltage_v",
    "soc",
    "samples",
)


def _store(batch: Batch, pending: list[Pending]) -> None:
    evses = _evses(pending)
    sessions = _sessions(pending)
    running = {each.evse_id: number for number, each in sessions.items() if each.active}
    rows = []
    newest_of_evse: dict[int, Pending] = {}
    newest_of_session: dict[int, Pending] = {}
    for each in pending:
        reading = each.reading
        session = sessions.get(each.transaction) if each.transaction is not None else None
        number = each.transaction if session and session.station_id == each.station_id else None
        if each.transaction is not None and number is None:
            # Somebody else's session, or nobody's: the values are kept, the session is not touched.
            quirks.note(
                batch,
                station_id=each.station_id,
                rules=("unknown_transaction_id",),
                action=each.action,
                at=each.received_at,
            )
        evse_id = evses[each.station_id, each.evse] if each.evse is not None else None
        if evse_id is None and number is not None:
            evse_id = sessions[number].evse_id
        if number is None and each.transaction is None and evse_id is not None:
            number = running.get(evse_id)
        rows.append(
            (
                each.station_id,
                evse_id,
                number,
                reading.stamp.moment,
                each.received_at,
                reading.energy_wh,
                reading.power_w,
                reading.current_a,
                reading.voltage_v,
                reading.soc,
                orjson.dumps(reading.samples).decode(),
            )
        )
        if evse_id is not None:
            newest_of_evse[evse_id] = each
        if number is not None and sessions[number].active:
            newest_of_session[number] = each
        summary.refresh(batch, station_id=each.station_id)
    insert_rows(MeterValue, _FIELDS, rows)
    _show_on_evses(newest_of_evse)
    _show_on_sessions(newest_of_session, sessions)


def _evses(pending: list[Pending]) -> dict[tuple[int, int | None], int]:
    """(station, EVSE number) → primary key, for all that are named; new ones are created."""
    wanted = {(each.station_id, each.evse) for each in pending if each.evse is not None}
    stations = {station_id for station_id, _ in wanted}
    found: dict[tuple[int, int | None], int] = {
        (station_id, number): pk
        for pk, station_id, number in EVSE.objects.filter(station_id__in=stations).values_list(
            "pk", "station_id", "number"
        )
    }
    for station_id, number in wanted - found.keys():
        evse, _ = EVSE.objects.get_or_create(station_id=station_id, number=number)
        found[station_id, number] = evse.pk
    return found


def _sessions(pending: list[Pending]) -> dict[int, _Session]:
    """All sessions that run on these stations or are named by them."""
    stations = {each.station_id for each in pending}
    named = {each.transaction for each in pending if each.transaction is not None and each.transaction > 0}
    rows = Transaction.objects.filter(Q(station_id__in=stations, active=True) | Q(pk__in=named))
    return {
        pk: _Session(*values)
        for pk, *values in rows.values_list("pk", "station_id", "evse_id", "active", "meter_start_wh")
    }


def _show_on_evses(newest: dict[int, Pending]) -> None:
    # Only what a reading holds replaces what is shown: SoC often comes in a reading of its own.
    for field in ("power_w", "energy_wh", "soc"):
        update_rows(
            EVSE,
            (field, "measured_at"),
            ("id",),
            (
                (value, each.received_at, key)
                for key, each in newest.items()
                if (value := getattr(each.reading, field)) is not None
            ),
        )


def _show_on_sessions(newest: dict[int, Pending], sessions: dict[int, _Session]) -> None:
    metered = []
    for number, each in newest.items():
        energy = each.reading.energy_wh
        if energy is None:
            continue
        start = sessions[number].meter_start_wh
        base = energy if start is None else start  # without a start meter the first reading is the start
        metered.append((base, energy, max(0.0, energy - base), number))
    update_rows(Transaction, ("meter_start_wh", "meter_last_wh", "energy_wh"), ("id",), metered)
    charged = ((each.reading.soc, number) for number, each in newest.items() if each.reading.soc is not None)
    update_rows(Transaction, ("soc",), ("id",), charged)
