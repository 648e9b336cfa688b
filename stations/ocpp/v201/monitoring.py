"""Monitors and their events (use cases N02 to N08)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stations.ocpp.frames import Payload
from stations.ocpp.monitoring import (
    EventReported,
    EventsReported,
    Monitor,
    MonitoringBaseSet,
    MonitoringLevelSet,
    MonitorsCleared,
    MonitorSet,
    MonitorsSet,
    Subject,
    monitors_of,
    optional,
    subject_of,
    value_of,
)
from stations.ocpp.reading import long_text, stamp, text, whole
from stations.ocpp.reports import ReportAsked, ReportKind, ReportPart, asked_of, part_of

# -- from stations -------------------------------------------------------------------------------


def read_events(payload: Payload) -> EventsReported:
    return EventsReported(stamp(payload.get("generatedAt")), tuple(map(_event, payload["eventData"])))


def _event(data: Payload) -> EventReported:
    """2.1 tells the severity; in 2.0.1 it is the monitor's."""
    return EventReported(
        number=whole(data, "eventId"),
        subject=subject_of(data),
        stamp=stamp(data.get("timestamp")),
        trigger=data["trigger"],
        value=long_text(data, "actualValue"),
        kind=data["eventNotificationType"],
        monitor=optional(data, "variableMonitoringId"),
        severity=optional(data, "severity"),
        cause=optional(data, "cause"),
        cleared=bool(data.get("cleared")),
        transaction=text(data, "transactionId"),
        tech_code=text(data, "techCode"),
        tech_info=text(data, "techInfo"),
    )


def read_report(payload: Payload) -> ReportPart:
    """Its monitors are read when all parts are there; what cannot be read is refused now."""
    part = part_of(ReportKind.MONITORING, payload, payload.get("monitor"))
    tuple(monitors_of(part.items))
    return part


# -- answers to the server's calls -----------------------------------------------------------------


def read_asked(request: Payload, answer: Payload) -> ReportAsked:
    return asked_of(ReportKind.MONITORING, request, answer)


def read_set(request: Payload, answer: Payload) -> MonitorsSet:
    """The results name variable, type and severity; value and transaction stand in the request (N04.FR.01)."""
    return MonitorsSet(tuple(_set(answer["setMonitoringResult"], list(request["setMonitoringData"]))))


def _set(results: list[Any], asked: list[Any]) -> Iterator[MonitorSet]:
    for result in results:
        wanted = next((each for each in asked if _same(each, result)), None)
        if wanted is None:
            continue  # nobody asked for this one, so nobody knows its value
        asked.remove(wanted)
        stream = wanted.get("periodicEventStream") or {}
        number = optional(result, "id")
        if number is None:
            number = optional(wanted, "id")
        if number is None:
            continue  # a monitor that was not set has none
        monitor = Monitor(
            number=number,
            subject=subject_of(result),
            type=result["type"],
            value=value_of(wanted),
            severity=whole(result, "severity"),
            transaction=bool(wanted.get("transaction")),
            interval=optional(stream, "interval"),
            values=optional(stream, "values"),
        )
        yield MonitorSet(monitor, result["status"])


def _same(asked: Payload, result: Payload) -> bool:
    """Names of the device model compare in any case (identifierString)."""
    return (
        _folded(subject_of(asked)) == _folded(subject_of(result))
        and (asked["type"], asked["severity"]) == (result["type"], result["severity"])
        and ("id" not in asked or "id" not in result or asked["id"] == result["id"])
    )


def _folded(subject: Subject) -> tuple[str, ...]:
    return tuple(str(part).casefold() for part in subject)


def read_cleared(_: Payload, answer: Payload) -> MonitorsCleared:
    return MonitorsCleared({whole(each, "id"): each["status"] for each in answer["clearMonitoringResult"]})


def read_base(request: Payload, answer: Payload) -> MonitoringBaseSet:
    return MonitoringBaseSet(request["monitoringBase"], answer["status"])


def read_level(request: Payload, answer: Payload) -> MonitoringLevelSet:
    return MonitoringLevelSet(request["severity"], answer["status"])
