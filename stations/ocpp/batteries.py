"""Batteries that are swapped: what stations say of it, what their answers tell (2.1 use cases S01 to S03)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from stations.ocpp.facts import Token


class SwapEvent(Enum):
    """BatterySwapEventEnumType."""

    IN = "BatteryIn"
    OUT = "BatteryOut"
    OUT_TIMEOUT = "BatteryOutTimeout"
    """A battery was offered, and nobody took it (S03.FR.06)."""


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery in a slot (`slot`: evseId). States of charge and of health are %."""

    slot: int
    serial_number: str
    soc: float
    soh: float
    produced: datetime | None = None
    vendor_info: str = ""


@dataclass(frozen=True, slots=True)
class BatterySwapped:
    """Half of a swap: batteries came in, or went out. `request`: by which both halves, and a RequestBatterySwap, are
    known as one; the station gives it where a driver began by himself (S01)."""

    event: SwapEvent
    request: int
    token: Token
    batteries: tuple[Battery, ...]


@dataclass(frozen=True, slots=True)
class SwapRequested:
    """A station was asked to prepare a swap. `status`: Accepted or Rejected; `reason`: a reasonCode, or empty."""

    request: int
    token: Token
    status: str
    reason: str = ""


Fact = BatterySwapped
Told = SwapRequested
