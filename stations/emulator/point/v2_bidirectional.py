"""What a station says of vehicles that feed back, and its variables for it, in OCPP 2.1 (part 2, block Q). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from stations.emulator.point.message import Charge, Reading
from stations.emulator.point.needs20 import control_mode
from stations.emulator.point.variables import READ_WRITE, Path, Variable
from stations.emulator.point.vehicle import LEAST_CURRENT, LEAST_SOC, Rating, Vehicle
from stations.ocpp.frames import Payload
from stations.ocpp.operation_modes import CHARGING_ONLY, MODES

VOLTAGE = 230.0
ONE_WAY = {1: "AC_single_phase", 2: "AC_two_phase", 3: "AC_three_phase"}
BOTH_WAYS = "AC_BPT"

EXPORT_ENERGY, EXPORT_POWER = "Energy.Active.Export.Register", "Power.Active.Export"

_QUANTITIES: Mapping[str, tuple[str, Callable[[Reading], float | None]]] = {
    EXPORT_ENERGY: ("Wh", lambda reading: reading.exported_wh),
    EXPORT_POWER: ("W", lambda reading: round(reading.fed_w, 1)),
    "Power.Active.Setpoint": ("W", lambda reading: reading.setpoint_w),
    "Power.Offered": ("W", lambda reading: round(reading.offered_w, 1)),
    "Frequency": ("Hz", lambda reading: reading.hertz),
}
"""What can be measured in an operation mode besides (V2XChargingCtrlr): the unit, and the value where there is one."""


def transfers_of(vehicle: Vehicle, connector: Rating) -> list[str]:
    """The kinds of energy transfer that a vehicle can use here, best first."""
    mode = ONE_WAY[vehicle.phases(connector)]
    return [BOTH_WAYS, mode] if vehicle.feed_w > 0.0 else [mode]


def samples(reading: Reading, names: Iterable[str]) -> Iterator[tuple[str, str, float]]:
    """The measurand, its unit and its value, of what has one now."""
    known = ((name, *_QUANTITIES[name]) for name in names)
    return ((name, unit, found) for name, unit, value in known if (found := value(reading)) is not None)


def needs(charge: Charge, vehicle: Vehicle, connector: Rating, one_way: Payload) -> Payload:
    """The chargingNeeds of a vehicle that can feed back: it wants to where it may, else to charge only (Q01.FR.09).

    `one_way`: the same of one that cannot.
    """
    told = {"availableEnergyTransfer": transfers_of(vehicle, connector), "controlMode": control_mode(vehicle)}
    if BOTH_WAYS not in charge.transfers:
        return one_way | told
    most = connector.power_w * vehicle.phases(connector) / connector.phases
    range_wh = (LEAST_SOC - vehicle.soc) * vehicle.capacity_wh
    return told | {
        "requestedEnergyTransfer": BOTH_WAYS,
        "v2xChargingParameters": {
            "minChargePower": LEAST_CURRENT * VOLTAGE * vehicle.phases(connector),
            "maxChargePower": min(vehicle.rating.power_w, most),
            "minDischargePower": 0.0,
            "maxDischargePower": min(vehicle.feed_w, most),
            "evTargetEnergyRequest": round(vehicle.wanted_wh, 1),
            "evMinEnergyRequest": 0.0,
            "evMaxEnergyRequest": round((1.0 - vehicle.soc) * vehicle.capacity_wh, 1),
            "evMinV2XEnergyRequest": round(range_wh, 1),
            "evMaxV2XEnergyRequest": round((vehicle.target - vehicle.soc) * vehicle.capacity_wh, 1),
        },
    }


def steered(mode: str, values: Payload, seconds: int) -> Payload:
    """A schedule of what somebody else says, with one period whose values he may change."""
    schedule: Payload = {
        "id": 1,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "operationMode": mode, **values}],
    }
    return schedule | ({"duration": seconds} if seconds else {})


# -- variables ------------------------------------------------------------------------------------


def _own(path: Path, kind: str, value: str = "", **more: Any) -> Variable:
    return Variable(path, kind, value, READ_WRITE, **more)


def station_variables() -> Iterator[Variable]:
    yield Variable(Path("ISO15118Ctrlr", "ServiceRenegotiationSupport"), "boolean", "true")
    yield _own(Path("SmartChargingCtrlr", "ExternalControlSignalsEnabled"), "boolean", "true")
    priorities = ("CsmsSetpoint", "ExternalSetpoint")
    yield _own(Path("SmartChargingCtrlr", "SetpointPriority"), "OptionList", priorities[0], options=priorities)


def evse_variables(evse: int) -> Iterator[Variable]:
    """V2XChargingCtrlr."""

    def path(variable: str, instance: str = "") -> Path:
        return Path("V2XChargingCtrlr", variable, evse, variable_instance=instance)

    transfers = (*ONE_WAY.values(), BOTH_WAYS)
    yield Variable(path("Available"), "boolean", "true")
    yield _own(path("Enabled"), "boolean", "true")
    for name, names in (("SupportedOperationModes", tuple(MODES)), ("SupportedEnergyTransferModes", transfers)):
        yield Variable(path(name), "MemberList", ",".join(names), options=names)
    yield _own(path("LocalFrequencyUpdateThreshold"), "integer", "10", unit="mHz", low=0, high=5_000)
    for name in ("UpperThreshold", "LowerThreshold", "UpperOffset", "LowerOffset"):
        yield _own(path("LocalLoadBalancing", name), "decimal", unit="W")
    for mode in MODES:
        usual = "" if mode == CHARGING_ONLY else f"{EXPORT_ENERGY},{EXPORT_POWER}"
        for moment in ("TxStarted", "TxUpdated", "TxEnded"):
            yield _own(path(f"{moment}Measurands", mode), "MemberList", usual, options=tuple(_QUANTITIES))
