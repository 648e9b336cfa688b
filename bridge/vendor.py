"""What the charger's controller means by its numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping

PHASES: Mapping[int, str] = {
    1: "idle",
    2: "authorization",
    3: "parameter discovery",
    4: "cable check",
    5: "precharge",
    6: "start",
    7: "charging",
    8: "stopping",
}
"""`phs` of an outlet (the phases of a DC session, DIN 70121 and ISO 15118)."""

IDLE, CHARGING = 1, 7

ALL_CLEARED = 16
"""The alert that ends all alerts of its outlet."""

NO_CODE = -1
"""Of a fault whose code is not told (`bridge.outlets`)."""

EMERGENCY_STOP, DOOR_OPEN = 17, 18

ALERTS: Mapping[int, str] = {
    14: "power module fault",
    15: "power module fault",
    ALL_CLEARED: "all faults cleared",
    EMERGENCY_STOP: "emergency stop pressed",
    DOOR_OPEN: "door open",
    19: "power loss",
    26: "under-voltage",
    82: "temperature too high",
    83: "temperature too high",
    85: "over-voltage",
    90: "ground fault",
}
"""Codes of alerts; others exist, and are shown by their number."""


def meaning(code: int) -> str:
    """An alert's code in words."""
    if code == NO_CODE:
        return "fault without a code"
    return ALERTS.get(code, f"fault {code}")
