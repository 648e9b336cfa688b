"""How vehicles will charge, as they choose it themselves (2.x K15, K16).

A schedule that exceeds the vehicle's profile is refused, and negotiated anew (K15.FR.12, FR.13).
"""

from __future__ import annotations

from datetime import timedelta

from smartserver.core.batch import Batch
from smartserver.core.errors import SmartServerError
from smartserver.core.events import TOPIC_STATIONS
from stations.models import ChargingProfile, Command, EVSchedule, Station, Transaction
from stations.ocpp.ev_schedules import exceeds
from stations.ocpp.facts import Decided
from stations.ocpp.profiles import TX_PROFILE, Profile
from stations.ocpp.smart_charging import EVScheduleNotified
from stations.services.context import Context
from stations.services.equipment.clocks import zone_of_station
from stations.services.smart_charging import needs
from stations.services.smart_charging.charging import send_profile
from stations.services.smart_charging.running import running_at

MOST_ROUNDS, WITHIN = 5, timedelta(hours=1)
"""So often a vehicle that keeps to nothing is given a profile again."""


def keep_ev_schedule(batch: Batch, context: Context, fact: EVScheduleNotified) -> Decided:
    """Rejected: no session runs there, nobody knows when it begins, or it exceeds the vehicle's profile."""
    station = Station.objects.select_for_update().only("pk").get(pk=context.station_id)
    transaction = running_at(context.station_id, fact.evse)
    if transaction is None or fact.begins.moment is None:
        return Decided("Rejected")
    profile = _profile_of(transaction)
    if profile is not None and _is_exceeded(profile, transaction, fact):
        _negotiate(batch, context, fact.evse, transaction, profile)
        return Decided("Rejected")
    EVSchedule.objects.update_or_create(
        station=station,
        evse=fact.evse,
        defaults={
            "transaction": transaction,
            "begins_at": fact.begins.moment,
            "schedule": fact.schedule,
            "chosen": fact.chosen,
            "tolerance_accepted": fact.tolerance_accepted,
            "received_at": context.received_at,
        },
    )
    batch.changed(TOPIC_STATIONS, context.station_id)
    return Decided("Accepted")


def _profile_of(transaction: Transaction) -> ChargingProfile | None:
    """The one by which a session charges."""
    mine = ChargingProfile.objects.filter(transaction=transaction, purpose=TX_PROFILE)
    return mine.order_by("-stack_level", "-confirmed_at").first()


def _is_exceeded(row: ChargingProfile, transaction: Transaction, fact: EVScheduleNotified) -> bool:
    chosen = fact.schedule.get("id") if fact.chosen is None else fact.chosen
    zone = zone_of_station(row.station_id)
    assert fact.begins.moment is not None, "It was looked at."
    try:
        profile = Profile.read(row.profile, received_at=row.confirmed_at, chosen=chosen, zone=zone)
    except ValueError:  # one that the station has told of itself
        return False
    return exceeds(profile, fact.schedule, fact.begins.moment, transaction.started_at)


def _negotiate(batch: Batch, context: Context, evse: int, transaction: Transaction, profile: ChargingProfile) -> None:
    """Another plan for what the vehicle wants, or the same profile once more (K16)."""
    at = context.received_at
    rounds = Command.objects.filter(
        station_id=context.station_id,
        action="SetChargingProfile",
        payload__chargingProfile__transactionId=transaction.reference,
        created_at__gt=at - WITHIN,
    )
    if rounds.count() >= MOST_ROUNDS:
        return
    if needs.plan_again(batch, station_id=context.station_id, at=at, evse=evse, anyway=True):
        return
    try:
        with batch.attempt():
            send_profile(batch, station_id=context.station_id, evse=evse, profile=profile.profile)
    except SmartServerError:  # too many commands wait: it has its profile, and was told that it exceeds it
        return
