"""Dynamic profiles (2.1 K28): their values are pushed with UpdateDynamicSchedule, or the station asks for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import ChargingProfile, Command, Station
from stations.ocpp.profiles import DYNAMIC
from stations.ocpp.smart_charging import SchedulePulled, ScheduleTold, ScheduleUpdated
from stations.ocpp.times import written
from stations.services.context import Context
from stations.services.settled import Settled

UPDATE = "UpdateDynamicSchedule"

VALUES = tuple(
    f"{name}{phase}"
    for name in ("limit", "dischargeLimit", "setpoint", "setpointReactive")
    for phase in ("", "_L2", "_L3")
)
"""The fields of a ChargingScheduleUpdate, which a period has under the same names."""

_NEWS = (Command.State.QUEUED, Command.State.SENT, Command.State.TIMED_OUT, Command.State.EXPIRED)
"""Of a command that waits, or whose answer nobody knows: what it says is still wanted."""


def keep_update(batch: Batch, settled: Settled, fact: ScheduleUpdated) -> None:
    """The station took these values; the others of the profile stay as they were."""
    row = _dynamic(settled.station_id, fact.profile)
    if fact.status == "Accepted" and row is not None:
        _put(row, fact.update, settled.at)
        batch.changed(TOPIC_STATIONS, settled.station_id)


def tell_update(batch: Batch, context: Context, fact: SchedulePulled) -> ScheduleTold:
    """The values that are valid now: those that wait to be sent go before those that the station has."""
    Station.objects.select_for_update().only("pk").get(pk=context.station_id)
    row = _dynamic(context.station_id, fact.profile)
    if row is None:
        return ScheduleTold("Rejected")
    waiting = Command.objects.filter(
        station_id=context.station_id,
        action=UPDATE,
        state__in=_NEWS,
        payload__chargingProfileId=fact.profile,
        created_at__gte=row.confirmed_at,
    )
    newest = waiting.order_by("-pk").first()
    if newest is not None:
        _put(row, newest.payload["scheduleUpdate"], context.received_at)
        batch.changed(TOPIC_STATIONS, context.station_id)
    (period,) = row.profile["chargingSchedule"][0]["chargingSchedulePeriod"]
    return ScheduleTold("Accepted", {name: period[name] for name in VALUES if name in period})


def _dynamic(station_id: int, number: int) -> ChargingProfile | None:
    return ChargingProfile.objects.filter(station_id=station_id, number=number, kind=DYNAMIC).first()


def _put(row: ChargingProfile, update: dict[str, Any], at: datetime) -> None:
    (schedule,) = row.profile["chargingSchedule"]
    (period,) = schedule["chargingSchedulePeriod"]
    period |= update
    row.profile["dynUpdateTime"] = written(at)
    row.confirmed_at = at
    row.save(update_fields=("profile", "confirmed_at"))
