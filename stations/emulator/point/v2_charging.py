"""What a station says of limits, vehicles and profiles in OCPP 2.0.1 and 2.1 (part 2, blocks K and Q). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from math import inf

from stations.emulator.point.message import Charge, Message
from stations.emulator.point.needs20 import needs_of_part_20
from stations.emulator.point.profiles2 import Reported
from stations.emulator.point.v2_bidirectional import ONE_WAY
from stations.emulator.point.v2_bidirectional import needs as needs_both_ways
from stations.emulator.point.vehicle import LEAST_CURRENT, Rating, Vehicle
from stations.ocpp.frames import Payload

VOLTAGE = 230.0


def needs(version: str, charge: Charge, vehicle: Vehicle, connector: Rating, departure: str | None) -> Message:
    """NotifyEVChargingNeeds: what the vehicle wants, by when (K15)."""
    wanted = _NEEDS[version](charge, vehicle, connector)
    if departure is not None:
        wanted["departureTime"] = departure
    return Message("NotifyEVChargingNeeds", {"evseId": charge.outlet, "maxScheduleTuples": 16, "chargingNeeds": wanted})


def _needs_201(charge: Charge, vehicle: Vehicle, connector: Rating) -> Payload:
    phases = vehicle.phases(connector)
    return {
        "requestedEnergyTransfer": ONE_WAY[phases],
        "acChargingParameters": {
            "energyAmount": round(vehicle.wanted_wh),
            "evMinCurrent": int(LEAST_CURRENT),
            "evMaxCurrent": int(vehicle.rating.power_w / VOLTAGE / vehicle.rating.phases),
            "evMaxVoltage": 400 if phases > 1 else 230,
        },
    }


def _needs_21(charge: Charge, vehicle: Vehicle, connector: Rating) -> Payload:
    """In the words of ISO 15118-20 where the vehicle speaks that; of one that can feed back also that."""
    mode = ONE_WAY[vehicle.phases(connector)]
    is_of_20 = vehicle.part_20
    one_way = needs_of_part_20(vehicle, connector, mode) if is_of_20 else _needs_201(charge, vehicle, connector)
    return needs_both_ways(charge, vehicle, connector, one_way) if vehicle.feed_w > 0.0 else one_way


_NEEDS: Mapping[str, Callable[[Charge, Vehicle, Rating], Payload]] = {"2.0.1": _needs_201, "2.1": _needs_21}


def ev_schedule(version: str, evse: int, schedule: Payload, vehicle: Vehicle, at: str, passed: int) -> Message:
    """NotifyEVChargingSchedule: the schedule that the vehicle has chosen, as far as it can follow it (K15).

    It counts from now on, when so many seconds of the schedule have `passed`.
    Of a vehicle that is led it is the server's own (2.1 K19.FR.10)."""
    if vehicle.led and version in _CHOICE_IS_TOLD:
        told = {"evseId": evse, "timeBase": at, "selectedChargingScheduleId": schedule["id"]}
        return Message("NotifyEVChargingSchedule", told | {"chargingSchedule": schedule})
    most = vehicle.rating.power_w
    if schedule["chargingRateUnit"] == "A":
        most = round(most / VOLTAGE / vehicle.rating.phases, 1)
    given = schedule["chargingSchedulePeriod"]
    periods = [
        {
            "startPeriod": max(0, each["startPeriod"] - passed),
            "limit": min(each.get("limit", most), most),
            **{name: each[name] for name in _KEPT if name in each},
        }
        for each, end in zip(given, (*(each["startPeriod"] for each in given[1:]), inf), strict=True)
        if end > passed
    ]
    kept: Payload = {name: schedule[name] for name in ("id", "chargingRateUnit")}
    if "duration" in schedule:
        kept["duration"] = schedule["duration"] - passed
    payload: Payload = {
        "evseId": evse,
        "timeBase": at,
        "chargingSchedule": {**kept, "chargingSchedulePeriod": periods},
    }
    if version in _CHOICE_IS_TOLD:
        payload["selectedChargingScheduleId"] = schedule["id"]
    return Message("NotifyEVChargingSchedule", payload)


_KEPT = ("dischargeLimit", "setpoint", "operationMode")
"""What a vehicle takes over where it is to feed back (2.1)."""

_CHOICE_IS_TOLD = frozenset({"2.1"})


def limit(evse: int, source: str, schedule: Payload, *, critical: bool, generation: bool) -> Message:
    """NotifyChargingLimit: somebody else limits what may be charged (K12)."""
    told: Payload = {"chargingLimitSource": source, "isGridCritical": critical}
    if generation:  # only 2.1 has it
        told["isLocalGeneration"] = True
    return Message("NotifyChargingLimit", {"evseId": evse, "chargingLimit": told, "chargingSchedule": [schedule]})


def cleared_limit(evse: int, source: str) -> Message:
    """ClearedChargingLimit: it is gone (K13)."""
    return Message("ClearedChargingLimit", {"evseId": evse, "chargingLimitSource": source})


def profile_report(request: int, found: Iterable[Reported]) -> list[Message]:
    """ReportChargingProfiles: one message for each EVSE and source (K09)."""
    parts = [
        (evse, source, [each.payload for each in group])
        for (evse, source), group in groupby(found, key=lambda each: (each.evse, each.source))
    ]
    messages = []
    for index, (evse, source, profiles) in enumerate(parts):
        payload: Payload = {
            "requestId": request,
            "evseId": evse,
            "chargingLimitSource": source,
            "chargingProfile": profiles,
        }
        messages.append(Message("ReportChargingProfiles", payload | {"tbc": index < len(parts) - 1}))
    return messages


def priority(charge: Charge, active: bool) -> Message:
    """NotifyPriorityCharging: the driver has switched it (2.1 K22)."""
    return Message("NotifyPriorityCharging", {"transactionId": charge.reference, "activated": active})


def pull(profile: int) -> Message:
    """PullDynamicScheduleUpdate: what are the values now? (2.1 K28)"""
    return Message("PullDynamicScheduleUpdate", {"chargingProfileId": profile})
