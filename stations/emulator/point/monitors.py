"""One monitor of a 2.x station: what it watches, and when it has something to tell (MonitorEnumType). Pure.

A monitor looks at the values that it is shown (`observe`), or tells one at its times (`due`, `beat`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import floor, inf
from typing import NamedTuple

from stations.emulator.point.variables import Path, Variable
from stations.ocpp.frames import Payload
from stations.ocpp.reading import number

HARD_WIRED, PRECONFIGURED, CUSTOM = "HardWiredMonitor", "PreconfiguredMonitor", "CustomMonitor"

ALERTING, DELTA, PERIODIC = "Alerting", "Delta", "Periodic"
"""Why an event is told (EventTriggerEnumType)."""

BEYOND: dict[str, Callable[[float, float], bool]] = {"UpperThreshold": operator.gt, "LowerThreshold": operator.lt}
"""The types that watch a limit, and when it is passed."""

TARGETED = frozenset({"TargetDelta", "TargetDeltaRelative"})
TIMED = frozenset({"Periodic", "PeriodicClockAligned"})

CRITERIA = {
    **dict.fromkeys(BEYOND, "ThresholdMonitoring"),
    **dict.fromkeys(("Delta", *TARGETED), "DeltaMonitoring"),
    **dict.fromkeys(TIMED, "PeriodicMonitoring"),
}
"""Under what a report finds each type (MonitoringCriterionEnumType)."""


NUMBERS = frozenset({"integer", "decimal"})
"""The data types of variables whose values can be compared with a limit."""


class Seen(NamedTuple):
    """A variable as it is. `target` is None where it has none."""

    value: str
    target: float | None = None


class Notice(NamedTuple):
    """What a monitor tells. `cleared`: the limit is kept again."""

    monitor: Monitor
    trigger: str
    value: str
    cleared: bool = False


@dataclass(slots=True, eq=False)
class Monitor:
    """`value`: the limit, the difference, or seconds. `stream`: the parameters of a stream that was asked for (2.1)."""

    id: int
    variable: Variable
    type: str
    value: float
    severity: int
    transaction: bool = False
    kind: str = CUSTOM
    stream: Payload | None = None
    due: float = inf
    """When a periodic one tells its value next."""
    exceeded: bool = False
    reference: str | None = None
    """The value that was there when a delta monitor was set, or told something last."""

    @property
    def path(self) -> Path:
        return self.variable.path

    @property
    def criterion(self) -> str:
        return CRITERIA[self.type]

    def begin(self, seen: Seen, now: float, started: datetime) -> None:
        """Watch from now on. `started`: the station's clock at its second 0. A limit that is passed is told at once."""
        self.rest(seen)
        self.due = self._next(now, started) if self.type in TIMED else inf

    def rest(self, seen: Seen) -> None:
        """Nothing is told of what is so now, or was."""
        self.exceeded = False
        self.reference = seen.value if self.type == "Delta" else None

    def _next(self, now: float, started: datetime) -> float:
        if self.type == "Periodic":
            return now + self.value
        # Whole intervals since midnight. The clock has microseconds; a moment too early must not count twice.
        midnight = started.hour * 3600 + started.minute * 60 + started.second + started.microsecond / 1e6
        return (floor(round(midnight + now, 3) / self.value) + 1) * self.value - midnight

    def beat(self, value: str, started: datetime) -> Notice:
        """It is time to tell the value."""
        self.due = self._next(self.due, started)
        return Notice(self, PERIODIC, value)

    def observe(self, seen: Seen) -> Notice | None:
        """What there is to tell of a variable that may have changed."""
        if self.type in BEYOND:
            return self._limit(seen)
        if self.type in TARGETED:
            return self._deviation(seen)
        return self._change(seen) if self.type == "Delta" else None

    def _limit(self, seen: Seen) -> Notice | None:
        value = number(seen.value)
        exceeded = value is not None and BEYOND[self.type](value, self.value)
        if exceeded == self.exceeded:
            return None
        self.exceeded = exceeded
        return Notice(self, ALERTING, seen.value, cleared=not exceeded)

    def _change(self, seen: Seen) -> Notice | None:
        """What is no number is told whenever it is another one."""
        numeric = self.variable.kind in NUMBERS
        if seen.value == self.reference or (numeric and not _differ(seen.value, self.reference, self.value)):
            return None
        self.reference = seen.value
        return Notice(self, DELTA, seen.value)

    def _deviation(self, seen: Seen) -> Notice | None:
        """Further from the target than allowed, and further than that from what was told of it last."""
        if seen.target is None:
            return None
        limit = self.value if self.type == "TargetDelta" else self.value * abs(seen.target)
        if not _differ(seen.value, str(seen.target), limit):
            self.reference = None
            return None
        if self.reference is not None and not _differ(seen.value, self.reference, limit):
            return None
        self.reference = seen.value
        return Notice(self, DELTA, seen.value)


def _differ(one: str, other: str | None, limit: float) -> bool:
    """Whether two values differ by more than the limit; what is no number differs from any."""
    a, b = number(one), number(other)
    return a is None or b is None or abs(a - b) > limit
