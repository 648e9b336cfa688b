"""Control of distributed energy resources: what stations say of it, what their answers tell (2.1 use cases R04, R05).

A control is a setting (a curve, a fixed reactive power, …) that a grid operator wants inverters to keep to. A *default*
one holds until another takes its place, a *scheduled* one from its start for its duration. Of two controls of the same
kind the one with the lower `priority` supersedes the other (R04.FR.03 and R04.FR.06).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stations.ocpp.facts import Stamp
from stations.ocpp.frames import Payload
from stations.ocpp.reading import MAX_NUMBER, number, stamp

CURVE = "curve"

FIELDS: Mapping[str, str] = {
    "EnterService": "enterService",
    "FixedPFAbsorb": "fixedPFAbsorb",
    "FixedPFInject": "fixedPFInject",
    "FixedVar": "fixedVar",
    "FreqDroop": "freqDroop",
    "Gradients": "gradient",
    "LimitMaxDischarge": "limitMaxDischarge",
}
"""The field of a SetDERControl that has the setting of a controlType (R04.FR.16); of all other types it is `curve`."""

SETTINGS = frozenset({CURVE, *FIELDS.values()})
"""All fields that have one."""

ONLY_DEFAULT = frozenset({"EnterService", "Gradients"})
"""Types that cannot be scheduled (R04.FR.15)."""


@dataclass(frozen=True, slots=True)
class DERControl:
    """One control. `setting` is its object as it was sent, with priority and schedule in it; `duration` is in seconds.

    Its fields are what a report keeps of it (`DERControl(**item)`)."""

    control_id: str
    type: str
    default: bool
    setting: dict[str, Any]
    superseded: bool = False

    @property
    def priority(self) -> int:
        """0 is the highest."""
        return min(int(self.setting["priority"]), MAX_NUMBER)

    @property
    def start(self) -> datetime | None:
        return stamp(self.setting.get("startTime")).moment

    @property
    def duration(self) -> float | None:
        return number(self.setting.get("duration"))

    @property
    def end(self) -> datetime | None:
        """When a scheduled control is over; None: never, or beyond the end of the calendar."""
        if self.start is None or self.duration is None:
            return None
        try:
            return self.start + timedelta(seconds=self.duration)
        except OverflowError:
            return None


def field_of(control_type: str) -> str:
    """Where a SetDERControl has the setting of this type."""
    return FIELDS.get(control_type, CURVE)


def control_of(request: Payload) -> DERControl:
    """The control that a SetDERControl sets."""
    type_ = request["controlType"]
    return DERControl(request["controlId"].strip(), type_, request["isDefault"], request[field_of(type_)])


# -- facts --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DERStartStop:
    """A control came into force, or is no longer (R04.FR.20 to R04.FR.22). `superseded`: ids of those that gave way."""

    control_id: str
    started: bool
    stamp: Stamp
    superseded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DERAlarmReported:
    """A control reacts to an event of the grid, or no more (R05). `fault`: a GridEventFaultEnumType, or empty."""

    control_type: str
    fault: str
    ended: bool
    stamp: Stamp
    info: str = ""


# -- what answers tell --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DERControlSet:
    """`status`: Accepted, Rejected, NotSupported or NotFound. `superseded`: ids of controls that give way to this one;
    its own id: it is superseded itself by one that was there before (R04.FR.08)."""

    control: DERControl
    status: str
    superseded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DERControlsCleared:
    """The criteria of a ClearDERControl; None is any. `status`: Accepted, NotFound or NotSupported."""

    default: bool
    type: str | None
    control_id: str | None
    status: str


Fact = DERStartStop | DERAlarmReported
Told = DERControlSet | DERControlsCleared
