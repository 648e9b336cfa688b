"""Helpers by which the route tables read payloads: texts, numbers, times, meter values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from stations.ocpp.errors import PROPERTY_VIOLATION, CallError
from stations.ocpp.facts import Reading, Stamp

MAX_NUMBER = 2**31 - 1
MAX_TEXT = 1000
MAX_LONG_TEXT = 10_000
MAX_QUANTITY = 1e15
"""No meter shows so much; sums of what is below it stay finite."""


def text(payload: Mapping[str, Any], name: str) -> str:
    """A text, or an empty one; very long ones are cut to what any of our columns holds."""
    return str(payload.get(name) or "").strip()[:MAX_TEXT]


def long_text(payload: Mapping[str, Any], name: str) -> str:
    """A text that is longer than a name: a certificate, a key."""
    return str(payload.get(name) or "").strip()[:MAX_LONG_TEXT]


def whole(payload: Mapping[str, Any], name: str, *, least: int = 0) -> int:
    """A whole number in the range of 32 bits, as OCPP's integers are; `CallError` outside of it."""
    value = payload[name]
    if not least <= value <= MAX_NUMBER:
        raise CallError(PROPERTY_VIOLATION, f"{name} is outside {least}…{MAX_NUMBER}.")
    return int(value)


def request_number(payload: Mapping[str, Any], name: str = "requestId") -> int | None:
    """A number that the server gave out: None where there is none, or one that it never gives (0, -1)."""
    value = payload.get(name)
    return int(value) if value is not None and 0 < value <= MAX_NUMBER else None


def count(payload: Mapping[str, Any], name: str) -> int | None:
    """A whole number from 0 that stations tell by the way: None where there is none, or none of 32 bits."""
    value = payload.get(name)
    return int(value) if value is not None and 0 <= value <= MAX_NUMBER else None


def stamp(value: Any) -> Stamp:
    """A time as sent; without a zone it is taken as UTC, and what cannot be read stays a text."""
    if not isinstance(value, str) or not value:
        return Stamp()
    shown = value[:64]
    try:
        moment = datetime.fromisoformat(value.strip().replace("  ", " "))
    except ValueError:
        return Stamp(shown)
    if moment.tzinfo is UTC:
        return Stamp(shown, moment)
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # year 1 or 9999 with an offset
        return Stamp(shown)
    return Stamp(shown, moment)


def number(value: Any) -> float | None:
    """A finite number, also from a padded text or one with a comma; None for everything else."""
    try:
        found = float(value)
    except (TypeError, OverflowError):
        return None
    except ValueError:
        return number(value.replace(",", ".")) if isinstance(value, str) and "," in value else None
    return found if math.isfinite(found) and value is not True and value is not False else None


ENERGY = "Energy.Active.Import.Register"
PERIODIC, BEGIN, END = "Sample.Periodic", "Transaction.Begin", "Transaction.End"
"""Contexts of a sample (1.6 section 7.31); a missing one is Sample.Periodic."""

_POWER, _CURRENT, _VOLTAGE, _SOC = "Power.Active.Import", "Current.Import", "Voltage", "SoC"
_WANTED = frozenset({ENERGY, _POWER, _CURRENT, _VOLTAGE, _SOC})
_SCALE = {"kWh": 1000.0, "kW": 1000.0, "kwh": 1000.0, "kw": 1000.0, "MWh": 1e6, "mA": 0.001, "kV": 1000.0}


def _value(sample: Mapping[str, Any]) -> float | None:
    """The value in base units (Wh, W, A, V, %), or None for what cannot be read (signed data)."""
    value = sample.get("value")
    if type(value) is not float:  # as it is in 2.x
        value = number(value)
    if value is None or sample.get("format") == "SignedData":
        return None
    if measure := sample.get("unitOfMeasure"):  # 2.x
        unit = measure.get("unit")
        if multiplier := measure.get("multiplier"):
            value *= 10.0 ** max(-12, min(12, multiplier))
    else:
        unit = sample.get("unit")
    if isinstance(unit, str):
        value *= _SCALE.get(unit, 1.0)
    return value if -MAX_QUANTITY < value < MAX_QUANTITY else None


def reading(meter_value: Mapping[str, Any]) -> Reading:
    """A MeterValue with the quantities that everybody wants to see, in base units.

    A value for the whole outlet wins; otherwise phases are added up (voltages: their mean).
    A missing measurand is the energy register (OCPP 1.6 section 7.43, 2.0.1 SampledValueType).
    """
    samples = [sample for sample in meter_value.get("sampledValue") or () if isinstance(sample, dict)]
    totals: dict[str, float] = {}
    phases: dict[str, list[float]] = {}
    context = PERIODIC
    for sample in samples:
        measurand = sample.get("measurand") or ENERGY
        if measurand not in _WANTED or (sample.get("location") in ("Inlet", "EV") and measurand != _SOC):
            continue
        value = _value(sample)
        if value is None:
            continue
        if measurand == ENERGY:
            context = sample.get("context") or PERIODIC
        phase = sample.get("phase")
        if not phase:
            totals[measurand] = value
        elif phase != "N":
            phases.setdefault(measurand, []).append(value)
    for measurand, values in phases.items():
        total = sum(values)
        totals.setdefault(measurand, total / len(values) if measurand == _VOLTAGE else total)
    return Reading(
        stamp(meter_value.get("timestamp")),
        samples,
        totals.get(ENERGY),
        totals.get(_POWER),
        totals.get(_CURRENT),
        totals.get(_VOLTAGE),
        totals.get(_SOC),
        context if isinstance(context, str) else PERIODIC,
    )


def readings(meter_values: Iterable[Any] | None) -> tuple[Reading, ...]:
    return tuple(reading(value) for value in meter_values or () if isinstance(value, dict))


def register_at(found: Iterable[Reading], context: str) -> float | None:
    """The energy register at the begin or the end of a session: of the reading that says so, else of the outermost."""
    known = [reading for reading in found if reading.energy_wh is not None]
    if len(known) == 1:
        return known[0].energy_wh
    named = [reading for reading in known if reading.context == context] or known
    return None if not named else named[0 if context == BEGIN else -1].energy_wh
