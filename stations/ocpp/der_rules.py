"""What can never be right in a SetDERControl, whatever the station (2.1 use case R04). Its schema was checked already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from stations.ocpp.der import CURVE, ONLY_DEFAULT, SETTINGS, DERControl, control_of, field_of
from stations.ocpp.frames import Payload
from stations.ocpp.reading import MAX_NUMBER

Problems = Iterator[tuple[str, str]]
"""Where in the payload, and what is wrong there."""

_OF_POWER = frozenset({"PctMaxW", "PctWAvail"})
_OF_REACTIVE_POWER = frozenset({"PctMaxVar", "PctVarAvail"})
_NONE = frozenset({"Not_Applicable"})

UNITS: Mapping[str, frozenset[str]] = {
    "FreqWatt": _OF_POWER,
    "VoltVar": _OF_REACTIVE_POWER,
    "VoltWatt": _OF_POWER,
    "WattVar": _OF_REACTIVE_POWER,
}
"""Of what the y axis of a curve may be (R04.FR.50 to R04.FR.55); curves of other types have no unit."""

_MONITORING = "powerMonitoringMustTrip"


def set_problems(payload: Payload, now: datetime) -> Problems:
    """Setting and type, default and schedule, unit and numbers."""
    type_, field = payload["controlType"], field_of(payload["controlType"])
    for other in sorted(SETTINGS & payload.keys() - {field}):
        yield other, f"A control of the type {type_} has its setting in {field} alone."  # R04.FR.17
    if field not in payload:
        yield field, f"A control of the type {type_} needs it."
        return
    control = control_of(payload)
    if control.setting["priority"] > MAX_NUMBER:
        yield f"{field}/priority", "It is a whole number of 32 bits."
    if field == CURVE:
        yield from _unit_problems(field, control.setting, UNITS.get(type_, _NONE))
    elif _MONITORING in control.setting:  # R04.FR.56
        yield from _unit_problems(f"{field}/{_MONITORING}", control.setting[_MONITORING], _NONE)
    yield from _default_problems(field, control) if control.default else _schedule_problems(field, control, now)


def _unit_problems(path: str, curve: dict[str, Any], units: frozenset[str]) -> Problems:
    if curve["yUnit"] not in units:
        yield f"{path}/yUnit", f"It has to be {' or '.join(sorted(units))} here."


def _default_problems(field: str, control: DERControl) -> Problems:
    """A default control holds all the time (R04.FR.13)."""
    for name in ("startTime", "duration"):
        if name in control.setting:
            yield f"{field}/{name}", "A default control has none."


def _schedule_problems(field: str, control: DERControl, now: datetime) -> Problems:
    if control.type in ONLY_DEFAULT:
        yield "isDefault", f"A control of the type {control.type} cannot be scheduled."
        return
    for name in ("startTime", "duration"):
        if name not in control.setting:
            yield f"{field}/{name}", "A scheduled control needs it."
    if "duration" in control.setting and (control.duration is None or control.duration <= 0):
        yield f"{field}/duration", "It is more than 0 seconds."
    elif control.end is not None and control.end <= now:
        yield f"{field}/duration", "The control would be over already."
