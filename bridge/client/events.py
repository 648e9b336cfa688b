"""What the hardware's event stream says. Pure.

`{type, timestamp (ms), chargerId, outlet (text), outletType, payload}`. An event goes on to the CMS as it came,
whatever it lacks: what its fields mean is the CMS's question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import orjson

MAX_EVENT = 262_144
"""Bytes; longer ones are none."""


class EventError(ValueError):
    """It is no event; `str(error)` says why."""


@dataclass(frozen=True, slots=True)
class HardwareEvent:
    """`body` is the JSON as it came. `outlet` is a number as a text, empty where none is named; `oddity` says what is
    missing or strange, empty where nothing is."""

    body: str
    kind: str
    outlet: str
    oddity: str = ""


def read_event(frame: bytes) -> HardwareEvent:
    if len(frame) > MAX_EVENT:
        raise EventError(f"it is longer than {MAX_EVENT} bytes")
    try:
        text = frame.decode().strip()
        fields = orjson.loads(text)
    except (UnicodeDecodeError, orjson.JSONDecodeError):
        raise EventError("it is not JSON") from None
    if not isinstance(fields, dict):
        raise EventError("it is no JSON object")
    oddities = []
    kind, outlet = fields.get("type"), fields.get("outlet")
    if not isinstance(kind, str) or not kind:
        oddities.append("type is missing")
        kind = ""
    number = "" if outlet is None or isinstance(outlet, bool) else str(outlet).strip()
    if number and not re.fullmatch(r"[0-9]{1,3}", number, re.ASCII):
        oddities.append("outlet is no number")
        number = ""
    return HardwareEvent(text, kind, number, ", ".join(oddities))
