"""What comes with a 2.x station of monitoring: the factory's monitors, and what the device model tells. Pure.

A fault of an EVSE is always told; too much power unless the server wants the hard-wired ones alone; each change of
its availability where all monitors are wanted (SetMonitoringBase, N03).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stations.emulator.point.monitors import HARD_WIRED, PRECONFIGURED, Monitor
from stations.emulator.point.tariffs import CONTROLLER
from stations.emulator.point.v2_monitoring import QUEUED
from stations.emulator.point.variables import Path, Variable

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

ALL, DEFAULT, HARD_WIRED_ONLY = "All", "FactoryDefault", "HardWiredOnly"

ITEMS = 20
"""Monitors in one SetVariableMonitoring or ClearVariableMonitoring."""

FIRST_CUSTOM = 1001
"""Ids of custom monitors begin here; those below are the factory's."""


def factory_monitors(station: Station, base: str) -> Iterator[Monitor]:
    """Those that the base has, with the same ids whatever the base."""
    for outlet in station.outlets:
        last = 3 * outlet.number
        problem, power, state = (_variable(station, name, outlet.number) for name in _WATCHED)
        yield Monitor(last - 2, problem, "Delta", 1.0, 1, kind=HARD_WIRED)
        if base != HARD_WIRED_ONLY:
            yield Monitor(last - 1, power, "UpperThreshold", outlet.rating.power_w, 4, kind=PRECONFIGURED)
        if base == ALL:
            yield Monitor(last, state, "Delta", 1.0, 7, kind=PRECONFIGURED)
    tariffs = station.variables.find(Path(CONTROLLER, "Problem"))
    if tariffs is not None:  # 2.1: the tariff of a driver could not be used (I08)
        yield Monitor(FIRST_CUSTOM - 1, tariffs, "Delta", 1.0, 4, kind=HARD_WIRED)


_WATCHED = ("Problem", "Power", "AvailabilityState")


def _variable(station: Station, name: str, evse: int) -> Variable:
    found = station.variables.find(Path("EVSE", name, evse))
    assert found is not None, name
    return found


def _base(station: Station, path: Path, now: float) -> str:
    return station.monitoring.base


def _level(station: Station, path: Path, now: float) -> str:
    return str(station.monitoring.level)


_CONTROLLER = "MonitoringCtrlr"

VARIABLES: tuple[Variable, ...] = (
    Variable(Path(_CONTROLLER, "Available"), "boolean", "true"),
    Variable(Path(_CONTROLLER, "Enabled"), "boolean", "true"),
    Variable(
        Path(_CONTROLLER, "ActiveMonitoringBase"),
        "OptionList",
        options=(ALL, DEFAULT, HARD_WIRED_ONLY),
        source=_base,
    ),
    Variable(Path(_CONTROLLER, "ActiveMonitoringLevel"), "integer", source=_level),
    Variable(Path(_CONTROLLER, "OfflineQueuingSeverity"), "integer", str(QUEUED)),
    *(
        Variable(Path(_CONTROLLER, "ItemsPerMessage", variable_instance=action), "integer", str(ITEMS))
        for action in ("ClearVariableMonitoring", "SetVariableMonitoring")
    ),
)
"""Of the controller of monitoring (2.0.1 part 2, appendix 3)."""
