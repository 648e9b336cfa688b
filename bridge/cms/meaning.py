"""From what a charger's hardware says to the facts that stations' services understand. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

from bridge import vendor
from bridge.outlets import Outlet
from bridge.wire import Gun, WireError
from stations.ocpp.facts import MetersReported, Reading, Stamp, StatusReported

SESSION_START, START_CHARGING, STOP_CHARGING = "session_start", "start_charging", "stop_charging"
SESSION_STOP, ALERT = "session_stop", "alert"

MAX_KEY = 64
MAX_SHOWN = 255
MAX_NUMBER = 1e15
"""Larger than any quantity, and than the milliseconds of a moment (which are 1.8e12 today)."""
MAX_DEPTH = 100
CONNECTOR = 1  # an outlet is an EVSE with one connector

AVAILABLE, PREPARING, CHARGING, FINISHING = "Available", "Preparing", "Charging", "Finishing"
FAULTED, UNAVAILABLE, NO_ERROR = "Faulted", "Unavailable", "NoError"
BUSY = frozenset({PREPARING, CHARGING, FINISHING})

_STATUS_OF_PHASE: Mapping[int, str] = {
    vendor.IDLE: AVAILABLE,
    2: PREPARING,
    3: PREPARING,
    4: PREPARING,
    5: PREPARING,
    6: PREPARING,
    vendor.CHARGING: CHARGING,
    8: FINISHING,
}

_ERROR_CODES: Mapping[int, str] = {
    14: "InternalError",
    15: "InternalError",
    26: "UnderVoltage",
    82: "HighTemperature",
    83: "HighTemperature",
    85: "OverVoltage",
    90: "GroundFailure",
}
"""Vendor codes in the words of OCPP 1.6 (section 7.6); all others are OtherError."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the hardware, read. `key` tells a repeated one."""

    key: str
    kind: str
    outlet: int | None
    session: str
    user: str
    moment: datetime | None
    payload: dict[str, Any] = field(default_factory=dict)


def read_event(text: str | bytes, key: str = "") -> Event:
    """`WireError` for what is no event. Unknown types are events too."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise WireError(f"ev: not JSON ({error}).") from None
    if not isinstance(value, dict) or not isinstance(value.get("type"), str) or not value["type"]:
        raise WireError("ev: an object with a type is needed.")
    value = storable(value)
    payload = value.get("payload")
    inside = payload if isinstance(payload, dict) else {}
    return Event(
        key=_key(key, value),
        kind=_text(value["type"])[:32],
        outlet=_outlet(value.get("outlet")),
        session=_text(inside.get("session")),
        user=_text(inside.get("user")),
        moment=moment_of(value.get("timestamp")),
        payload=inside,
    )


def _key(key: str, value: Any) -> str:
    """As it was given; a long one, or none, by a digest of the key or of the event."""
    if 0 < len(key) <= MAX_KEY:
        return key
    return sha256(key.encode() or orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def status_of(outlet: Outlet, stamp: Stamp) -> StatusReported:
    """The connector's status by all that /state says of the outlet."""
    if outlet.error:
        return faulted(outlet.number, outlet.error, outlet.error_text, stamp)
    if outlet.out_of_order or not outlet.online:
        return status(outlet.number, UNAVAILABLE, stamp)
    return status(outlet.number, _STATUS_OF_PHASE.get(outlet.phase or 0, _by_use(outlet)), stamp)


def _by_use(outlet: Outlet) -> str:
    """Where no phase is told."""
    return PREPARING if outlet.busy else AVAILABLE


def status_of_gun(gun: Gun, stamp: Stamp, *, before: str, charging: bool) -> StatusReported:
    """The same by a live feed, which tells less: what is known better (`before`, a running session) stays."""
    number = ord(gun.letter) - ord("A") + 1
    if gun.error:
        return faulted(number, gun.error, "", stamp)
    if not gun.busy:
        return status(number, before if before == UNAVAILABLE else AVAILABLE, stamp)
    if before in BUSY:
        return status(number, before, stamp)
    return status(number, CHARGING if charging else PREPARING, stamp)


def faulted(outlet: int, code: int, message: str, stamp: Stamp) -> StatusReported:
    """Outlet 0 is the charger as a whole."""
    return StatusReported(
        evse=outlet,
        connector=CONNECTOR if outlet else 0,
        status=FAULTED,
        stamp=stamp,
        error_code=_ERROR_CODES.get(code, "OtherError"),
        info=(message or vendor.meaning(code))[:MAX_SHOWN],
        vendor_error_code=str(code),
    )


def status(outlet: int, value: str, stamp: Stamp) -> StatusReported:
    """A connector that is well."""
    return StatusReported(outlet, CONNECTOR if outlet else 0, value, stamp, error_code=NO_ERROR)


def meters_of(outlet: Outlet, stamp: Stamp) -> MetersReported | None:
    """What the outlet measures, as one reading; None where it measures nothing."""
    values = {
        "Energy.Active.Import.Register": (outlet.meter_wh, "Wh"),
        "Power.Active.Import": (outlet.power_w, "W"),
        "Current.Import": (outlet.current_a, "A"),
        "Voltage": (outlet.voltage_v, "V"),
        "SoC": (outlet.soc, "Percent"),
    }
    samples = [
        {"measurand": name, "value": str(value), "unit": unit}
        for name, (value, unit) in values.items()
        if value is not None
    ]
    if not samples:
        return None
    reading = Reading(
        stamp=stamp,
        samples=samples,
        energy_wh=outlet.meter_wh,
        power_w=outlet.power_w,
        current_a=outlet.current_a,
        voltage_v=outlet.voltage_v,
        soc=outlet.soc,
    )
    return MetersReported(outlet.number, (reading,))


def number_of(value: Any) -> float | None:
    """A finite number, also as a text."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < MAX_NUMBER:
        return None
    return float(value)


def whole_of(value: Any) -> int | None:
    number = number_of(value)
    return int(number) if number is not None and number.is_integer() and abs(number) < 2**31 else None


def moment_of(value: Any) -> datetime | None:
    """Milliseconds since 1970 as a moment."""
    milliseconds = number_of(value)
    if milliseconds is None or not 0 < milliseconds < 4e12:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def text_of(value: Any, limit: int = MAX_SHOWN) -> str:
    """A value as it may be shown; objects and lists as JSON."""
    return _text(value)[:limit]


def storable(value: Any, depth: int = MAX_DEPTH) -> Any:
    """JSON without what cannot be kept: NUL in texts (PostgreSQL), and what is nested deeper than anybody reads."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if not isinstance(value, dict | list):
        return value
    if not depth:
        return "…"
    if isinstance(value, dict):
        return {storable(key): storable(each, depth - 1) for key, each in value.items()}
    return [storable(each, depth - 1) for each in value]


def _text(value: Any) -> str:
    if value is None:
        return ""
    shown = value if isinstance(value, str) else orjson.dumps(value).decode()
    return shown.replace("\x00", "").encode("utf-8", "replace").decode()[:MAX_SHOWN]


def _outlet(value: Any) -> int | None:
    """1, 2, …; also as a text or as the gun's letter. None for the charger as a whole."""
    if isinstance(value, str) and len(value.strip()) == 1 and value.strip().isalpha() and value.strip().isascii():
        return ord(value.strip().upper()) - ord("A") + 1
    number = whole_of(value)
    return number if number is not None and 1 <= number <= 26 else None
