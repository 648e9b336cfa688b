"""DER control: starts and ends, alarms, reports, and what answers tell (use cases R04, R05)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from stations.ocpp.der import (
    CURVE,
    FIELDS,
    DERAlarmReported,
    DERControl,
    DERControlsCleared,
    DERControlSet,
    DERStartStop,
    control_of,
)
from stations.ocpp.frames import Payload
from stations.ocpp.reading import stamp, text
from stations.ocpp.reports import ReportAsked, ReportKind, ReportPart, asked_of, part_of

_TYPES = {field: type_ for type_, field in FIELDS.items()}

_INNER = {"fixedPFAbsorb": "fixedPF", "fixedPFInject": "fixedPF"}
"""Where an entry of a list in a ReportDERControl has its setting, unless the list has the name of it."""


def read_start_stop(payload: Payload) -> DERStartStop:
    return DERStartStop(
        control_id=_control_id(payload["controlId"]),
        started=payload["started"],
        stamp=stamp(payload.get("timestamp")),
        superseded=_superseded(payload),
    )


def read_alarm(payload: Payload) -> DERAlarmReported:
    return DERAlarmReported(
        control_type=payload["controlType"],
        fault=text(payload, "gridEventFault"),
        ended=bool(payload.get("alarmEnded")),
        stamp=stamp(payload.get("timestamp")),
        info=text(payload, "extraInfo"),
    )


def read_report(payload: Payload) -> ReportPart:
    """The items are the fields of a `DERControl`, whatever the list that it came in."""
    return part_of(ReportKind.DER_CONTROL, payload, [asdict(control) for control in _controls(payload)])


def _controls(payload: Payload) -> Iterator[DERControl]:
    for name in (CURVE, *FIELDS.values()):
        for entry in payload.get(name) or ():
            yield DERControl(
                control_id=_control_id(entry["id"]),
                type=entry["curveType"] if name == CURVE else _TYPES[name],
                default=entry.get("isDefault", True),  # not named where there is no other (R04.FR.15)
                setting=entry[_INNER.get(name, name)],
                superseded=entry.get("isSuperseded", False),
            )


def _superseded(payload: Payload) -> tuple[str, ...]:
    return tuple(map(_control_id, payload.get("supersededIds") or ()))


def _control_id(value: str) -> str:
    """Some stations make longer ones than they may."""
    return value.strip()[:36]


# -- answers ------------------------------------------------------------------------------------


def read_set(request: Payload, answer: Payload) -> DERControlSet:
    return DERControlSet(control_of(request), answer["status"], _superseded(answer))


def read_cleared(request: Payload, answer: Payload) -> DERControlsCleared:
    """A controlId names one; the controlType does not count then (R04.FR.46)."""
    named = "controlId" in request
    return DERControlsCleared(
        default=request["isDefault"],
        type=None if named else request.get("controlType"),
        control_id=_control_id(request["controlId"]) if named else None,
        status=answer["status"],
    )


def read_asked(request: Payload, answer: Payload) -> ReportAsked:
    return asked_of(ReportKind.DER_CONTROL, request, answer)
