"""Calls that some stations make the wrong way round: what they say of their own charging profiles (seed 004)."""

from __future__ import annotations

from smartserver.core.batch import Batch
from stations.models import ChargingProfile, Station, Transaction
from stations.ocpp.facts import Decided, ProfileClaimed, ProfilesDisclaimed
from stations.services.context import Context

MAX_PROFILES = 500
"""Profiles that are kept of one station."""


def keep_profile(batch: Batch, context: Context, fact: ProfileClaimed) -> Decided:
    """The station has this profile now. The same number again replaces it (1.6 section 3.13.2)."""
    station = Station.objects.select_for_update().only("pk").get(pk=context.station_id)
    known = ChargingProfile.objects.filter(station=station)
    if known.exclude(number=fact.number).count() >= MAX_PROFILES:
        return Decided("Rejected")
    running = Transaction.objects.filter(station=station, evse__number=fact.evse, active=True).order_by("-pk")
    ChargingProfile.objects.update_or_create(
        station=station,
        number=fact.number,
        defaults={
            "evse": fact.evse,
            "stack_level": fact.stack_level,
            "purpose": fact.purpose,
            "kind": fact.kind,
            "transaction": running.first() if fact.purpose == "TxProfile" else None,
            "valid_from": None,
            "valid_to": None,
            "profile": fact.profile,
            "source": ChargingProfile.Source.STATION,
            "confirmed_at": context.received_at,
        },
    )
    return Decided("Accepted")


def drop_profiles(batch: Batch, context: Context, fact: ProfilesDisclaimed) -> Decided:
    """The profiles that fit all criteria are gone; Unknown when there were none (1.6 section 5.6)."""
    gone = ChargingProfile.objects.filter(station_id=context.station_id)
    criteria = {
        "number": fact.number,
        "evse": fact.evse,
        "purpose": fact.purpose,
        "stack_level": fact.stack_level,
    }
    wanted = {name: value for name, value in criteria.items() if value is not None}
    if fact.number is not None:  # which names one alone (section 6.13)
        wanted = {"number": fact.number}
    count, _ = gone.filter(**wanted).delete()
    return Decided("Accepted" if count else "Unknown")
