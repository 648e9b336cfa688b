"""Limits of one session: energy, time, state of charge, cost (2.1 use case E16). Pure.

The server sets some, its driver others at the station; of two for the same the stricter one holds. What a session costs
the station counts by its tariff, or it is what the server has said last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from stations.emulator.point.words import Reason

if TYPE_CHECKING:
    from stations.emulator.point.message import Charge

Limits = Mapping[str, float]
"""A TransactionLimitType: maxEnergy in Wh, maxTime in s, maxSoC in %, maxCost."""


SERVER, DRIVER = "server", "driver"
"""Who sets limits."""


def strictest(given: Iterable[Limits]) -> dict[str, float]:
    """What holds where several have limits."""
    found: dict[str, float] = {}
    for limits in given:
        for name, value in limits.items():
            found[name] = min(value, found.get(name, value))
    return found


def impose(charge: Charge, limits: dict[str, float], by: str) -> None:
    """From now on these are the limits that somebody has set, and none else of his."""
    charge.limits_set[by] = limits
    charge.limits = strictest(charge.limits_set.values())


def reached(
    limits: Limits, *, energy_wh: float, seconds: float, soc: float | None, cost: float | None = None
) -> Reason | None:
    """By which limit the session has to end; None: it may go on."""
    passed = {
        "maxEnergy": (energy_wh, Reason.ENERGY_LIMIT),
        "maxTime": (seconds, Reason.TIME_LIMIT),
        "maxSoC": (0.0 if soc is None else soc, Reason.SOC_LIMIT),
        "maxCost": (0.0 if cost is None else cost, Reason.COST_LIMIT),
    }
    for name, (value, reason) in passed.items():
        if name in limits and value >= limits[name]:
            return reason
    return None
