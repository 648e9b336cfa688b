"""What a vehicle of ISO 15118-20 that takes energy only says that it needs (2.1 K18.FR.06, K19.FR.06). Pure."""

from __future__ import annotations

from stations.emulator.point.vehicle import LEAST_CURRENT, Rating, Vehicle
from stations.ocpp.frames import Payload

VOLTAGE = 230.0


def control_mode(vehicle: Vehicle) -> str:
    """Whether it follows single values, or schedules. Only a vehicle of ISO 15118-20 says it."""
    return "DynamicControl" if vehicle.led else "ScheduledControl"


def needs_of_part_20(vehicle: Vehicle, connector: Rating, mode: str) -> Payload:
    """`mode`: the requestedEnergyTransfer."""
    return {
        "requestedEnergyTransfer": mode,
        "availableEnergyTransfer": [mode],
        "controlMode": control_mode(vehicle),
        "v2xChargingParameters": {
            "minChargePower": LEAST_CURRENT * VOLTAGE * vehicle.phases(connector),
            "maxChargePower": vehicle.rating.power_w,
            "evTargetEnergyRequest": round(vehicle.wanted_wh, 1),
        },
    }
