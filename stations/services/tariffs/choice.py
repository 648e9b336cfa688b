"""Whose tariff a session is charged by: that of the driver's group, else of the EVSE, of the station, of everybody."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db.models import Q

from stations.models import IdToken, TariffAssignment, Variable
from stations.ocpp.tariffs.tariff import Tariff, read_tariff


class Chosen(NamedTuple):
    """`body` is the TariffType. `of_driver`: it is that of the token's group."""

    body: dict[str, object]
    of_driver: bool


def choose(*, station_id: int, evse: int | None, token: IdToken | None, now: datetime) -> Chosen | None:
    """The tariff that is in force for this token here; None: there is none. One query."""
    group = None if token is None else token.group_id
    wanted = Q(group__isnull=True, station__isnull=True) | Q(station=station_id, evse__in=(0, evse or 0))
    if group is not None:
        wanted |= Q(group=group)
    found = TariffAssignment.objects.filter(wanted).select_related("tariff")
    # The closest one first; of what is not valid yet the next one counts.
    for each in sorted(found, key=lambda row: (row.group_id is None, row.station_id is None, -row.evse)):
        valid_from = read_tariff(each.tariff.body).valid_from
        if valid_from is None or valid_from <= now:
            return Chosen(each.tariff.body, each.group_id is not None)
    return None


def zone_name_of(station_id: int, tariff: Tariff) -> str:
    """In which time zone the tariff's times are: the station's own (ClockCtrlr.TimeZone), else the setting."""
    periods = (price.conditions.period for part in tariff.parts.values() for price in part.prices)
    if all(period.is_always for period in periods):
        return "UTC"  # it makes no difference
    told = _variable(station_id, component="ClockCtrlr", variable="TimeZone", evse=0)
    return told if told and is_zone(told) else settings.STATION_TIME_ZONE


def evse_kind_of(station_id: int, evse: int | None, tariff: Tariff) -> str:
    """AC or DC, where the tariff asks and the station has told: a DC outlet has no phases (EVSE.SupplyPhases)."""
    prices = (price for part in tariff.parts.values() for price in part.prices)
    if evse is None or not any(price.conditions.evse_kind for price in prices):
        return ""
    phases = _variable(station_id, component="EVSE", variable="SupplyPhases", evse=evse)
    return "" if not phases else "DC" if phases.strip() == "0" else "AC"


def _variable(station_id: int, **place: str | int) -> str | None:
    rows = Variable.objects.filter(station_id=station_id, attribute="Actual", **place)
    return rows.values_list("value", flat=True).first()


def is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is an OSError
        return False
    return True


def check_zone(**_: object) -> list[CheckMessage]:
    """A system check: a time zone that there is not."""
    if is_zone(settings.STATION_TIME_ZONE):
        return []
    return [Error(f"STATION_TIME_ZONE: there is no time zone {settings.STATION_TIME_ZONE}.", id="smartserver.E021")]
