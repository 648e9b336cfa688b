"""The charger's `/state`: an array of outlets, one object, or something in between. Pure.

What a field cannot mean is left out and named in `Outlet.oddities`, so that one bad value loses no good one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from bridge import vendor
from bridge.wire import Gun, letter_of

MAX_OUTLETS = 26
MAX_TEXT = 1000
MAX_QUANTITY = 1e12


class StateError(ValueError):
    """The text is no state at all; `str(error)` says why."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet. Powers W, energies Wh, currents A, voltages V, state of charge %; None where it is not known.

    `number` is the outlet's own (1, 2, …); `session` is the id of the session that runs, or an empty text; `error` is
    the vendor's code, 0 for none; `busy`, `evsestat` and `pilot` are what LiveFeeds hands on. `raw` is the object as
    it came.
    """

    number: int
    busy: bool = False
    evsestat: int = -1
    pilot: int = -1
    error: int = 0
    error_text: str = ""
    phase: int | None = None
    user: str = ""
    session: str = ""
    session_energy_wh: float | None = None
    soc: float | None = None
    voltage_v: float | None = None
    current_a: float | None = None
    power_w: float | None = None
    meter_wh: float | None = None
    power_cap_w: float | None = None
    kind: str = ""
    version: str = ""
    out_of_order: bool = False
    online: bool = True
    oddities: tuple[str, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_charging(self) -> bool:
        return self.phase == vendor.CHARGING


def read_state(text: str | bytes) -> tuple[Outlet, ...]:
    """All outlets by their numbers. `StateError` where there is none: not JSON, an HTML page, an empty array."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise StateError("It is not JSON.") from None
    found = [value] if isinstance(value, dict) else value
    if not isinstance(found, list):
        raise StateError("It is neither an array of outlets nor one outlet.")
    objects = [each for each in found if isinstance(each, dict)][:MAX_OUTLETS]
    if not objects:
        raise StateError("It names no outlet.")
    outlets: dict[int, Outlet] = {}
    for place, each in enumerate(objects, start=1):
        outlet = _Reader(each).outlet(place)
        outlets.setdefault(outlet.number, outlet)
    return tuple(outlets[number] for number in sorted(outlets))


def guns(outlets: Iterable[Outlet]) -> tuple[Gun, ...]:
    """What LiveFeeds says of these outlets: outlet 1 is gun A."""
    return tuple(
        Gun(letter_of(outlet.number - 1), outlet.busy, outlet.evsestat, outlet.pilot, outlet.error)
        for outlet in outlets
        if 1 <= outlet.number <= MAX_OUTLETS
    )


class _Reader:
    """Reads one outlet's object, and remembers what it could not read."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = raw
        self._odd: list[str] = []

    def outlet(self, place: int) -> Outlet:
        voltage, current = self._quantity("pv"), self._quantity("pc")
        number = self._number_of_outlet(place)
        if not 1 <= number <= MAX_OUTLETS:
            self._odd.append("outlet")
            number = place
        return Outlet(
            number=number,
            busy=self._flag("busy", default=False),
            evsestat=self._whole("evsestat", -1),
            pilot=self._whole("pilot", -1),
            error=self._error(),
            error_text=self._text("curr_ses_errMsg"),
            phase=self._whole("phs", 0) or None,
            user=self._text("user"),
            session=self._text("curr_ses_id") if self._flag("curr_ses_active", default=True) else "",
            session_energy_wh=self._quantity("curr_ses_Wh"),
            soc=self._percentage("soc"),
            voltage_v=voltage,
            current_a=current,
            power_w=_watts(self._quantity("pp"), voltage, current),
            meter_wh=self._quantity("meter"),
            power_cap_w=self._quantity("PowerCapW"),
            kind=self._text("outletType"),
            version=self._text("version"),
            out_of_order=self._flag("out_of_order", default=False),
            online=self._flag("online", default=True),
            oddities=tuple(self._odd),
            raw=self._raw,
        )

    def _number_of_outlet(self, place: int) -> int:
        """Its own number, or its letter's."""
        value = self._raw.get("outlet")
        if isinstance(value, str) and re.fullmatch(r"\s*[A-Za-z]\s*", value):
            return ord(value.strip().upper()) - ord("A") + 1
        return self._whole("outlet", place)

    def _error(self) -> int:
        """A code where there is one; a fault without a code is -1, so that it is not taken for none."""
        value = self._raw.get("curr_ses_error")
        if isinstance(value, bool):
            return vendor.NO_CODE if value else 0
        return self._whole("curr_ses_error", 0)

    def _text(self, name: str) -> str:
        value = self._raw.get(name)
        if value is None:
            return ""
        if isinstance(value, dict | list):
            self._odd.append(name)
            return ""
        return str(value).replace("\x00", "")[:MAX_TEXT]

    def _flag(self, name: str, *, default: bool) -> bool:
        value = self._raw.get(name)
        if value is None:
            return default
        if isinstance(value, str):
            value = {"true": True, "1": True, "false": False, "0": False, "": False}.get(value.strip().lower())
        if isinstance(value, bool | int):
            return bool(value)
        self._odd.append(name)
        return default

    def _number(self, name: str) -> float | None:
        value = self._raw.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value = float(value.strip())
            except ValueError:
                value = None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self._odd.append(name)
            return None
        return float(value)

    def _quantity(self, name: str) -> float | None:
        value = self._number(name)
        if value is not None and abs(value) > MAX_QUANTITY:
            self._odd.append(name)
            return None
        return value

    def _percentage(self, name: str) -> float | None:
        value = self._number(name)
        if value is not None and not 0 <= value <= 100:
            if value >= 0:  # -1: no vehicle says
                self._odd.append(name)
            return None
        return value

    def _whole(self, name: str, default: int) -> int:
        value = self._number(name)
        if value is None:
            return default
        if not value.is_integer() or abs(value) > 2**31:
            self._odd.append(name)
            return default
        return int(value)


def _watts(power: float | None, voltage: float | None, current: float | None) -> float | None:
    """Controllers tell the power in W or in kW; voltage and current show which."""
    if voltage is None or current is None:
        return power
    product = voltage * current
    if power is None:
        return product
    return power * 1000 if abs(power * 1000 - product) < abs(power - product) else power
