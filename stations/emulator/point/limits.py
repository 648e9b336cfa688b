"""Limits of one session: energy, time, state of charge (2.1 use case E16). Pure.

Its cost only the server knows, so a limit of it is kept and told, and the server sees to it.
"""

from __future__ import annotations

from collections.abc import Mapping

from stations.emulator.point.words import Reason

Limits = Mapping[str, float]
"""A TransactionLimitType: maxEnergy in Wh, maxTime in s, maxSoC in %, maxCost."""


def reached(limits: Limits, *, energy_wh: float, seconds: float, soc: float | None) -> Reason | None:
    """By which limit the session has to end; None: it may go on."""
    passed = {
        "maxEnergy": (energy_wh, Reason.ENERGY_LIMIT),
        "maxTime": (seconds, Reason.TIME_LIMIT),
        "maxSoC": (0.0 if soc is None else soc, Reason.SOC_LIMIT),
    }
    for name, (value, reason) in passed.items():
        if name in limits and value >= limits[name]:
            return reason
    return None
