"""Charging sessions as the hardware tells them: by its own ids, with its own count of the energy."""

from __future__ import annotations

from bridge.cms import meaning
from bridge.cms.meaning import Event
from bridge.outlets import Outlet
from smartserver.core.batch import Batch
from stations.models import EVSE, Transaction
from stations.ocpp.facts import Phase, Stamp, Token, TransactionReported
from stations.services.context import Context
from stations.services.sessions import transactions

PHASES = {
    meaning.SESSION_START: (Phase.STARTED, "EVConnected"),
    meaning.START_CHARGING: (Phase.UPDATED, "Charging"),
    meaning.STOP_CHARGING: (Phase.UPDATED, "EVConnected"),
    meaning.SESSION_STOP: (Phase.ENDED, ""),
}

ROUNDING_WH = 100.0
"""By so much the session's own count and the meter may differ, because both are rounded."""

STALE_WH = 1000.0
"""A start meter that is further off than this was that of an earlier session."""


def take_session_event(batch: Batch, context: Context, event: Event, number: int, stamp: Stamp) -> None:
    """Begin, carry on or end the session that an event is about. `number`: of the event, which orders them."""
    if not event.session:
        return  # the event is kept; whose session it was, nobody can tell
    phase, charging_state = PHASES[event.kind]
    running = _session(context.station_id, event.session)
    if phase is Phase.ENDED and running is None:
        # Its beginning got lost: without one nothing could be counted.
        _report(batch, context, event, number, Phase.STARTED, "", stamp, _register(context.station_id, event.outlet))
        running = _session(context.station_id, event.session)
    meter = None
    if phase is Phase.STARTED:
        meter = _register(context.station_id, event.outlet)
    elif phase is Phase.ENDED:
        meter = _stop_meter(running, meaning.number_of(event.payload.get("energy")))
    _report(batch, context, event, number, phase, charging_state, stamp, meter)


def _report(
    batch: Batch,
    context: Context,
    event: Event,
    number: int,
    phase: Phase,
    charging_state: str,
    stamp: Stamp,
    meter: float | None,
) -> None:
    payload = event.payload
    fact = TransactionReported(
        phase=phase,
        stamp=stamp,
        reference=event.session,
        evse=event.outlet,
        connector=meaning.CONNECTOR if event.outlet else None,
        token=Token(event.user) if event.user and phase is not Phase.ENDED else None,
        meter_wh=meter,
        reason=meaning.text_of(payload.get("stopReason") or payload.get("source"), 64),
        trigger=event.kind,
        charging_state=charging_state,
        sequence=number,
    )
    transactions.report_transaction(batch, context, fact)


def correct_start(context: Context, outlet: Outlet) -> int | None:
    """The running session of an outlet, with the start meter that the hardware's own count of its energy implies."""
    if not outlet.session:
        return None
    session = _session(context.station_id, outlet.session)
    if session is None or not session.active:
        return None
    if outlet.meter_wh is not None and outlet.session_energy_wh is not None:
        start = outlet.meter_wh - outlet.session_energy_wh
        known = session.meter_start_wh
        if start >= 0 and (known is None or abs(known - start) > STALE_WH):
            Transaction.objects.filter(pk=session.pk).update(meter_start_wh=start, meter_last_wh=None)
    return session.pk


def is_charging(station_id: int, outlet: int) -> bool:
    return Transaction.objects.filter(station=station_id, evse__number=outlet, active=True).exists()


def _session(station_id: int, reference: str) -> Transaction | None:
    return Transaction.objects.filter(station=station_id, reference=reference).order_by("-pk").first()


def _register(station_id: int, outlet: int | None) -> float:
    """What the outlet's meter showed last: sessions begin there. An unknown one begins at zero."""
    if outlet is None:
        return 0.0
    known = EVSE.objects.filter(station=station_id, number=outlet).values_list("energy_wh", flat=True).first()
    return known or 0.0


def _stop_meter(session: Transaction | None, energy_wh: float | None) -> float | None:
    """The stop meter by the session's own count."""
    if session is None or energy_wh is None or energy_wh < 0:
        return None
    stop = (session.meter_start_wh or 0.0) + energy_wh
    last = session.meter_last_wh
    return max(stop, last) if last is not None and abs(last - stop) <= ROUNDING_WH else stop
