"""What vehicles need (ISO 15118; 2.x K15, K17, V2X: Q01), and the plan that a station gets for it.

The answer is the truth about what follows:

- Accepted: a TxProfile that meets the needs within the known limits is on its way.
- Processing: somebody else decides. A profile was set for this session by hand, or the vehicle does not say enough to
  plan with; the needs are kept and shown, and whoever operates the station may answer them with a profile.
- Rejected: no session runs there, or the kind of energy transfer is not allowed.
- NoChargingProfile: there will be no profile. It is too late, nothing may flow, or the station could not take the
  profile. Only a vehicle of ISO 15118-20 can be told so (K18, K19): to it, Rejected would mean that its kind of energy
  transfer is (Q01.FR.04), and its session would end. To others this is Rejected, too (K15.FR.04).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil, inf
from typing import NamedTuple

from smartserver.core.batch import Batch
from smartserver.core.errors import SmartServerError
from smartserver.core.events import TOPIC_STATIONS
from stations.models import ChargingNeeds, ChargingProfile, ChargingTerms, Command, Station, Transaction
from stations.ocpp.charging import LONGEST
from stations.ocpp.facts import Decided
from stations.ocpp.frames import Payload
from stations.ocpp.planning import ALL_PHASES, VOLTAGE, Demand, Span, demand_of, plan
from stations.ocpp.profiles import TX_PROFILE
from stations.ocpp.smart_charging import NeedsNotified
from stations.ocpp.times import written
from stations.services.context import Context
from stations.services.equipment.known_limits import configured_2x, rate_units
from stations.services.smart_charging.charging import send_profile
from stations.services.smart_charging.running import running_at
from stations.services.smart_charging.schedules import expected_schedule

PLANNED = 2_000_000_000
"""The profile that is planned for EVSE n has this number plus n, so a new plan replaces the last one (K01.FR.05)."""

WITHOUT_DEPARTURE = timedelta(days=1)
"""For so long limits are looked at where a vehicle does not say when it leaves: it gets what they leave."""

MAX_NEEDS = 500
"""EVSEs of one station whose vehicles' needs are kept though no session runs there."""

ACCEPTED, REJECTED, PROCESSING, NO_PROFILE = "Accepted", "Rejected", "Processing", "NoChargingProfile"

_LOST = (Command.State.FAILED, Command.State.TIMED_OUT, Command.State.EXPIRED, Command.State.CANCELLED)


class _Outcome(NamedTuple):
    result: str
    remark: str = ""
    command: Command | None = None


def take_needs(batch: Batch, context: Context, fact: NeedsNotified) -> Decided:
    """Keep what a vehicle wants, and plan for it. The same needs again get the same answer, and no second plan."""
    station = Station.objects.select_for_update().only("pk").get(pk=context.station_id)
    transaction = running_at(context.station_id, fact.evse)
    known = ChargingNeeds.objects.filter(station=station, evse=fact.evse).select_related("command").first()
    if known is not None and _is_repeated(known, fact, transaction):
        return Decided(known.result)
    outcome = _answer(batch, context, fact, transaction)
    if known is None and transaction is None and ChargingNeeds.objects.filter(station=station).count() >= MAX_NEEDS:
        return Decided(outcome.result)  # EVSEs that nobody has heard of
    ChargingNeeds.objects.update_or_create(
        station=station,
        evse=fact.evse,
        defaults={
            "transaction": transaction,
            "energy_transfer": fact.needs["requestedEnergyTransfer"],
            "departure_at": fact.departure.moment,
            "max_periods": fact.max_periods,
            "needs": fact.needs,
            "result": outcome.result,
            "remark": outcome.remark[:255],
            "command": outcome.command,
            "received_at": context.received_at,
        },
    )
    batch.changed(TOPIC_STATIONS, context.station_id)
    return Decided(outcome.result)


def _is_repeated(known: ChargingNeeds, fact: NeedsNotified, transaction: Transaction | None) -> bool:
    """The same needs of the same session, whose plan was not lost on its way."""
    same = (known.needs, known.max_periods, known.transaction) == (fact.needs, fact.max_periods, transaction)
    return same and known.command is not None and known.command.state not in _LOST


def _answer(batch: Batch, context: Context, fact: NeedsNotified, transaction: Transaction | None) -> _Outcome:
    now = context.received_at
    if transaction is None:
        return _Outcome(REJECTED, "No session runs there.")
    if not _is_allowed(transaction, fact.needs["requestedEnergyTransfer"]):
        return _Outcome(REJECTED, "This kind of energy transfer is not allowed for the session.")
    # Only vehicles of ISO 15118-20 have a control mode.
    none = NO_PROFILE if "controlMode" in fact.needs else REJECTED
    departure = fact.departure.moment
    if departure is not None and departure <= now:
        return _Outcome(none, "The time of departure is over.")
    number = PLANNED + fact.evse
    by_hand = ChargingProfile.objects.filter(transaction=transaction, purpose=TX_PROFILE).exclude(number=number)
    if by_hand.exists():
        return _Outcome(PROCESSING, "A profile was set for this session by somebody else.")
    demand = demand_of(fact.needs)
    if departure is None:  # as soon as the limits let
        demand = demand._replace(energy_wh=None)
    if demand.energy_wh is None and demand.most_w == inf:
        return _Outcome(PROCESSING, "The vehicle says neither how much it wants nor how fast.")
    seconds = int(min((departure or now + WITHOUT_DEPARTURE) - now, LONGEST).total_seconds()) or 1
    limits = _limits(context.station_id, fact.evse, now, seconds, number)
    spans = plan(demand, limits, seconds, at_most=fact.max_periods or 1024)
    if not spans:
        return _Outcome(none, "Nothing may be charged, or nothing is wanted.")
    profile = _profile(number, spans, demand, now, units=rate_units(configured_2x(context.station_id)))
    found = _send(batch, context, fact.evse, transaction, profile)
    return found if found.result == ACCEPTED else found._replace(result=none)


def _is_allowed(transaction: Transaction, mode: str) -> bool:
    """By what was agreed for the session, else by what its token may (Q01)."""
    terms = ChargingTerms.objects.filter(transaction=transaction).first()
    allowed = terms.allowed_energy_transfer if terms is not None else []
    if not allowed and transaction.id_token is not None:
        allowed = transaction.id_token.energy_transfer
    return not allowed or mode in allowed


def _limits(station_id: int, evse: int, now: datetime, seconds: int, number: int) -> list[Span]:
    """What the profiles and limits that are known leave to the EVSE, but for the last plan."""
    found = expected_schedule(station_id, evse, now, seconds, "W", voltage=VOLTAGE, without=number)
    return [Span(each.start_seconds, inf if each.limit is None else each.limit) for each in found.periods]


def _profile(number: int, spans: tuple[Span, ...], demand: Demand, now: datetime, *, units: frozenset[str]) -> Payload:
    """A plan as a TxProfile: in watts, unless the station takes amperes only."""
    in_watts = not units or "W" in units
    ampere = VOLTAGE * (demand.phases or ALL_PHASES)
    phases: Payload = {} if demand.phases is None else {"numberPhases": demand.phases}
    periods = [
        {"startPeriod": start, "limit": watts if in_watts else ceil(watts / ampere * 10.0) / 10.0, **phases}
        for start, watts in spans
    ]
    schedule = {
        "id": 1,
        "startSchedule": written(now),
        "chargingRateUnit": "W" if in_watts else "A",
        "chargingSchedulePeriod": periods,
    }
    return {
        "id": number,
        "stackLevel": 0,
        "chargingProfilePurpose": TX_PROFILE,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
    }


def _send(batch: Batch, context: Context, evse: int, transaction: Transaction, profile: Payload) -> _Outcome:
    try:
        with batch.attempt():
            command = send_profile(
                batch, station_id=context.station_id, evse=evse, profile=profile, transaction_id=transaction.pk
            )
    except SmartServerError as error:  # it has no room for it, or too many commands wait: the rules say why
        return _Outcome(REJECTED, f"The station could not be given a profile: {error}")
    return _Outcome(ACCEPTED, "", command)
