"""What vehicles need (ISO 15118; 2.x K15, K17, V2X: Q01), and the plan that a station gets for it.

The answer is the truth about what follows:

- Accepted: a TxProfile that meets the needs within the known limits is on its way.
- Processing: somebody else decides. A profile was set for this session by hand, or the vehicle does not say enough to
  plan with; the needs are kept and shown, and whoever operates the station may answer them with a profile.
- Rejected: no session runs there, or the kind of energy transfer is not allowed.
- NoChargingProfile: there will be no profile. It is too late, nothing may flow, or the station could not take the
  profile. Only a vehicle of ISO 15118-20 can be told so (2.1 K18.FR.04, FR.23), and it charges by the limits that the
  station has: to it, Rejected would mean that its kind of energy transfer is (Q01.FR.04), and its session would end. To
  others this is Rejected, too (K15.FR.04). The same where there is nothing to lead it by (K19.FR.04).

Needs that were met are planned for once more when limits change, and when the vehicle's own schedule exceeds the plan
(K15.FR.13, K16); not where the plan was cleared meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import inf
from typing import NamedTuple

from smartserver.core.batch import Batch
from smartserver.core.errors import SmartServerError
from smartserver.core.events import TOPIC_STATIONS
from stations.models import ChargingNeeds, ChargingProfile, ChargingTerms, Command, Station, Transaction
from stations.ocpp.charging import LONGEST
from stations.ocpp.facts import Decided
from stations.ocpp.frames import Payload
from stations.ocpp.planning import VOLTAGE, Demand, Span, demand_of, plan
from stations.ocpp.profiles import TX_PROFILE
from stations.ocpp.smart_charging import NeedsNotified
from stations.services.context import Context
from stations.services.equipment.known_limits import configured_2x, rate_units
from stations.services.smart_charging import plans
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

_ON_ITS_WAY = (Command.State.QUEUED, Command.State.SENT)


class _Outcome(NamedTuple):
    result: str
    remark: str = ""
    command: Command | None = None


class _Wanted(NamedTuple):
    """Needs, wherever they come from. `charged_wh`: what the vehicle got since it told them."""

    evse: int
    needs: Payload
    departure: datetime | None
    max_periods: int | None
    charged_wh: float = 0.0

    def demand(self) -> Demand:
        found = demand_of(self.needs)
        if found.energy_wh is None or self.departure is None:  # as soon as the limits let
            return found._replace(energy_wh=None)
        return found._replace(energy_wh=max(0.0, found.energy_wh - self.charged_wh))

    @property
    def number(self) -> int:
        """Of the profile that is planned for it."""
        return PLANNED + self.evse


def take_needs(batch: Batch, context: Context, fact: NeedsNotified) -> Decided:
    """Keep what a vehicle wants, and plan for it.

    The same needs again get the same answer, and no second plan, while the first one is on its way. After that the
    vehicle negotiates anew (K16.FR.12, K17)."""
    station = Station.objects.select_for_update().only("pk").get(pk=context.station_id)
    transaction = running_at(context.station_id, fact.evse)
    known = ChargingNeeds.objects.filter(station=station, evse=fact.evse).select_related("command").first()
    if known is not None and _is_repeated(known, fact, transaction):
        return Decided(known.result)
    wanted = _Wanted(fact.evse, fact.needs, fact.departure.moment, fact.max_periods)
    outcome = _answer(batch, context.station_id, context.received_at, wanted, transaction)
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
            "charged_wh": None if transaction is None else transaction.energy_wh,
            "received_at": context.received_at,
        },
    )
    batch.changed(TOPIC_STATIONS, context.station_id)
    return Decided(outcome.result)


def _is_repeated(known: ChargingNeeds, fact: NeedsNotified, transaction: Transaction | None) -> bool:
    """The same needs of the same session, whose plan has not been answered yet."""
    same = (known.needs, known.max_periods, known.transaction) == (fact.needs, fact.max_periods, transaction)
    return same and known.command is not None and known.command.state in _ON_ITS_WAY


def plan_again(batch: Batch, *, station_id: int, at: datetime, evse: int = 0, anyway: bool = False) -> bool:
    """Plan once more for what vehicles want that have a plan (K16); 0: at all EVSEs. Whether a plan was sent.

    Without `anyway` only where the plan is another one than before."""
    met = ChargingNeeds.objects.filter(
        station_id=station_id, result=ACCEPTED, transaction__active=True, command__isnull=False
    )
    if evse:
        met = met.filter(evse=evse)
    found = [_replan(batch, row, at, anyway=anyway) for row in met.select_related("transaction", "command")]
    return any(found)


def _replan(batch: Batch, row: ChargingNeeds, at: datetime, *, anyway: bool) -> bool:
    transaction, old = row.transaction, row.command
    assert transaction is not None, "It is asked for."
    assert old is not None, "And so is it."
    if _was_cleared(row, old):
        return False
    charged = max(0.0, (transaction.energy_wh or 0.0) - (row.charged_wh or 0.0))
    wanted = _Wanted(row.evse, row.needs, row.departure_at, row.max_periods, charged)
    profile = _plan(row.station_id, at, wanted, transaction)
    if isinstance(profile, _Outcome):
        return False  # the plan that it has is as good as any
    if not anyway and not plans.is_another_course(old.payload["chargingProfile"], profile, old.created_at, at):
        return False
    outcome = _send(batch, row.station_id, row.evse, transaction, profile)
    if outcome.command is None:
        return False
    row.command = outcome.command
    row.save(update_fields=("command",))
    batch.changed(TOPIC_STATIONS, row.station_id)
    return True


def _was_cleared(row: ChargingNeeds, plan: Command) -> bool:
    """Whether the station had the plan, and somebody has taken it away: who operates the station decides."""
    kept = ChargingProfile.objects.filter(transaction=row.transaction, number=PLANNED + row.evse)
    return plan.result == ACCEPTED and not kept.exists()


def _answer(batch: Batch, station_id: int, now: datetime, wanted: _Wanted, transaction: Transaction | None) -> _Outcome:
    if transaction is None:
        return _Outcome(REJECTED, "No session runs there.")
    if not _is_allowed(transaction, wanted.needs["requestedEnergyTransfer"]):
        return _Outcome(REJECTED, "This kind of energy transfer is not allowed for the session.")
    profile = _plan(station_id, now, wanted, transaction)
    if not isinstance(profile, _Outcome):
        profile = _send(batch, station_id, wanted.evse, transaction, profile)
    is_of_part_20 = plans.is_of_part_20(wanted.needs)
    return profile._replace(result=NO_PROFILE) if profile.result == REJECTED and is_of_part_20 else profile


def _plan(station_id: int, now: datetime, wanted: _Wanted, transaction: Transaction) -> Payload | _Outcome:
    """The profile that meets these needs, or why there is none."""
    departure, demand = wanted.departure, wanted.demand()
    if departure is not None and departure <= now:
        return _Outcome(REJECTED, "The time of departure is over.")
    by_hand = ChargingProfile.objects.filter(transaction=transaction, purpose=TX_PROFILE)
    if by_hand.exclude(number=wanted.number).exists():
        return _Outcome(PROCESSING, "A profile was set for this session by somebody else.")
    if plans.is_led(wanted.needs) and not plans.feeds(wanted.needs) and demand.energy_wh is None:
        return _Outcome(NO_PROFILE, "The vehicle says neither how much it wants nor by when.")
    if demand.energy_wh is None and demand.most_w == inf:
        return _Outcome(PROCESSING, "The vehicle says neither how much it wants nor how fast.")
    seconds = int(min((departure or now + WITHOUT_DEPARTURE) - now, LONGEST).total_seconds()) or 1
    limits = _limits(station_id, wanted.evse, now, seconds, wanted.number)
    spans = plan(demand, limits, seconds, at_most=wanted.max_periods or 1024)
    if not spans:
        return _Outcome(REJECTED, "Nothing may be charged, or nothing is wanted.")
    units = rate_units(configured_2x(station_id))
    return plans.plan_profile(wanted.number, spans, demand, wanted.needs, now, units=units)


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


def _send(batch: Batch, station_id: int, evse: int, transaction: Transaction, profile: Payload) -> _Outcome:
    try:
        with batch.attempt():
            command = send_profile(
                batch, station_id=station_id, evse=evse, profile=profile, transaction_id=transaction.pk
            )
    except SmartServerError as error:  # it has no room for it, or too many commands wait: the rules say why
        return _Outcome(REJECTED, f"The station could not be given a profile: {error}")
    return _Outcome(ACCEPTED, "", command)
