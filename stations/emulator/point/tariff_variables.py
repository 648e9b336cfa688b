"""Variables of the component TariffCostCtrlr (2.0.1 and 2.1 part 2, appendix 3). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.emulator.point.tariffs import CONTROLLER, LEAVE_TO_SERVER, REFUSE, USE_DEFAULT
from stations.emulator.point.variables import READ_ONLY, READ_WRITE, Path, Variable

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

MAX_ELEMENTS = 10
"""Prices of one kind that a station can keep."""

LONGEST_TEXT = 512


def _path(variable: str, instance: str = "") -> Path:
    return Path(CONTROLLER, variable, variable_instance=instance)


def _flag(variable: str, instance: str, mutability: str = READ_ONLY) -> Variable:
    return Variable(_path(variable, instance), "boolean", "true", mutability)


def _message(variable: str) -> Variable:
    return Variable(_path(variable), mutability=READ_WRITE, high=LONGEST_TEXT)


def _has_problem(station: Station, path: Path, now: float) -> str:
    return str(station.tariffs.problem).lower()


COSTS: tuple[Variable, ...] = (
    _flag("Available", "Cost"),
    _flag("Available", "Tariff"),
    _flag("Enabled", "Cost", READ_WRITE),
    _flag("Enabled", "Tariff", READ_WRITE),
    Variable(_path("Currency"), default="EUR", mutability=READ_WRITE, low=3, high=3),
    _message("TariffFallbackMessage"),
    _message("TotalCostFallbackMessage"),
)
"""Of any station that shows prices and costs."""

TARIFFS: tuple[Variable, ...] = (
    _flag("ConditionsSupported", "Tariff"),
    Variable(_path("MaxElements", "Tariff"), "integer", str(MAX_ELEMENTS)),
    Variable(
        _path("HandleFailedTariff", "Tariff"),
        "OptionList",
        USE_DEFAULT,
        READ_WRITE,
        options=(REFUSE, USE_DEFAULT, LEAVE_TO_SERVER),
    ),
    Variable(_path("Problem"), "boolean", source=_has_problem),
)
"""Of one that counts by itself (2.1)."""
