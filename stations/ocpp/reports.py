"""Reports that come in parts, whatever they are about and whatever the version (2.x only).

A request has a requestId, by which the station names each part. Most kinds number their parts (`seqNo`, from 0), all
say whether more follows (`tbc`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from stations.ocpp.facts import Stamp
from stations.ocpp.frames import Payload
from stations.ocpp.reading import MAX_NUMBER, stamp, whole


class ReportKind(Enum):
    """By the calls in which the parts come."""

    INVENTORY = "inventory"  # NotifyReport (B07, B08)
    MONITORING = "monitoring"  # NotifyMonitoringReport (N02)
    CHARGING_PROFILES = "charging_profiles"  # ReportChargingProfiles (K09)
    DISPLAY_MESSAGES = "display_messages"  # NotifyDisplayMessages (O03)
    CUSTOMER_INFORMATION = "customer_information"  # NotifyCustomerInformation (N09)
    DER_CONTROL = "der_control"  # ReportDERControl (2.1 R04)


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One part. `sequence` is None where the action has no seqNo; `items` are what is reported, as it was sent."""

    kind: ReportKind
    request: int
    sequence: int | None
    more_follows: bool
    generated: Stamp
    items: list[Any]


@dataclass(frozen=True, slots=True)
class ReportAsked:
    """The answer to a request for a report. `status`: Accepted, or why there will be none."""

    kind: ReportKind
    request: int
    status: str


Fact = ReportPart

Told = ReportAsked

NOTHING = frozenset({"EmptyResultSet", "NoProfiles", "NotFound", "Unknown"})
"""Answers that there is nothing to report: to GetBaseReport, GetChargingProfiles, GetDERControl, GetDisplayMessages."""


def part_of(kind: ReportKind, payload: Payload, items: list[Any] | None) -> ReportPart:
    """The part in a payload, by the fields that all kinds have in common; None are no items."""
    return ReportPart(
        kind,
        request=whole(payload, "requestId", least=-MAX_NUMBER),
        sequence=whole(payload, "seqNo") if "seqNo" in payload else None,
        more_follows=bool(payload.get("tbc")),
        generated=stamp(payload.get("generatedAt")),
        items=items or [],
    )


def asked_of(kind: ReportKind, request: Payload, answer: Payload) -> ReportAsked:
    """The answer to a request for a report, by the fields that all kinds have in common."""
    return ReportAsked(kind, whole(request, "requestId", least=-MAX_NUMBER), answer["status"])


def gaps(received: Iterable[int], last: int | None) -> list[str]:
    """The numbers that are missing between 0 and `last`, of ascending ones that came.

    As texts: "4", "7-9"; "12-" are all from there on, because the end is not known.
    """
    missing: list[str] = []
    expected = 0
    for number in received:
        if last is not None and number > last:
            break
        if number > expected:
            missing.append(_span(expected, number - 1))
        expected = number + 1
    if last is None:
        missing.append(f"{expected}-")
    elif expected <= last:
        missing.append(_span(expected, last))
    return missing


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
