"""The controls that a station's inverter keeps to, and what it says of the grid (2.1 use cases R04 and R05). Pure.

Of two controls of one kind the one with the lower `priority` is in force; equal ones stand side by side. A scheduled
control begins and ends by the station's clock, and what it supersedes gives way when it begins (R04.FR.07).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point.message import Message
from stations.ocpp.der import CURVE, FIELDS, DERControl, control_of, field_of
from stations.ocpp.der_rules import set_problems
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

MODES = (
    *("FixedPFAbsorb", "FixedPFInject", "FixedVar", "FreqDroop", "FreqWatt", "Gradients", "HFMustTrip", "HVMustTrip"),
    *("LFMustTrip", "LVMustTrip", "LimitMaxDischarge", "VoltVar", "VoltWatt"),
)
"""Types of controls that the emulated inverter knows (ModesSupported)."""

TRIPS = {
    "HFMustTrip": "OverFrequency",
    "HVMustTrip": "OverVoltage",
    "LFMustTrip": "UnderFrequency",
    "LVMustTrip": "UnderVoltage",
}
"""What reacts to which event of the grid."""

MOST = 24
"""Controls that it has room for."""

PART = 4
"""Controls in one ReportDERControl."""

ALARM_SECONDS = (30.0, 300.0)

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Kept:
    control: DERControl
    superseded: bool = False
    started: bool = False
    displaces: tuple[str, ...] = ()
    """Ids of the controls that give way when it starts."""

    @property
    def start(self) -> datetime:
        """A default control has no schedule, and nothing to begin."""
        return self.control.start or _NEVER

    @property
    def end(self) -> datetime:
        return self.control.end or _NEVER


class Controls:
    """`set`, `clear`, `get` are the answers to the server; `step(now)` at `due`."""

    def __init__(
        self, station: Station, modes: Iterable[str], *, alarms_per_hour: float, chance: random.Random
    ) -> None:
        self.modes = frozenset(modes)
        self.due = inf
        self.alarm_due = inf
        self._station = station
        self._all: dict[str, _Kept] = {}
        self._rate = alarms_per_hour / 3600.0 if self.modes & TRIPS.keys() else 0.0
        self._chance = chance
        self._tripped = ""
        self._wait_for_trouble(0.0)

    def __iter__(self) -> Iterator[DERControl]:
        return (kept.control for kept in self._all.values())

    # -- what the server asks -------------------------------------------------------------

    def set(self, payload: Payload, now: float) -> Payload:
        """The answer to a SetDERControl. One of the same id is replaced."""
        if payload["controlType"] not in self.modes:
            return {"status": "NotSupported"}
        at = self._station.clock(now)
        if any(set_problems(payload, at)):
            return {"status": "Rejected"}
        new = _Kept(control_of(payload))
        id = new.control.control_id
        others = {each: kept for each, kept in self._all.items() if each != id}
        if len(others) >= MOST:
            return {"status": "Rejected"}
        rivals = [kept for kept in others.values() if not kept.superseded and _rival(kept, new)]
        new.superseded = any(kept.control.priority < new.control.priority for kept in rivals)
        if not new.superseded:
            weaker = (kept for kept in rivals if kept.control.priority > new.control.priority)
            new.displaces = tuple(kept.control.control_id for kept in weaker)
        self._all = {**others, id: new}
        if new.control.default:
            self._displace(new, now)
        self.step(now)
        given = (id,) if new.superseded else new.displaces
        return {"status": "Accepted"} | ({"supersededIds": list(given)} if given else {})

    def clear(self, criteria: Payload) -> str:
        """The status of a ClearDERControl."""
        if "controlId" not in criteria and criteria.get("controlType", "") not in {"", *self.modes}:
            return "NotSupported"
        gone = [each.control_id for each in self._meant(criteria)]
        for id in gone:
            del self._all[id]
        self._look()
        return "Accepted" if gone else "NotFound"

    def get(self, criteria: Payload, now: float) -> str:
        """The status of a GetDERControl; the report follows."""
        if "controlId" not in criteria and criteria.get("controlType", "") not in {"", *self.modes}:
            return "NotSupported"
        found = [self._all[each.control_id] for each in self._meant(criteria)]
        if not found:
            return "NotFound"
        parts = [found[first : first + PART] for first in range(0, len(found), PART)]
        for part in parts:
            payload = _report(part) | {"requestId": criteria["requestId"], "tbc": part is not parts[-1]}
            self._station.say([Message("ReportDERControl", payload)], now)
        return "Accepted"

    def _meant(self, criteria: Payload) -> list[DERControl]:
        """Those that fit; a controlId names one whatever its type (R04.FR.46), and isDefault has to fit (R04.FR.42)."""
        return [
            each
            for each in self
            if criteria.get("isDefault") in (None, each.default)
            and (
                each.control_id == criteria["controlId"]
                if "controlId" in criteria
                else criteria.get("controlType") in (None, each.type)
            )
        ]

    # -- what happens by the clock --------------------------------------------------------

    def step(self, now: float) -> None:
        at = self._station.clock(now)
        for kept in sorted(self._all.values(), key=lambda each: each.start):
            if kept.start <= at and not (kept.started or kept.superseded):
                kept.started = True
                self._displace(kept, now)
                self._tell(kept, now, started=True)
        for kept in list(self._all.values()):
            if kept.end <= at:
                del self._all[kept.control.control_id]
                if kept.started and not kept.superseded:
                    self._tell(kept, now, started=False)
        self._look()

    def _displace(self, kept: _Kept, now: float) -> None:
        kept.displaces = tuple(id for id in kept.displaces if id in self._all and not self._all[id].superseded)
        for id in kept.displaces:
            self._all[id].superseded = True
            if self._all[id].started:
                self._tell(self._all[id], now, started=False)

    def _tell(self, kept: _Kept, now: float, *, started: bool) -> None:
        payload: Payload = {
            "controlId": kept.control.control_id,
            "started": started,
            "timestamp": self._station.moment(now).stamp,
        }
        if started and kept.displaces:
            payload["supersededIds"] = list(kept.displaces)
        self._station.say([Message("NotifyDERStartStop", payload, kept=True)], now)

    def _look(self) -> None:
        """When something begins or ends next."""
        moments = [kept.end if kept.started or kept.superseded else kept.start for kept in self._all.values()]
        due = min(moments, default=_NEVER)
        # The clock has microseconds; a moment too early must not make this come again and again.
        self.due = inf if due == _NEVER else self._station.when(due) + 1e-3

    # -- the grid -------------------------------------------------------------------------

    def alarm(self, type: str, now: float, *, ended: bool = False, fault: str = "", info: str = "") -> None:
        """Something is wrong with the grid, or no more, and the control of this type reacts to it (R05)."""
        payload: Payload = {"controlType": type, "timestamp": self._station.moment(now).stamp}
        payload |= {"gridEventFault": fault} if fault else {}
        payload |= {"extraInfo": info} if info else {}
        payload |= {"alarmEnded": True} if ended else {}
        self._station.say([Message("NotifyDERAlarm", payload, kept=True)], now)

    def trip(self, now: float) -> None:
        """An event of the grid begins, or the one that began before is over. `step` of `alarm_due`."""
        if self._tripped:
            type, self._tripped = self._tripped, ""
            self.alarm(type, now, ended=True, fault=TRIPS[type])
            self._wait_for_trouble(now)
            return
        self._tripped = self._chance.choice(sorted(self.modes & TRIPS.keys()))
        self.alarm(self._tripped, now, fault=TRIPS[self._tripped])
        self.alarm_due = now + self._chance.uniform(*ALARM_SECONDS)

    def _wait_for_trouble(self, now: float) -> None:
        self.alarm_due = now + self._chance.expovariate(self._rate) if self._rate else inf


def _rival(one: _Kept, other: _Kept) -> bool:
    """Whether both cannot be in force at the same time."""
    if (one.control.type, one.control.default) != (other.control.type, other.control.default):
        return False
    return one.control.default or (one.start < other.end and other.start < one.end)


def _report(part: list[_Kept]) -> Payload:
    """The lists of a ReportDERControl."""
    lists: dict[str, list[Payload]] = {}
    for kept in part:
        field = field_of(kept.control.type)
        inner = "fixedPF" if field.startswith("fixedPF") else field
        entry: Payload = {"id": kept.control.control_id, inner: kept.control.setting}
        if field not in (FIELDS["EnterService"], FIELDS["Gradients"]):
            entry |= {"isDefault": kept.control.default, "isSuperseded": kept.superseded}
        if field == CURVE:
            entry["curveType"] = kept.control.type
        lists.setdefault(field, []).append(entry)
    return dict(lists)
