"""The meters of a session at its start and its end. What runs in between is in `meters`."""

from __future__ import annotations

from datetime import datetime

from smartserver.core.batch import Batch
from stations.models import EVSE, MeterValue, Transaction
from stations.ocpp.facts import Reading, TransactionReported
from stations.ocpp.reading import BEGIN, END, register_at
from stations.ocpp.times import believed
from stations.services import quirks, remarks
from stations.services.sessions import energy

MAX_READINGS = 10_000
"""Readings of a session that are gone through when its meter went backwards; of more, the newest."""


def open_account(session: Transaction, meter_wh: float | None, *, needed: bool) -> None:
    """The start meter, where it can be believed; else the first reading will be the start.

    `needed`: every start has to have one (1.6).
    """
    session.meter_start_wh = meter_wh
    if meter_wh is None and needed:
        session.remark = remarks.added(session.remark, remarks.MISSING_METER)
    elif (
        meter_wh is not None
        and meter_wh <= 0
        and session.evse is not None
        and _has_lifetime_register(session.evse, session)
    ):
        session.meter_start_wh = None
        session.remark = remarks.added(session.remark, remarks.IMPLAUSIBLE_START)


def _has_lifetime_register(evse: EVSE, session: Transaction) -> bool:
    """Whether this outlet's meter is known to count on from session to session, so that it cannot be at zero."""
    if evse.energy_wh is None or evse.energy_wh <= energy.NEW_METER_WH:
        return False
    before = Transaction.objects.filter(evse=evse).exclude(pk=session.pk).order_by("-pk")
    starts = list(before.values_list("meter_start_wh", flat=True)[:1])
    return not starts or starts[0] is None or starts[0] > 0


def close_account(session: Transaction, fact: TransactionReported, now: datetime) -> None:
    """Stop meter and energy of a session that ends, from what the report says and what is stored of it."""
    registers = _in_order(fact.readings, now)
    stop = fact.meter_wh if fact.meter_wh is not None else _labelled(fact.readings, END)
    if session.meter_start_wh is None:
        session.meter_start_wh = _start_of(fact.readings, registers)
    _doubt_start(session, fact, registers, stop, now)
    last = stop if stop is not None else (registers[-1] if registers else session.meter_last_wh)
    known = session.meter_last_wh if session.meter_last_wh is not None else session.meter_start_wh
    if last is not None and known is not None and last < known:
        session.remark = remarks.added(session.remark, remarks.WENT_BACKWARDS)
    if stop is not None:
        session.meter_stop_wh = stop
    session.meter_last_wh = last
    count_energy(session, (*registers, *(() if stop is None else (stop,))), now)


def count_energy(session: Transaction, registers: tuple[float, ...] = (), now: datetime | None = None) -> None:
    """What the session used. `registers`: those that are not stored yet, for a meter that went backwards."""
    if session.meter_start_wh is None or session.meter_last_wh is None:
        return
    if now is not None and remarks.WENT_BACKWARDS in remarks.names(session.remark):
        stored = _stored(session, now)
        session.energy_wh = energy.used([session.meter_start_wh, *stored, *registers])
    else:
        session.energy_wh = max(0.0, session.meter_last_wh - session.meter_start_wh)


def _start_of(readings: tuple[Reading, ...], registers: list[float]) -> float | None:
    """The start in what comes with the end: the reading that says so, or the first of several."""
    labelled = _labelled(readings, BEGIN)
    if labelled is not None:
        return labelled
    return registers[0] if len(registers) > 1 else None


def _doubt_start(
    session: Transaction, fact: TransactionReported, registers: list[float], stop: float | None, now: datetime
) -> None:
    """A start meter of zero that would bill the meter's lifetime is none."""
    following = [register for register in (*registers, stop) if register is not None and register > 0]
    if session.meter_start_wh is None or session.meter_last_wh or not following:
        return
    by_station = (believed(session.started_at_station, now), believed(fact.stamp.moment, now))
    if energy.is_implausible_start(
        session.meter_start_wh, following[0], energy.Spans((session.started_at, now), by_station)
    ):
        session.meter_start_wh = _start_of(fact.readings, [each for each in registers if each > 0])
        session.energy_wh = None
        session.remark = remarks.added(session.remark, remarks.IMPLAUSIBLE_START)


def _labelled(readings: tuple[Reading, ...], context: str) -> float | None:
    return register_at([reading for reading in readings if reading.context == context], context)


def _in_order(readings: tuple[Reading, ...], now: datetime) -> list[float]:
    """The registers of readings, oldest first; those whose clock is not believed stay where they were sent."""
    known = [(believed(each.stamp.moment, now) or now, each.energy_wh) for each in readings]
    return [register for _, register in sorted(known, key=lambda pair: pair[0]) if register is not None]


def note_oddities(batch: Batch, station_id: int, action: str, at: datetime, before: str, after: str) -> None:
    """Count the rules about meters by which a session's remark has grown."""
    new = set(remarks.names(after)) - set(remarks.names(before))
    if remarks.IMPLAUSIBLE_START in new:
        quirks.note(batch, station_id=station_id, rules=("implausible_start_meter",), action=action, at=at)
    if remarks.WENT_BACKWARDS in new:
        quirks.note(batch, station_id=station_id, rules=("meter_went_backwards",), action=action, at=at)


def _stored(session: Transaction, now: datetime) -> list[float]:
    rows = MeterValue.objects.filter(
        station_id=session.station_id,
        received_at__gte=session.started_at,
        transaction_id=session.pk,
        energy_wh__isnull=False,
    ).order_by("-received_at", "-pk")
    newest = list(rows.values_list("measured_at", "received_at", "energy_wh")[:MAX_READINGS])[::-1]
    newest.sort(key=lambda row: believed(row[0], row[1]) or row[1])
    return [register for _, _, register in newest if register is not None]
