"""Meter values: stored in bulk, the newest shown on EVSE, session and station."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from smartserver.core.batch import Batch
from smartserver.core.bulk import insert_rows, select_rows, update_rows
from smartserver.core.events import TOPIC_SESSIONS, TOPIC_STATIONS
from stations.models import EVSE, MeterValue, Station, Transaction
from stations.ocpp.facts import MetersReported, Reading
from stations.ocpp.times import believed
from stations.services import quirks, remarks, summary
from stations.services.context import Context
from stations.services.sessions import energy, registers


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
    batch.defer(_store, pending(context, evse=evse, transaction=transaction, reading=reading))


def pending(context: Context, *, evse: int | None, transaction: int | None, reading: Reading) -> Pending:
    return Pending(context.station_id, evse, transaction, reading, context.received_at, context.action)


def are_waiting(batch: Batch, station_id: int) -> bool:
    """Whether readings of this station wait for the end of the batch."""
    return any(each.station_id == station_id for each in batch.waiting(_store))


@dataclass(slots=True)
class _Evse:
    pk: int
    station_id: int
    power_w: float | None = None
    energy_wh: float | None = None
    soc: float | None = None
    measured_at: datetime | None = None

    def show(self, reading: Reading, at: datetime, *, over: bool) -> None:
        """Only what a reading holds replaces what is shown: SoC often comes in a reading of its own.

        The last reading of a session that is over tells the power of before its end.
        """
        self.measured_at = at
        self.power_w = self.power_w if reading.power_w is None or over else reading.power_w
        self.energy_wh = self.energy_wh if reading.energy_wh is None else reading.energy_wh
        self.soc = self.soc if reading.soc is None else reading.soc


@dataclass(slots=True)
class Metered:
    """What meters tell of a session."""

    pk: int
    station_id: int
    evse_id: int | None
    active: bool
    meter_start_wh: float | None
    meter_last_wh: float | None
    energy_wh: float | None
    soc: float | None
    measured_at: datetime | None
    remark: str
    before: str = ""
    touched: bool = False

    def __post_init__(self) -> None:
        self.before = self.remark
        if self.measured_at is not None and self.measured_at.tzinfo is None:  # as SQLite's driver gives it
            self.measured_at = self.measured_at.replace(tzinfo=UTC)

    def meter(self, reading: Reading, received_at: datetime) -> bool:
        """Take a reading; whether it is the newest. By the station's clock, where that can be believed."""
        self.touched = True
        moment = believed(reading.stamp.moment, received_at)
        if moment is not None:
            if self.measured_at is not None and moment < self.measured_at:
                self._take_older(reading.energy_wh)
                return False
            self.measured_at = moment
        self.soc = self.soc if reading.soc is None else reading.soc
        if reading.energy_wh is not None:
            self._take_register(reading.energy_wh, moment, received_at)
        return True

    def _take_older(self, register: float | None) -> None:
        """A start that was taken from the first reading is taken from an earlier one, if that comes."""
        start = self.meter_start_wh
        if register is None or start is None or not 0 < register < start or not self.remark:
            return
        if {remarks.MISSING_METER, remarks.IMPLAUSIBLE_START} & set(remarks.names(self.remark)):
            self.meter_start_wh = register
            self._count()

    def _take_register(self, register: float, moment: datetime | None, received_at: datetime) -> None:
        if self.meter_start_wh is None:
            if register <= 0 and remarks.IMPLAUSIBLE_START in self.remark:
                return  # the zero that was not believed, once more
            self.meter_start_wh = register  # without a start meter the first reading is the start
        elif self._is_start_implausible(register, moment, received_at):
            self.meter_start_wh = register
            self.remark = remarks.added(self.remark, remarks.IMPLAUSIBLE_START)
        last = self.meter_start_wh if self.meter_last_wh is None else self.meter_last_wh
        if register < last:
            # Noise, or another meter: what it means is known at the end of the session (`energy.used`).
            self.remark = remarks.added(self.remark, remarks.WENT_BACKWARDS)
            return
        self.meter_last_wh = register
        self._count()

    def _count(self) -> None:
        if self.meter_start_wh is not None and self.meter_last_wh is not None:
            self.energy_wh = max(0.0, self.meter_last_wh - self.meter_start_wh)

    def _is_start_implausible(self, register: float, moment: datetime | None, received_at: datetime) -> bool:
        """Costs a look at the session only for the first register after a start at zero."""
        start = self.meter_start_wh
        if start is None or start > 0 or self.meter_last_wh or register <= energy.NEW_METER_WH:
            return False
        began, by_station = Transaction.objects.values_list("started_at", "started_at_station").get(pk=self.pk)
        by_station = believed(by_station, received_at)
        spans = energy.Spans((began, received_at), (by_station, moment))
        return energy.is_implausible_start(start, register, spans)


_SESSION = (
    "id",
    "station",
    "evse",
    "active",
    "meter_start_wh",
    "meter_last_wh",
    "energy_wh",
    "soc",
    "measured_at_station",
    "remark",
)
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
    store_readings(batch, pending, _sessions({each.station_id for each in pending}, pending))


def store_readings(batch: Batch, pending: Sequence[Pending], sessions: Mapping[int, Metered]) -> None:
    """Many meter values, with a read and four writes, whatever their number.

    `sessions`: all that run on their stations and all that they name, by their keys.
    """
    if not pending:
        return
    stations = {each.station_id for each in pending}
    evses = _evses(stations, pending)
    by_pk = {evse.pk: evse for evse in evses.values()}
    running = {session.evse_id: session for session in sessions.values() if session.active}
    rows = []
    for each in pending:
        reading = each.reading
        evse = evses[each.station_id, each.evse] if each.evse is not None else None
        session = _session_of(batch, each, evse, sessions, running)
        if evse is None and session is not None and session.evse_id is not None:
            evse = by_pk.get(session.evse_id)
        rows.append(
            (
                each.station_id,
                evse.pk if evse else None,
                session.pk if session else None,
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
        over = session is not None and not session.active
        is_news = session is None or over or session.meter(reading, each.received_at)
        if evse is not None and is_news and not (over and evse.pk in running):
            evse.show(reading, each.received_at, over=over)
    insert_rows(MeterValue, _FIELDS, rows)
    _show(batch, stations, evses, sessions.values())
    action = pending[-1].action
    for session in sessions.values():
        if session.remark != session.before:
            _note(batch, session, action)


def _note(batch: Batch, session: Metered, action: str) -> None:
    """A meter broke a rule for the first time in this session."""
    Transaction.objects.filter(pk=session.pk).update(remark=session.remark)
    registers.note_oddities(batch, session.station_id, action, batch.now, session.before, session.remark)


def _session_of(
    batch: Batch,
    each: Pending,
    evse: _Evse | None,
    sessions: Mapping[int, Metered],
    running: dict[int | None, Metered],
) -> Metered | None:
    """The session that a reading belongs to: the one it names, else the one that runs on its EVSE."""
    if each.transaction is None:
        return running.get(evse.pk) if evse is not None else None
    session = sessions.get(each.transaction)
    if session is not None and session.station_id == each.station_id:
        return session
    # Somebody else's session, or nobody's: the values are kept, the session is not touched.
    rules = ("unknown_transaction_id",)
    quirks.note(batch, station_id=each.station_id, rules=rules, action=each.action, at=each.received_at)
    return None


def _evses(stations: set[int], pending: Sequence[Pending]) -> dict[tuple[int, int], _Evse]:
    """All EVSEs of these stations by (station, number); those that are named for the first time are created."""
    rows = select_rows(EVSE, ("number", "id", "station", "power_w", "energy_wh", "soc"), "station", stations)
    found = {(station_id, number): _Evse(pk, station_id, *shown) for number, pk, station_id, *shown in rows}
    for each in pending:
        if each.evse is not None and (each.station_id, each.evse) not in found:
            evse, _ = EVSE.objects.get_or_create(station_id=each.station_id, number=each.evse)
            found[each.station_id, each.evse] = _Evse(evse.pk, each.station_id)
    return found


def _sessions(stations: set[int], pending: Sequence[Pending]) -> dict[int, Metered]:
    """All sessions that run on these stations or are named by their readings."""
    rows = select_rows(Transaction, _SESSION, "station", stations, "AND active")
    sessions = {session.pk: session for session in (Metered(*row) for row in rows)}
    named = {each.transaction for each in pending if each.transaction is not None and 0 < each.transaction < 2**63}
    if others := named - sessions.keys():
        sessions |= {row[0]: Metered(*row) for row in select_rows(Transaction, _SESSION, "id", others)}
    return sessions


def _show(
    batch: Batch, stations: set[int], evses: Mapping[tuple[int, int], _Evse], sessions: Collection[Metered]
) -> None:
    """The newest values on EVSEs, sessions and stations."""
    update_rows(
        EVSE,
        ("power_w", "energy_wh", "soc", "measured_at"),
        ((e.power_w, e.energy_wh, e.soc, e.measured_at, e.pk) for e in evses.values() if e.measured_at is not None),
    )
    update_rows(
        Transaction,
        ("meter_start_wh", "meter_last_wh", "energy_wh", "soc", "measured_at_station"),
        ((s.meter_start_wh, s.meter_last_wh, s.energy_wh, s.soc, s.measured_at, s.pk) for s in sessions if s.touched),
    )
    for session in sessions:
        if session.touched:
            batch.changed(TOPIC_SESSIONS, session.pk)
    power = summary.total_power((*place, evse.power_w) for place, evse in evses.items())
    energy: dict[int, float] = {}
    for session in sessions:
        if session.active:
            energy[session.station_id] = energy.get(session.station_id, 0.0) + (session.energy_wh or 0.0)
    update_rows(
        Station,
        ("power_w", "session_energy_wh"),
        ((power.get(key), energy.get(key), key) for key in sorted(stations)),
    )
    for key in stations:
        batch.changed(TOPIC_STATIONS, key)
