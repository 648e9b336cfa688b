"""Monitoring of variables (block N of 2.x), whatever the version: what stations say of it, and what their answers tell.

Use cases N02 to N08 are those of 2.0.1, part 2; N11 to N15, periodic event streams, are those of 2.1.
Intervals are seconds. `v201/monitoring.py` and `v21/monitoring.py` read and write the payloads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from stations.ocpp.errors import PROPERTY_VIOLATION, CallError
from stations.ocpp.facts import Stamp
from stations.ocpp.reading import number, text, whole

ALERTING = "Alerting"
"""The trigger of events that are about a limit or a fault, and not about a value that was to be told (N07, N08)."""

CUSTOM = "CustomMonitor"
"""The kind of monitors that somebody has set; others came with the station (EventNotificationEnumType)."""


class Subject(NamedTuple):
    """A variable of the device model. `evse` and `connector` are 0 where it belongs to none."""

    component: str
    component_instance: str
    evse: int
    connector: int
    variable: str
    variable_instance: str


class Monitor(NamedTuple):
    """A monitor, by the `number` that its station gave it (`id`).

    `kind`: HardWiredMonitor, PreconfiguredMonitor or CustomMonitor. `interval` and `values`: of the periodic event
    stream that it feeds (2.1), where that is known.
    """

    number: int
    subject: Subject
    type: str
    value: float
    severity: int
    transaction: bool = False
    kind: str = CUSTOM
    interval: int | None = None
    values: int | None = None


# -- what stations say ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EventReported:
    """One eventData of a NotifyEvent. `monitor`, `severity` and `cause` are None where the station names none."""

    number: int
    subject: Subject
    stamp: Stamp
    trigger: str
    value: str
    kind: str
    monitor: int | None = None
    severity: int | None = None
    cause: int | None = None
    cleared: bool = False
    transaction: str = ""
    tech_code: str = ""
    tech_info: str = ""


@dataclass(frozen=True, slots=True)
class EventsReported:
    """A NotifyEvent, or a part of one: each part is of use by itself."""

    stamp: Stamp
    events: tuple[EventReported, ...]


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """A station is about to stream the values of a monitor (N11)."""

    stream: int
    monitor: int
    interval: int | None
    values: int | None


@dataclass(frozen=True, slots=True)
class StreamClosed:
    """N13."""

    stream: int


class StreamValue(NamedTuple):
    """`offset`: seconds after the base time of its message."""

    offset: float
    value: str

    def moment(self, base: datetime) -> datetime:
        """When it was measured; the base time itself for an offset that leads out of the calendar."""
        try:
            return base + timedelta(seconds=self.offset)
        except OverflowError:
            return base


@dataclass(frozen=True, slots=True)
class StreamDelivered:
    """Values of a stream (N15), and how many more wait at the station."""

    stream: int
    pending: int
    stamp: Stamp
    values: tuple[StreamValue, ...]


Fact = EventsReported | StreamOpened | StreamClosed | StreamDelivered


# -- what answers tell ---------------------------------------------------------------------------


class MonitorSet(NamedTuple):
    """`status`: Accepted, UnknownComponent, UnknownVariable, UnsupportedMonitorType, Rejected or Duplicate."""

    monitor: Monitor
    status: str


@dataclass(frozen=True, slots=True)
class MonitorsSet:
    """What became of each monitor of a SetVariableMonitoring (N04)."""

    monitors: tuple[MonitorSet, ...]


@dataclass(frozen=True, slots=True)
class MonitorsCleared:
    """The status of each number: Accepted, Rejected (it is hard-wired) or NotFound (N06)."""

    statuses: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class MonitoringBaseSet:
    """`base`: All, FactoryDefault or HardWiredOnly (N03). `status`: Accepted, Rejected, NotSupported …"""

    base: str
    status: str


@dataclass(frozen=True, slots=True)
class MonitoringLevelSet:
    """Events of a severity above `severity` are not reported (N05)."""

    severity: int
    status: str


class Stream(NamedTuple):
    """A stream that is open."""

    number: int
    monitor: int
    interval: int | None
    values: int | None


@dataclass(frozen=True, slots=True)
class StreamAdjusted:
    """N14."""

    stream: int
    interval: int | None
    values: int | None
    status: str


@dataclass(frozen=True, slots=True)
class StreamsListed:
    """All streams that are open (N12)."""

    streams: tuple[Stream, ...]


Told = MonitorsSet | MonitorsCleared | MonitoringBaseSet | MonitoringLevelSet | StreamAdjusted | StreamsListed


# -- reading -------------------------------------------------------------------------------------


def subject_of(data: Mapping[str, Any]) -> Subject:
    """The variable that `component` and `variable` of an object name."""
    component, variable = data["component"], data["variable"]
    evse = component.get("evse") or {}
    return Subject(
        text(component, "name"),
        text(component, "instance"),
        whole(evse, "id") if evse else 0,
        whole(evse, "connectorId") if "connectorId" in evse else 0,
        text(variable, "name"),
        text(variable, "instance"),
    )


def value_of(data: Mapping[str, Any]) -> float:
    """The `value` of a monitor: a limit, a difference, or seconds."""
    value = number(data["value"])
    if value is None:
        raise CallError(PROPERTY_VIOLATION, "The value of a monitor is a finite number.")
    return value


def optional(payload: Mapping[str, Any], name: str) -> int | None:
    """A whole number, where there is one."""
    return whole(payload, name) if payload.get(name) is not None else None


def monitors_of(items: Iterable[Any]) -> Iterator[Monitor]:
    """The monitors that the entries of a monitoring report name (NotifyMonitoringReport, `monitor`)."""
    for item in items:
        subject = subject_of(item)
        for each in item["variableMonitoring"]:
            yield Monitor(
                whole(each, "id"),
                subject,
                each["type"],
                value_of(each),
                whole(each, "severity"),
                bool(each["transaction"]),
                # 2.0.1 does not say what came with the station and what was set.
                each.get("eventNotificationType") or "",
            )
