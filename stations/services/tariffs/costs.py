"""What sessions cost, by the tariff that was theirs at their begin: so far and in the end (2.x I02, I03, I11).

A session without a tariff costs the path of messages nothing but a comparison. The running cost is calculated when a
session is heard of, at most every half minute, and the longer it runs the more rarely: while a session gets twice as
long, it is counted no more than seventy times.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from smartserver.core.batch import Batch
from smartserver.core.clock import isoformat
from smartserver.core.events import TOPIC_SESSIONS
from stations.models import IdToken, MeterValue, Reservation, SessionCost, Station, Transaction, TransactionEvent
from stations.ocpp.facts import Phase, Reading, Token, TransactionReported
from stations.ocpp.reading import stamp
from stations.ocpp.tariffs.calculator import Agreed, CannotCalculate, Cost, calculate
from stations.ocpp.tariffs.details import cost_details, failure, told_total
from stations.ocpp.tariffs.messages import CostTold, TransactionTariffChanged
from stations.ocpp.tariffs.tariff import read_tariff
from stations.ocpp.tariffs.usage import Sample, Usage, segments_of
from stations.ocpp.times import believed
from stations.services.context import Context
from stations.services.settled import Settled
from stations.services.tariffs import choice

MOST_OFTEN = timedelta(seconds=30)
"""Between two calculations of a running cost; at least a hundredth of the session's length."""

SHARE = 100

TARIFF_CHANGED = "TariffChanged"
"""Trigger of the event that follows a ChangeTransactionTariff (I11)."""

CHARGING = "Charging"
"""The ChargingState in which energy flows."""

MAX_READINGS = 10_000
"""Readings by which a session is charged; of more, every second, third, …: registers count on, so no energy is lost."""


def follow(
    context: Context, fact: TransactionReported, session: Transaction, *, begins: bool, token: int | None
) -> None:
    """Keep the cost of a session that a report is about. The caller saves the session.

    `token`: the key of the id token that was known before the report.
    """
    if begins or session.id_token_id != token:
        _agree(context, fact, session)
    if fact.trigger == TARIFF_CHANGED:
        _date_change(context, fact, session)
    if fact.cost_details is not None:
        _keep_told(fact.cost_details, session, context.received_at)
    if is_due(session, context.received_at) and not (begins and session.active):
        moment = believed(fact.stamp.moment, context.received_at) or context.received_at
        settle(session, context.received_at, moment, fact.readings)


def is_due(session: Transaction, now: datetime) -> bool:
    """Whether its cost is to be calculated anew: it has ended, or its running cost is old."""
    if not session.currency or _is_nobodys(session):
        return False
    return not session.active or session.cost_due_at is None or session.cost_due_at <= now


def _is_nobodys(session: Transaction) -> bool:
    """A cable was plugged in and pulled again (E03): no token was shown and nothing flowed, so nobody owes anything."""
    return session.id_token_id is None and not session.energy_wh


def _agree(context: Context, fact: TransactionReported, session: Transaction) -> None:
    """A session is charged by the tariff of its driver, from its begin, also where the token comes later (E03)."""
    evse = session.evse.number if session.evse else None
    # A session that was kept offline is charged by what was in force when it began.
    begin = believed(session.started_at_station, context.received_at) or context.received_at
    found = choice.choose(station_id=session.station_id, evse=evse, token=session.id_token, now=begin)
    if found is None:
        return
    tariff = read_tariff(found.body)
    SessionCost.objects.update_or_create(
        transaction=session,
        defaults={
            "agreed": [_agreement(session.started_at, found.body)],
            "zone": choice.zone_name_of(session.station_id, tariff),
            "evse_kind": choice.evse_kind_of(session.station_id, evse, tariff),
            **_payment(fact.token),
        },
    )
    session.currency, session.cost_due_at = tariff.currency, None


def _date_change(context: Context, fact: TransactionReported, session: Transaction) -> None:
    """The station says when it began to charge by the tariff of a ChangeTransactionTariff: by its clock."""
    row = SessionCost.objects.filter(transaction=session).first()
    moment = believed(fact.stamp.moment, context.received_at)
    if row is None or moment is None or not row.agreed or row.agreed[-1]["tariff"]["tariffId"] != fact.tariff:
        return
    row.agreed = [*row.agreed[:-1], _agreement(moment, row.agreed[-1]["tariff"])]
    row.save(update_fields=("agreed",))


def _agreement(since: datetime, body: dict[str, Any]) -> dict[str, Any]:
    return {"since": isoformat(since), "tariff": body}


def _payment(token: Token | None) -> dict[str, str]:
    """By what kind of card it is paid (C24): the additional information of a token of the type DirectPayment."""
    told = dict(token.additional) if token is not None else {}
    brand, recognition = told.get("PaymentBrand", ""), told.get("PaymentRecognition", "")
    return {"payment_brand": brand[:255], "payment_recognition": recognition[:255]}


def tariff_for(token: IdToken | None, station_id: int, now: datetime) -> dict[str, Any] | None:
    """The tariff that a driver is told of who shows a token: only one that is not the same for everybody (I01, I08)."""
    if token is None or token.group_id is None:
        return None
    found = choice.choose(station_id=station_id, evse=None, token=token, now=now)
    return found.body if found is not None and found.of_driver else None


# -- calculation --------------------------------------------------------------------------------


def settle(session: Transaction, now: datetime, moment: datetime, readings: Iterable[Reading] = ()) -> None:
    """Calculate the cost of a session until `moment`, or until its end. The caller saves the session.

    `readings`: those that are not stored yet.
    """
    row = SessionCost.objects.filter(transaction=session).first()
    if row is None or not row.agreed:
        return
    agreed = [Agreed(datetime.fromisoformat(each["since"]), read_tariff(each["tariff"])) for each in row.agreed]
    try:
        cost = calculate(agreed, _usage(session, row, now, moment, readings))
    except CannotCalculate as error:
        row.details, session.cost = failure(session.currency, str(error)), None
    else:
        row.details = cost_details(cost)
        _show(session, cost)
    row.calculated_at = now
    row.save(update_fields=("details", "calculated_at"))
    session.cost_due_at = now + max(MOST_OFTEN, (now - session.started_at) / SHARE)


def close(session: Transaction, now: datetime) -> None:
    """The server ends a session in its books. The caller saves it."""
    if session.currency and not _is_nobodys(session):
        settle(session, now, now)


def _show(session: Transaction, cost: Cost) -> None:
    session.cost = cost.total.incl
    session.currency = cost.currency
    session.cost_is_final = not session.active


def _usage(
    session: Transaction, row: SessionCost, now: datetime, moment: datetime, readings: Iterable[Reading]
) -> Usage:
    """Times are those of the station's clock, where it can be believed."""
    begin = believed(session.started_at_station, session.started_at) or session.started_at
    samples = [*_stored(session), *(_sample(session, each.stamp.moment, now, each) for each in readings)]
    samples += _states(session)
    end = moment if session.active else _end_of(session, samples, now)
    total = None if session.active else session.energy_wh
    return Usage(
        begin=begin,
        segments=segments_of(samples, begin, max(begin, end), total),
        zone=ZoneInfo(row.zone),
        evse_kind=row.evse_kind,
        payment_brand=row.payment_brand,
        payment_recognition=row.payment_recognition,
        reserved_from=_reserved_from(session.reservation, begin),
    )


def _reserved_from(reservation: Reservation | None, begin: datetime) -> datetime | None:
    """From when the station has kept its EVSE free: since it accepted that, which may be long after it was wanted."""
    if reservation is None:
        return None
    asked = reservation.command
    taken = asked.settled_at if asked is not None and asked.action == "ReserveNow" else None
    return min(begin, taken or reservation.created_at)


def _end_of(session: Transaction, samples: list[Sample], now: datetime) -> datetime:
    """A session whose end was never reported is charged until its last reading: what is in doubt is not billed."""
    if session.ended_at_station is None and samples:
        return max(each.moment for each in samples)
    return believed(session.ended_at_station, now) or session.ended_at or now


def _stored(session: Transaction) -> list[Sample]:
    """Found by station and time, for which there is an index."""
    rows = MeterValue.objects.filter(
        station_id=session.station_id, received_at__gte=session.started_at, transaction_id=session.pk
    )
    columns = ("measured_at", "received_at", "energy_wh", "power_w", "current_a")
    found = list(rows.order_by("received_at", "pk").values_list(*columns, named=True))
    step = -(-len(found) // MAX_READINGS) or 1
    return [_sample(session, each.measured_at, each.received_at, each) for each in found[::step]]


def _states(session: Transaction) -> list[Sample]:
    """When energy began to flow and when it ceased, as the events of 2.x tell."""
    events = TransactionEvent.objects.filter(transaction_id=session.pk).exclude(charging_state="")
    told = events.order_by("sequence").values_list("stamp", "received_at", "charging_state")
    found = ((believed(stamp(text).moment, at) or at, state == CHARGING) for text, at, state in told)
    return [Sample(moment, charging=flows) for moment, flows in found]


def _sample(session: Transaction, moment: datetime | None, received_at: datetime, measured: Any) -> Sample:
    start, register = session.meter_start_wh, measured.energy_wh
    energy = None if start is None or register is None else register - start
    return Sample(believed(moment, received_at) or received_at, energy, measured.power_w, measured.current_a)


# -- what is told -------------------------------------------------------------------------------


def answered(session: Transaction, fact: TransactionReported) -> dict[str, Any]:
    """What the answer to a report says of the cost: nothing at the start (I02, I03)."""
    if fact.phase is Phase.STARTED or session.cost is None:
        return {}
    return {"cost": session.cost, "currency": session.currency}


def _keep_told(details: dict[str, Any], session: Transaction, at: datetime) -> None:
    """A station that counts by itself tells what it has counted (I12)."""
    cost, _ = told_total(details)
    SessionCost.objects.update_or_create(
        transaction=session, defaults={"told_details": details, "told_cost": cost, "told_at": at}
    )


def keep_changed_tariff(batch: Batch, settled: Settled, fact: TransactionTariffChanged) -> None:
    """A station charges a session by another tariff from now on (ChangeTransactionTariff, I11)."""
    session = _session(settled, fact.reference)
    if fact.status != "Accepted" or session is None:
        return
    row, _ = SessionCost.objects.get_or_create(transaction=session)
    tariff = read_tariff(fact.tariff)
    row.agreed = [*row.agreed, _agreement(_changed_at(session, tariff.id) or settled.at, fact.tariff)]
    row.zone = row.zone if row.zone not in ("", "UTC") else choice.zone_name_of(session.station_id, tariff)
    row.evse_kind = row.evse_kind or choice.evse_kind_of(
        session.station_id, session.evse.number if session.evse else None, tariff
    )
    row.save()
    session.currency = session.currency or tariff.currency
    session.cost_due_at = None
    session.save(update_fields=("currency", "cost_due_at"))
    batch.changed(TOPIC_SESSIONS, session.pk)


def _changed_at(session: Transaction, tariff: str) -> datetime | None:
    """When the station said that it changed to a tariff, where its event overtook its answer."""
    told = TransactionEvent.objects.filter(transaction=session, trigger=TARIFF_CHANGED).order_by("-sequence").first()
    if told is None or told.details.get("tariffId") != tariff:
        return None
    return believed(stamp(told.stamp).moment, told.received_at)


def keep_told_cost(batch: Batch, settled: Settled, fact: CostTold) -> None:
    """A station has taken note of a cost (CostUpdated, I02)."""
    session = _session(settled, fact.reference)
    if session is not None:
        told = {"notified_cost": fact.cost, "notified_at": settled.at}
        SessionCost.objects.update_or_create(transaction=session, defaults=told)
        batch.changed(TOPIC_SESSIONS, session.pk)


def _session(settled: Settled, reference: str) -> Transaction | None:
    """The station's session, for a change: its row is the lock of its sessions."""
    Station.objects.select_for_update().only("pk").get(pk=settled.station_id)
    mine = Transaction.objects.filter(station_id=settled.station_id, reference=reference).select_related("evse")
    return mine.order_by("-pk").first()
