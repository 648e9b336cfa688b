"""The charging profiles that a station reports (2.x K09): afterwards what it has is known, and nothing else."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import ChargingProfile, Command, Report
from stations.ocpp.frames import Payload
from stations.ocpp.profiles import number_of
from stations.services.smart_charging.charging import keep

MAX_PROFILES = 1000
"""Profiles that are kept of one station."""

REQUEST = "GetChargingProfiles"

BY_SERVER = "CSO"
"""The chargingLimitSource of what the server has set itself."""


def complete(batch: Batch, report: Report, items: list[Any]) -> None:
    """What the request asked for is as it was reported; nothing reported is nothing there.

    A report for which nobody asked adds to what is known: nobody can say what it leaves out.
    """
    request = _request(report)
    sources = dict(ChargingProfile.objects.filter(station_id=report.station_id).values_list("number", "source"))
    mine = ChargingProfile.objects.filter(station_id=report.station_id)
    if request is not None:
        mine.filter(_asked_for(request)).delete()
    kept = set(mine.values_list("number", flat=True))
    for item in items:
        profile, number = item["profile"], number_of(item["profile"])
        kept.add(number)
        if len(kept) > MAX_PROFILES:
            break
        source = sources.get(number, ChargingProfile.Source.STATION)
        keep(report.station_id, item["evse"], profile, report.changed_at, source=source, limit_source=item["source"])
    batch.changed(TOPIC_STATIONS, report.station_id)


def _request(report: Report) -> Payload | None:
    """What was asked; the parts may have been faster than the answer that names its command."""
    command = report.command
    if command is None:
        asked = Command.objects.filter(station_id=report.station_id, action=REQUEST, sent_at__isnull=False)
        command = asked.filter(payload__requestId=report.request).order_by("-pk").first()
    return None if command is None else command.payload


def _asked_for(request: Payload) -> Q:
    """The known profiles that fit what was asked for (K09.FR.04)."""
    criterion = request["chargingProfile"]
    wanted = Q()
    if "evseId" in request:
        wanted &= Q(evse=request["evseId"])
    if "chargingProfileId" in criterion:
        return wanted & Q(number__in=criterion["chargingProfileId"])
    if "chargingProfilePurpose" in criterion:
        wanted &= Q(purpose=criterion["chargingProfilePurpose"])
    if "stackLevel" in criterion:
        wanted &= Q(stack_level=criterion["stackLevel"])
    if "chargingLimitSource" in criterion:
        named = Q(limit_source__in=criterion["chargingLimitSource"])
        # What the server has set and the station has not yet told of is the server's.
        wanted &= named | Q(limit_source="") if BY_SERVER in criterion["chargingLimitSource"] else named
    return wanted
