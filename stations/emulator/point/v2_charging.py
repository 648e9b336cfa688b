"""What a station says of limits, vehicles and profiles in OCPP 2.0.1 and 2.1 (part 2, blocks K and Q). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from stations.emulator.point.message import Charge, Message
from stations.emulator.point.needs20 import needs_of_part_20
from stations.emulator.point.profiles2 import Reported
from stations.emulator.point.vehicle import LEAST_CURRENT, Rating, Vehicle
from stations.ocpp.frames import Payload

VOLTAGE = 230.0
MODES = {1: "AC_single_phase", 2: "AC_two_phase", 3: "AC_three_phase"}
BOTH_WAYS = "AC_BPT"


def transfers_of(vehicle: Vehicle, connector: Rating) -> list[str]:
    """The kinds of energy transfer that a vehicle can use here, best first."""
    mode = MODES[vehicle.phases(connector)]
    return [BOTH_WAYS, mode] if vehicle.feed_w > 0.0 else [mode]


def needs(version: str, charge: Charge, vehicle: Vehicle, connector: Rating, departure: str | None) -> Message:
    """NotifyEVChargingNeeds: what the vehicle wants, by when (K15)."""
    wanted = _NEEDS[version](charge, vehicle, connector)
    if departure is not None:
        wanted["departureTime"] = departure
    return Message("NotifyEVChargingNeeds", {"evseId": charge.outlet, "maxScheduleTuples": 16, "chargingNeeds": wanted})


def _needs_201(charge: Charge, vehicle: Vehicle, connector: Rating) -> Payload:
    phases = vehicle.phases(connector)
    return {
        "requestedEnergyTransfer": MODES[phases],
        "acChargingParameters": {
            "energyAmount": round(vehicle.wanted_wh),
            "evMinCurrent": int(LEAST_CURRENT),
            "evMaxCurrent": int(vehicle.rating.power_w / VOLTAGE / vehicle.rating.phases),
            "evMaxVoltage": 400 if phases > 1 else 230,
        },
    }


def _needs_21(charge: Charge, vehicle: Vehicle, connector: Rating) -> Payload:
    """With V2X instead, where the vehicle can and may; and in the words of ISO 15118-20, where it speaks that."""
    found = [each for each in transfers_of(vehicle, connector) if not charge.transfers or each in charge.transfers]
    if BOTH_WAYS not in found:
        mode = MODES[vehicle.phases(connector)]
        is_of_2 = not vehicle.part_20
        return _needs_201(charge, vehicle, connector) if is_of_2 else needs_of_part_20(vehicle, connector, mode)
    return {
        "requestedEnergyTransfer": BOTH_WAYS,
        "availableEnergyTransfer": transfers_of(vehicle, connector),
        "controlMode": "ScheduledControl",
        "v2xChargingParameters": {
            "minChargePower": LEAST_CURRENT * VOLTAGE * vehicle.phases(connector),
            "maxChargePower": vehicle.rating.power_w,
            "maxDischargePower": vehicle.feed_w,
            "evTargetEnergyRequest": round(vehicle.wanted_wh, 1),
        },
    }


_NEEDS: Mapping[str, Callable[[Charge, Vehicle, Rating], Payload]] = {"2.0.1": _needs_201, "2.1": _needs_21}


def ev_schedule(version: str, evse: int, schedule: Payload, vehicle: Vehicle, at: str) -> Message:
    """NotifyEVChargingSchedule: the schedule that the vehicle has chosen, as far as it can follow it (K15).

    Of a vehicle that is led it is the server's own (2.1 K19.FR.10)."""
    if vehicle.led and version in _CHOICE_IS_TOLD:
        told = {"evseId": evse, "timeBase": at, "selectedChargingScheduleId": schedule["id"]}
        return Message("NotifyEVChargingSchedule", told | {"chargingSchedule": schedule})
    most = vehicle.rating.power_w
    if schedule["chargingRateUnit"] == "A":
        most = round(most / VOLTAGE / vehicle.rating.phases, 1)
    periods = [
        {"startPeriod": each["startPeriod"], "limit": min(each.get("limit", most), most)}
        for each in schedule["chargingSchedulePeriod"]
    ]
    kept = {
        name: schedule[name] for name in ("id", "startSchedule", "duration", "chargingRateUnit") if name in schedule
    }
    payload: Payload = {
        "evseId": evse,
        "timeBase": at,
        "chargingSchedule": {**kept, "chargingSchedulePeriod": periods},
    }
    if version in _CHOICE_IS_TOLD:
        payload["selectedChargingScheduleId"] = schedule["id"]
    return Message("NotifyEVChargingSchedule", payload)


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
