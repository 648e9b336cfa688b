"""A plan for a vehicle as the TxProfile by which its station gets it (2.x K15, K18, K19)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from stations.ocpp.charging import LONGEST
from stations.ocpp.frames import Payload
from stations.ocpp.planning import ALL_PHASES, VOLTAGE, Demand, Span
from stations.ocpp.profiles import DYNAMIC, TX_PROFILE, Profile, Step
from stations.ocpp.times import written

DYNAMIC_CONTROL = "DynamicControl"
"""The controlMode of ISO 15118-20 in which the vehicle follows what it is told, instead of a schedule (2.1 K19)."""

SIGNIFICANT_W = 100.0
"""Plans that differ by less are the same."""


class _Rates(NamedTuple):
    """In which unit powers are written."""

    unit: str
    phases: int | None

    def of(self, watts: float) -> float:
        if self.unit == "W":
            return watts
        return ceil(watts / (VOLTAGE * (self.phases or ALL_PHASES)) * 10.0) / 10.0

    def period(self, start: int, **watts: float) -> Payload:
        values = {name: self.of(value) for name, value in watts.items()}
        return {"startPeriod": start} | values | ({} if self.phases is None else {"numberPhases": self.phases})


def is_of_part_20(needs: Payload) -> bool:
    """Whether a vehicle speaks ISO 15118-20: only then there is a control mode (2.1 K18.FR.06, K19.FR.06)."""
    return "controlMode" in needs


def is_led(needs: Payload) -> bool:
    return needs.get("controlMode") == DYNAMIC_CONTROL


def feeds(needs: Payload) -> bool:
    return "BPT" in needs["requestedEnergyTransfer"]


def plan_profile(
    number: int, spans: Sequence[Span], demand: Demand, needs: Payload, now: datetime, *, units: frozenset[str]
) -> Payload:
    """In watts, unless the station takes amperes only."""
    rates = _Rates("W" if not units or "W" in units else "A", demand.phases)
    kind: Payload
    if is_led(needs):
        # One value is in force until there is another (K19). Lower limits of the station hold in any case.
        most = max(span.watts for span in spans)
        period = rates.period(0, setpoint=most) if feeds(needs) else rates.period(0, limit=most)
        kind, periods = {}, [period | ({"operationMode": "CentralSetpoint"} if feeds(needs) else {})]
    else:
        kind = {"startSchedule": written(now)}
        periods = [rates.period(span.start, limit=span.watts) for span in spans]
    return {
        "id": number,
        "stackLevel": 0,
        "chargingProfilePurpose": TX_PROFILE,
        "chargingProfileKind": DYNAMIC if is_led(needs) else "Absolute",
        "chargingSchedule": [{"id": 1, **kind, "chargingRateUnit": rates.unit, "chargingSchedulePeriod": periods}],
    }


def is_another_course(old: Payload, new: Payload, sent_at: datetime, now: datetime) -> bool:
    """Whether a vehicle charges otherwise from now on by a new plan than by the old one."""
    before, after = Profile.read(old, received_at=sent_at), Profile.read(new, received_at=now)
    least = SIGNIFICANT_W if after.unit == "W" else SIGNIFICANT_W / (VOLTAGE * ALL_PHASES)
    marks = {timedelta(seconds=step.start) for step in after.periods} | set(before.edges(now, LONGEST))
    return before.unit != after.unit or any(
        abs(_rate(before.step_at(now + mark)) - _rate(after.step_at(now + mark))) > least
        for mark in marks
        if timedelta() <= mark < LONGEST
    )


def _rate(step: Step | None) -> float:
    """What flows by a period of a plan; where there is none nothing is planned."""
    if step is None:
        return 0.0
    return float(next(each for each in (step.setpoint, step.limit, 0) if each is not None))
