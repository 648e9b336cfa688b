"""What a period of a charging schedule may say in each of its operation modes (2.1 part 2, block Q).

In which mode energy flows is said by `operationMode`: who decides how much it is, and in which directions. A period
without one is for charging only (K01). The rules are the same for who sets a profile and for who is to keep to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from stations.ocpp.profiles import (
    EXTERNAL_CONSTRAINTS,
    IDLE,
    LOCAL_GENERATION,
    MAX_PROFILES,
    PRIORITY_CHARGING,
    TX_PROFILE,
)

CHARGING_ONLY = "ChargingOnly"
CENTRAL_SETPOINT, CENTRAL_FREQUENCY = "CentralSetpoint", "CentralFrequency"
EXTERNAL_SETPOINT, EXTERNAL_LIMITS = "ExternalSetpoint", "ExternalLimits"
LOCAL_FREQUENCY, LOCAL_BALANCING = "LocalFrequency", "LocalLoadBalancing"

INVALID_SCHEDULE, INVALID_MODE = "InvalidSchedule", "InvalidOperationMode"
NO_CURVE, NO_SIGNAL_CURVE = "NoFreqWattCurve", "NoSignalWattCurve"
PHASE_CONFLICT, BAD_UNIT = "PhaseConflict", "UnsupportedRateUnit"
"""Reason codes (appendix 5)."""

VALUES = ("limit", "dischargeLimit", "setpoint", "setpointReactive")
FREQUENCY_CURVE, SIGNAL_CURVE, BASELINE = "v2xFreqWattCurve", "v2xSignalWattCurve", "v2xBaseline"
LEAST_POINTS = 2


class _Mode(NamedTuple):
    """What it cannot do without, and what else it may have, of `VALUES`."""

    needs: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()


MODES: Mapping[str, _Mode] = {
    CHARGING_ONLY: _Mode(frozenset({"limit"})),
    CENTRAL_SETPOINT: _Mode(frozenset({"setpoint"}), frozenset({"limit", "dischargeLimit", "setpointReactive"})),
    CENTRAL_FREQUENCY: _Mode(frozenset({"setpoint"}), frozenset({"limit", "dischargeLimit"})),
    EXTERNAL_SETPOINT: _Mode(may=frozenset({"limit", "dischargeLimit"})),
    EXTERNAL_LIMITS: _Mode(),
    LOCAL_FREQUENCY: _Mode(),
    LOCAL_BALANCING: _Mode(),
    IDLE: _Mode(),
}
"""Limits and setpoints for each mode (the table of block Q)."""

_OF_PURPOSE: Mapping[str, frozenset[str]] = {
    **dict.fromkeys((*MAX_PROFILES, PRIORITY_CHARGING), frozenset({CHARGING_ONLY})),
    LOCAL_GENERATION: frozenset({CHARGING_ONLY, EXTERNAL_LIMITS}),
    EXTERNAL_CONSTRAINTS: frozenset({CHARGING_ONLY, EXTERNAL_LIMITS, EXTERNAL_SETPOINT}),
}
"""The modes of purposes that do not have all of them (K01.FR.111 to FR.113)."""


class Fault(NamedTuple):
    """Where in a period it is, what is wrong, and the reasonCode for it."""

    field: str
    text: str
    code: str


def mode_of(period: Mapping[str, Any]) -> str:
    return str(period.get("operationMode", CHARGING_ONLY))


def period_faults(period: Mapping[str, Any], *, purpose: str, unit: str) -> Iterator[Fault]:
    """What is wrong with a period of a profile of this purpose, in A or W."""
    mode = mode_of(period)
    allowed = _OF_PURPOSE.get(purpose)
    if allowed is not None and mode not in allowed:
        yield Fault("operationMode", f"A {purpose} has {' or '.join(sorted(allowed))}.", INVALID_MODE)
    needs, may = MODES[mode]
    for name in sorted(needs - period.keys()):
        yield Fault("", f"{mode} has to have {name}.", INVALID_SCHEDULE)
    for name in VALUES:
        if name not in needs | may and any(each in period for each in _of_phases(name)):
            yield Fault(name, f"{mode} has none.", INVALID_SCHEDULE)
    yield from _phase_faults(period, purpose)
    if mode == LOCAL_FREQUENCY:
        yield from _frequency_faults(period, unit)


def _of_phases(name: str) -> tuple[str, str, str]:
    return name, f"{name}_L2", f"{name}_L3"


def _phase_faults(period: Mapping[str, Any], purpose: str) -> Iterator[Fault]:
    """Values of phases go with the first one's (V2X.07), and in both directions only a TxProfile has them (V2X.10)."""
    for name in VALUES:
        for phase in _of_phases(name)[1:]:
            if phase not in period:
                continue
            if name not in period:
                yield Fault(phase, f"It goes with {name} only.", INVALID_SCHEDULE)
            if name != "limit" and purpose != TX_PROFILE:
                yield Fault(phase, f"Only a {TX_PROFILE} has one.", PHASE_CONFLICT)


def _frequency_faults(period: Mapping[str, Any], unit: str) -> Iterator[Fault]:
    """Q08.FR.02 to FR.05."""
    if len(period.get(FREQUENCY_CURVE, ())) < LEAST_POINTS:
        yield Fault("", f"{LOCAL_FREQUENCY} has to have {FREQUENCY_CURVE}, with two points at least.", NO_CURVE)
    if BASELINE not in period:
        yield Fault("", f"{LOCAL_FREQUENCY} has to have {BASELINE}.", NO_CURVE)
    if SIGNAL_CURVE in period and len(period[SIGNAL_CURVE]) < LEAST_POINTS:
        yield Fault(SIGNAL_CURVE, "It has two points at least.", INVALID_SCHEDULE)
    if unit != "W":
        yield Fault("", f"{LOCAL_FREQUENCY} is in W.", BAD_UNIT)
