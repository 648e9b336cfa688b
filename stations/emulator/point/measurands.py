"""The quantities that a 1.6 station measures, by the names of its configuration keys (sections 7.31 and 9.1). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from stations.emulator.point.message import Reading

PHASES = ("L1", "L2", "L3")


class _Quantity(NamedTuple):
    unit: str
    shown: Callable[[Reading], str | None]
    phased: Callable[[Reading], str] | None = None
    """The value in one phase, where it has one."""
    location: str = ""


def _soc(reading: Reading) -> str | None:
    return None if reading.soc is None else f"{reading.soc:.1f}"


def _current(reading: Reading) -> str:
    return f"{reading.current_a:.2f}"


def _voltage(reading: Reading) -> str:
    return f"{reading.voltage_v:.1f}"


QUANTITIES = {
    "Energy.Active.Import.Register": _Quantity("Wh", lambda reading: str(reading.energy_wh)),
    "Power.Active.Import": _Quantity(
        "W", lambda reading: f"{reading.power_w:.1f}", lambda reading: f"{reading.power_w / reading.phases:.1f}"
    ),
    "Current.Import": _Quantity("A", _current, _current),
    "Voltage": _Quantity("V", _voltage, _voltage),
    "SoC": _Quantity("Percent", _soc, location="EV"),
    "Power.Offered": _Quantity("W", lambda reading: f"{reading.offered_w:.1f}"),
    "Current.Offered": _Quantity(
        "A", lambda reading: f"{reading.offered_w / (reading.voltage_v * reading.phases):.2f}"
    ),
    "Frequency": _Quantity("", lambda reading: "50.0"),
    "Temperature": _Quantity("Celsius", lambda reading: f"{25.0 + reading.power_w / 1000.0:.1f}", location="Body"),
}

USUAL = ("Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Voltage", "SoC")


@cache
def split(name: str) -> tuple[str, str]:
    """A measurand and the phase that may follow it, as in `Voltage.L1`."""
    measurand, _, phase = name.rpartition(".")
    return (measurand, phase) if phase in PHASES else (name, "")


def measurable(name: str) -> bool:
    measurand, phase = split(name)
    quantity = QUANTITIES.get(measurand)
    return quantity is not None and (not phase or quantity.phased is not None)


def samples(reading: Reading, names: Iterable[str], context: str) -> list[dict[str, Any]]:
    """One `sampledValue` for each name; the values are texts (section 7.43). What is not there now is left out."""
    found = []
    for name in names:
        measurand, phase = split(name)
        quantity = QUANTITIES[measurand]
        value = quantity.phased(reading) if phase and quantity.phased is not None else quantity.shown(reading)
        if value is None:
            continue
        sample = {"value": value, "context": context, "measurand": measurand}
        if quantity.unit:
            sample["unit"] = quantity.unit
        if quantity.location:
            sample["location"] = quantity.location
        if phase:
            sample["phase"] = phase
        found.append(sample)
    return found
