"""Updated events of 2.x, which come in masses: those that carry on where the last one ended, all of a batch together.

Most events say only that a session goes on, and what its meter shows. What else there is to say, or comes twice, or out
of order, takes the way of all reports (`transactions`), one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from django.db import connection
from django.db.models import QuerySet

from smartserver.core.batch import Batch, Later
from smartserver.core.bulk import select_rows, update_rows
from smartserver.core.compiled import Compiled
from smartserver.core.events import TOPIC_SESSIONS
from stations.models import Station, Transaction
from stations.ocpp.facts import Phase, TransactionKept, TransactionReported
from stations.ocpp.times import believed
from stations.services import remarks
from stations.services.context import Context
from stations.services.sessions import limits, meters, runs
from stations.services.sessions.limits import Limits

PASSING = frozenset({"ChargingRateChanged", "MeterValueClock", "MeterValuePeriodic"})
"""Triggers that say no more than that the session goes on."""

Report = Callable[[Batch, Context, TransactionReported], TransactionKept]


class _Update(NamedTuple):
    """An event on its way into the database; `otherwise` takes it if it turns out to be special."""

    context: Context
    fact: TransactionReported
    answer: Later[TransactionKept]
    otherwise: Report


def is_plain(fact: TransactionReported) -> bool:
    """Whether it may be one of many: it says nothing of who, what for, or how much."""
    return (
        fact.phase is Phase.UPDATED
        and fact.trigger in PASSING
        and fact.sequence is not None
        and fact.number is None
        and fact.token is None
        and fact.reservation is None
        and fact.remote_start is None
        and fact.cost_details is None
    )


def take_later(
    batch: Batch, context: Context, fact: TransactionReported, *, otherwise: Report
) -> Later[TransactionKept]:
    answer: Later[TransactionKept] = Later()
    batch.defer(_take, _Update(context, fact, answer, otherwise))
    return answer


def are_waiting(batch: Batch, station_id: int) -> bool:
    """Whether events of this station wait for the end of the batch."""
    return any(each.context.station_id == station_id for each in batch.waiting(_take))


def _take(batch: Batch, waiting: list[_Update]) -> None:
    """With one read and one write more than their meter values, whatever the number of events."""
    sessions = _running({each.context.station_id for each in waiting})
    ordinary: list[tuple[_Session, _Update]] = []
    special: list[_Update] = []
    for each in waiting:
        session = sessions.get((each.context.station_id, each.fact.reference))
        if session is not None and session.goes_on_with(each.fact, each.context.received_at):
            ordinary.append((session, each))
        else:
            special.append(each)
            if session is not None:
                session.special = True  # what follows a special one is special
    _store(batch, ordinary, sessions.values())
    for each in special:
        each.answer.tell(each.otherwise(batch, each.context, each.fact))


def _store(batch: Batch, found: Sequence[tuple[_Session, _Update]], running: Iterable[_Session]) -> None:
    sessions = {session.row.pk: session for session, _ in found}
    runs.keep(run for session in sessions.values() for run in session.told)
    timed = [(session.charging_seconds, key) for key, session in sorted(sessions.items()) if session.is_timed]
    update_rows(Transaction, ("charging_seconds",), timed)
    _meter(batch, found, running)
    costs = _costs([key for key, session in sessions.items() if session.row.currency])
    for session, each in found:
        row = session.row
        cost = costs.get(row.pk)
        each.answer.tell(TransactionKept(row.pk, None, row.untold(), cost, "" if cost is None else row.currency))
    for key in sessions:
        batch.changed(TOPIC_SESSIONS, key)


def _meter(batch: Batch, found: Sequence[tuple[_Session, _Update]], running: Iterable[_Session]) -> None:
    readings = [
        meters.pending(each.context, evse=None, transaction=session.row.pk, reading=reading)
        for session, each in found
        for reading in each.fact.readings
    ]
    meters.store_readings(batch, readings, {session.row.pk: session.row.metered() for session in running})


def _costs(keys: list[int]) -> dict[int, Decimal | None]:
    return dict(Transaction.objects.filter(pk__in=keys).values_list("pk", "cost")) if keys else {}


# -- the sessions that run ----------------------------------------------------------------------


class _Row(NamedTuple):
    """A session that runs, as it is stored, and the newest of its events; JSON as text."""

    station_id: int
    reference: str
    pk: int
    evse_id: int | None
    charging_state: str
    remark: str
    charging_seconds: int | None
    phases_used: int | None
    cable_max_current_a: int | None
    operation_mode: str
    tariff: str
    limits: str
    wanted_limits: str
    token_limits: str | None
    token_credit: Any
    currency: str
    cost_due_at: datetime | None
    meter_start_wh: float | None
    meter_last_wh: float | None
    energy_wh: float | None
    soc: float | None
    measured_at_station: datetime | None
    event_pk: int | None
    event_phase: str
    event_trigger: str
    event_charging_state: str
    event_offline: bool
    event_details: str
    event_last_sequence: int
    event_last_stamp: str

    def run(self) -> runs.Run:
        return runs.Run(
            self.pk,
            self.event_pk,
            self.event_phase,
            self.event_trigger,
            self.event_charging_state,
            self.event_offline,
            self.event_details,
            self.event_last_sequence,
            self.event_last_stamp,
        )

    def metered(self) -> meters.Metered:
        return meters.Metered(
            self.pk,
            self.station_id,
            self.evse_id,
            True,
            self.meter_start_wh,
            self.meter_last_wh,
            self.energy_wh,
            self.soc,
            self.measured_at_station,
            self.remark,
        )

    def is_news(self, fact: TransactionReported) -> bool:
        return (
            (fact.charging_state[:32] or self.charging_state) != self.charging_state
            or (fact.evse is not None and self.evse_id is None)
            or fact.phases_used not in (None, self.phases_used)
            or fact.cable_max_current_a not in (None, self.cable_max_current_a)
            or (fact.operation_mode[:32] or self.operation_mode) != self.operation_mode
            or (fact.tariff[:60] or self.tariff) != self.tariff
            or (fact.limits is not None and fact.limits != _read(self.limits))
        )

    def is_due(self, at: datetime) -> bool:
        """Whether its cost is to be calculated anew (`costs.is_due`), or what is left of a prepaid token's credit."""
        if self.token_credit is not None:
            return True
        if not self.currency:
            return False
        due = self.cost_due_at
        return due is None or (due.replace(tzinfo=UTC) if due.tzinfo is None else due) <= at

    def untold(self) -> Limits | None:
        wanted = _read(self.wanted_limits) or _read(self.token_limits)
        return limits.news(wanted, _read(self.limits)) if wanted else None


class _Session:
    """One that runs, and what the events of this batch make of it. `special`: one has to look closer."""

    __slots__ = ("charging_seconds", "is_timed", "newest", "row", "special", "told")

    def __init__(self, row: _Row) -> None:
        self.row = row
        self.newest = None if row.event_pk is None else row.run()
        self.special = False
        self.told: list[runs.Run] = []
        self.charging_seconds = row.charging_seconds
        self.is_timed = False

    def goes_on_with(self, fact: TransactionReported, at: datetime) -> bool:
        """Whether the event follows the newest one, and nothing but time and meters has moved on; then it has."""
        row, newest = self.row, self.newest
        assert fact.sequence is not None
        if self.special or newest is None or fact.sequence != newest.last_sequence + 1:
            return False
        if row.is_news(fact) or row.is_due(at):
            return False
        is_odd = fact.stamp.moment is not None and believed(fact.stamp.moment, at) is None
        if is_odd and remarks.IMPLAUSIBLE_TIME not in remarks.names(row.remark):
            return False
        self._take(newest, fact, at)
        return True

    def _take(self, newest: runs.Run, fact: TransactionReported, at: datetime) -> None:
        if newest.is_carried_on_by(fact):
            newest.carry_on(fact)
        else:
            newest = self.newest = runs.begin(self.row.pk, fact, at)
        if not self.told or self.told[-1] is not newest:
            self.told.append(newest)
        if (fact.charging_seconds or 0) > (self.charging_seconds or 0):
            self.charging_seconds, self.is_timed = fact.charging_seconds, True


_FROM = {"token_limits": "id_token__limits", "token_credit": "id_token__credit"}
_FROM |= {f"event_{name}": f"newest_event__{name}" for name in runs.NEWEST}


def _rows(stations: Sequence[int]) -> QuerySet[Transaction, Any]:
    running = runs.with_newest(Transaction.objects.filter(station__in=stations, active=True)).order_by()
    return running.values_list(*(_FROM.get(name, name) for name in _Row._fields))


_read_running = Compiled(_rows, at_once=True)


def _running(stations: set[int]) -> dict[tuple[int, str], _Session]:
    """By station and reference. Two processes may hear of one station during a reconnect; its row is the lock."""
    if connection.features.has_select_for_update:
        select_rows(Station, ("id",), "id", stations, locked=True)
    found = map(_Row._make, _read_running(sorted(stations)))
    return {(row.station_id, row.reference): _Session(row) for row in found}


def _read(text: str | None) -> dict[str, float]:
    """Most have no limits, which need not be parsed."""
    found: dict[str, float] = orjson.loads(text) if text is not None and text != "{}" else {}
    return found
