"""Charging sessions as the hardware tells them: by its own ids, with its own count of the energy.

Its ids name a session of one outlet only for as long as that runs; hardware that was restarted may count from 1 again.
Events may come late, in any order, or not at all. What a session used is what the hardware counted for it, which its
end tells; the meters in between show how far it is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from bridge.cms import meaning
from bridge.cms.meaning import Event
from bridge.outlets import Outlet
from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from smartserver.core.events import TOPIC_SESSIONS
from stations.models import EVSE, Transaction, TransactionEvent
from stations.ocpp.facts import Phase, Reading, Stamp, Token, TransactionReported
from stations.ocpp.reading import BEGIN, END
from stations.ocpp.times import believed
from stations.services.context import Context
from stations.services.sessions import ghosts, transactions

PHASES = {
    meaning.SESSION_START: (Phase.STARTED, "EVConnected"),
    meaning.START_CHARGING: (Phase.UPDATED, "Charging"),
    meaning.STOP_CHARGING: (Phase.UPDATED, "EVConnected"),
    meaning.SESSION_STOP: (Phase.ENDED, ""),
}

STALE_WH = 1000.0
"""A start meter that is further off than this was that of an earlier session."""

MAX_SECONDS = 30 * 86_400
"""Of a session; what says more counts something else."""


def take_session_event(batch: Batch, context: Context, event: Event, number: int, stamp: Stamp) -> bool:
    """Begin, carry on or end the session that an event is about. `number`: of the event, which orders them.

    Whether the event tells how the outlet is now: one that comes late does not.
    """
    if not event.session:
        return True  # the event is kept; whose session it was, nobody can tell
    batch.settle()  # what was measured before
    known = _session(context.station_id, event.session, event.outlet)
    if known is not None and _is_another(known, event, context.received_at):
        known = None
    report = _Report(batch, context, event, number, stamp)
    if event.kind == meaning.SESSION_STOP:
        _end(report, known)
        return event.outlet is None or not is_running(context.station_id, event.outlet)
    if known is None and _is_overtaken(context, event):
        return False  # its end will tell all there is to it
    if known is not None and not known.active:
        _add_late(report, known)
        return False
    _carry_on(report, known)
    return True


class _Report:
    """What an event says, for the services of sessions."""

    def __init__(self, batch: Batch, context: Context, event: Event, number: int, stamp: Stamp) -> None:
        self.batch, self.context, self.event, self.stamp = batch, context, event, stamp
        payload = event.payload
        self._fact = TransactionReported(
            phase=PHASES[event.kind][0],
            stamp=stamp,
            reference=event.session,
            evse=event.outlet,
            connector=meaning.CONNECTOR if event.outlet else None,
            reason=meaning.text_of(payload.get("stopReason") or payload.get("source"), 64),
            trigger=event.kind,
            charging_state=PHASES[event.kind][1],
            sequence=number,
        )

    @property
    def user(self) -> Token | None:
        return Token(self.event.user) if self.event.user else None

    def tell(self, session: int | None, **changes: Any) -> int:
        """About the session of this number, or about a new one; its number."""
        fact = self._fact._replace(number=session, anew=session is None, **changes)
        return transactions.take_report(self.batch, self.context, fact).number


def _carry_on(report: _Report, session: Transaction | None) -> None:
    meter = None
    if report.event.kind == meaning.SESSION_START and (session is None or session.meter_start_wh is None):
        meter = _register(report.context.station_id, report.event.outlet)
    report.tell(session.pk if session else None, meter_wh=meter, token=report.user)


def _add_late(report: _Report, session: Transaction) -> None:
    """What comes after the session's end adds what the end did not tell: who it was, and since when."""
    report.tell(session.pk, phase=Phase.UPDATED, token=report.user)
    if report.event.kind == meaning.SESSION_START and report.event.moment is not None:
        Transaction.objects.filter(pk=session.pk).update(started_at_station=report.event.moment)


def _end(report: _Report, session: Transaction | None) -> None:
    energy = meaning.number_of(report.event.payload.get("energy"))
    if energy is not None and energy < 0:
        energy = None
    if session is None:
        number = _end_unknown(report, energy)
    elif session.active or ghosts.was_closed_here(session):
        number = report.tell(session.pk, meter_wh=_stop_meter(session, energy))
    else:
        return  # told in other words; it has ended already
    if Transaction.objects.filter(pk=number, id_token=None).exists() and report.user is not None:
        report.tell(number, phase=Phase.UPDATED, token=report.user)


def _end_unknown(report: _Report, energy: float | None) -> int:
    """A session whose beginning got lost, and that ends here. It ends no other, whatever runs at its outlet now."""
    began = _began(report.event)
    stamp = Stamp(isoformat(began), began) if began is not None else Stamp()
    register = _register(report.context.station_id, report.event.outlet)
    readings: tuple[Reading, ...] = ()
    stop = None
    if energy is not None:
        stop = max(register, energy)  # the register may have it already, or not yet
        begin = Reading(stamp, [], energy_wh=stop - energy, context=BEGIN)
        readings = (begin, Reading(report.stamp, [], energy_wh=stop, context=END))
    number = report.tell(None, meter_wh=stop, readings=readings)
    if began is not None:
        Transaction.objects.filter(pk=number).update(started_at_station=began)
    return number


def _stop_meter(session: Transaction, energy: float | None) -> float | None:
    """The stop meter. By the session's own count of its energy the start meter is put right.

    Register and count need not agree: losses are between them, or a register is missing, or was read too late.
    """
    if energy is None:
        return None
    ends = [(session.meter_start_wh or 0.0) + energy]
    if session.meter_last_wh is not None:
        ends.append(session.meter_last_wh)
    stop = max(ends)
    Transaction.objects.filter(pk=session.pk).update(meter_start_wh=stop - energy, meter_last_wh=stop or None)
    return stop


# -- what the state shows -------------------------------------------------------------------------


def meter(batch: Batch, context: Context, outlet: Outlet) -> tuple[Outlet, int | None]:
    """The outlet, and the number of the session that runs there by what it says itself.

    The session's start meter is put right by the hardware's own count of its energy; where the outlet has no meter,
    the count stands in for it.
    """
    session = _session(context.station_id, outlet.session, outlet.number) if outlet.session else None
    if session is None and outlet.session and outlet.is_charging:
        session = _begin_unheard(batch, context, outlet)
    if session is None or not session.active:
        return outlet, None
    if outlet.session_energy_wh is None:
        return outlet, session.pk
    known = session.meter_start_wh
    if outlet.meter_wh is None:
        return replace(outlet, meter_wh=(known or 0.0) + outlet.session_energy_wh), session.pk
    start = outlet.meter_wh - outlet.session_energy_wh
    if start >= 0 and (known is None or abs(known - start) > STALE_WH):
        Transaction.objects.filter(pk=session.pk).update(meter_start_wh=start, meter_last_wh=None)
        batch.changed(TOPIC_SESSIONS, session.pk)
    return outlet, session.pk


def _begin_unheard(batch: Batch, context: Context, outlet: Outlet) -> Transaction | None:
    """A session that runs, and of which no event came: it began before the bridge listened."""
    began = meaning.moment_of(outlet.raw.get("sessionStart"))
    meter_wh = None if outlet.meter_wh is None else outlet.meter_wh - (outlet.session_energy_wh or 0.0)
    fact = TransactionReported(
        phase=Phase.STARTED,
        stamp=Stamp(isoformat(began), began) if began is not None else Stamp(),
        reference=outlet.session,
        evse=outlet.number,
        connector=meaning.CONNECTOR,
        token=Token(outlet.user) if outlet.user else None,
        meter_wh=max(0.0, meter_wh) if meter_wh is not None else None,
        trigger="state",
        charging_state=meaning.CHARGING,
        sequence=0,
        anew=True,
    )
    number = transactions.take_report(batch, context, fact).number
    return Transaction.objects.filter(pk=number).first()


def is_running(station_id: int, outlet: int) -> bool:
    """Whether a session runs there."""
    return Transaction.objects.filter(station=station_id, evse__number=outlet, active=True).exists()


def status_at(station_id: int, outlet: int) -> str:
    """The status of an outlet that is well, by its session."""
    running = Transaction.objects.filter(station=station_id, evse__number=outlet, active=True).order_by("-pk")
    charging_state = running.values_list("charging_state", flat=True).first()
    if charging_state is None:
        return meaning.AVAILABLE
    return meaning.CHARGING if charging_state == "Charging" else meaning.PREPARING


# -- which session --------------------------------------------------------------------------------


def _session(station_id: int, reference: str, outlet: int | None) -> Transaction | None:
    """The newest one of this id. Outlets count their sessions by themselves, so both may have one of the same id."""
    found = Transaction.objects.filter(station=station_id, reference=reference)
    if outlet is not None:
        found = found.filter(Q(evse__number=outlet) | Q(evse=None))
    return found.order_by("-pk").first()


def _is_another(known: Transaction, event: Event, now: datetime) -> bool:
    """Whether an event is about another session than the one that had its id before, and has ended."""
    if known.active:
        return False
    told = _began(event) if event.kind == meaning.SESSION_STOP else event.moment
    moment, end = believed(told, now), believed(known.ended_at_station, now)
    if moment is not None and end is not None:
        return moment > end
    begun = TransactionEvent.objects.filter(transaction=known, phase=Phase.STARTED.value)
    return event.kind == meaning.SESSION_START and begun.exists()


def _is_overtaken(context: Context, event: Event) -> bool:
    """Whether a session runs at the outlet that began after this event: it comes too late to end that one."""
    moment = believed(event.moment, context.received_at)
    if moment is None or event.outlet is None:
        return False
    return Transaction.objects.filter(
        station=context.station_id,
        evse__number=event.outlet,
        active=True,
        started_at_station__gt=moment,
        started_at_station__lte=F("started_at") + ghosts.FAST_CLOCK,
    ).exists()


def _began(event: Event) -> datetime | None:
    """When the session began that an event ends, by the event itself."""
    start = meaning.moment_of(event.payload.get("start"))
    if start is not None:
        return start
    seconds = meaning.number_of(event.payload.get("duration"))
    if event.moment is None or seconds is None or not 0 <= seconds < MAX_SECONDS:
        return None
    return event.moment - timedelta(seconds=seconds)


def _register(station_id: int, outlet: int | None) -> float:
    """What the outlet's meter showed last: sessions begin there. An unknown one begins at zero."""
    if outlet is None:
        return 0.0
    known = EVSE.objects.filter(station=station_id, number=outlet).values_list("energy_wh", flat=True).first()
    return known or 0.0
