"""What monitors say in 2.0.1 and 2.1: events and reports, in parts (N02, N07, N08). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from stations.emulator.point.message import Message
from stations.emulator.point.monitors import Monitor, Notice
from stations.emulator.point.variables import Path
from stations.ocpp.frames import Payload

EVENTS = 10
"""Events in one message."""

REPORTED = 4
"""Variables in one part of a report."""

QUEUED = 3
"""MonitoringCtrlr.OfflineQueuingSeverity: up to this severity events wait while the station is offline."""

WORDS_OF = {"2.0.1": frozenset[str](), "2.1": frozenset({"severity", "eventNotificationType"})}
"""What a version has words for besides those of both: the severity of an event, the kind of a reported monitor."""

T = TypeVar("T")


class Event(NamedTuple):
    """A notice, when it happened, and in which transaction."""

    id: int
    notice: Notice
    stamp: str
    transaction: str = ""


def events(found: Sequence[Event], version: str, generated: str) -> list[Message]:
    """NotifyEvent. Serious ones are kept until they are acknowledged, others are only worth telling now."""
    serious = [each for each in found if each.notice.monitor.severity <= QUEUED]
    others = [each for each in found if each.notice.monitor.severity > QUEUED]
    return [*_events(serious, version, generated, kept=True), *_events(others, version, generated, kept=False)]


def _events(found: Sequence[Event], version: str, generated: str, *, kept: bool) -> Iterator[Message]:
    parts = list(_parts(found, EVENTS))
    for number, part in enumerate(parts):
        payload: Payload = {
            "generatedAt": generated,
            "seqNo": number,
            "tbc": number < len(parts) - 1,
            "eventData": [_event(each, version) for each in part],
        }
        yield Message("NotifyEvent", payload, kept=kept)


def _event(event: Event, version: str) -> Payload:
    monitor = event.notice.monitor
    data: Payload = {
        "eventId": event.id,
        "timestamp": event.stamp,
        "trigger": event.notice.trigger,
        "actualValue": event.notice.value,
        "eventNotificationType": monitor.kind,
        "variableMonitoringId": monitor.id,
        **monitor.path.data(),
    }
    if event.notice.cleared:
        data["cleared"] = True
    if event.transaction:
        data["transactionId"] = event.transaction
    if "severity" in WORDS_OF[version]:
        data["severity"] = monitor.severity
    return data


def notification(number: int, path: Path, value: str, stamp: str) -> Message:
    """NotifyEvent of a state that no monitor watches (2.1 HardWiredNotification)."""
    data: Payload = {
        "eventId": number,
        "timestamp": stamp,
        "trigger": "Delta",
        "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        **path.data(),
    }
    return Message("NotifyEvent", {"generatedAt": stamp, "seqNo": 0, "tbc": False, "eventData": [data]}, kept=True)


def report(monitors: Iterable[Monitor], request: int, version: str, generated: str) -> list[Message]:
    """NotifyMonitoringReport: the monitors by the variables that they watch."""
    by_path: dict[Path, list[Monitor]] = {}
    for monitor in monitors:
        by_path.setdefault(monitor.path, []).append(monitor)
    parts = list(_parts(list(by_path.items()), REPORTED))
    return [
        Message(
            "NotifyMonitoringReport",
            {
                "requestId": request,
                "generatedAt": generated,
                "seqNo": number,
                "tbc": number < len(parts) - 1,
                "monitor": [
                    {**path.data(), "variableMonitoring": [_monitor(each, version) for each in found]}
                    for path, found in part
                ],
            },
        )
        for number, part in enumerate(parts)
    ]


def _monitor(monitor: Monitor, version: str) -> Payload:
    data: Payload = {
        "id": monitor.id,
        "transaction": monitor.transaction,
        "value": monitor.value,
        "type": monitor.type,
        "severity": monitor.severity,
    }
    if "eventNotificationType" in WORDS_OF[version]:
        data["eventNotificationType"] = monitor.kind
    return data


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
