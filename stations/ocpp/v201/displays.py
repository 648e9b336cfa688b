"""Messages on displays (use cases O01 to O06): what is said of our calls, and the reports.

In 2.1 the same fields hold more: `messageExtra`, other formats, states and answers.
"""

from __future__ import annotations

from stations.ocpp.displays import DisplayMessageCleared, DisplayMessageSet, read_message
from stations.ocpp.frames import Payload
from stations.ocpp.reports import ReportAsked, ReportKind, ReportPart, asked_of, part_of


def read_set(request: Payload, reply: Payload) -> DisplayMessageSet:
    return DisplayMessageSet(read_message(request["message"]), reply["status"])


def read_cleared(request: Payload, reply: Payload) -> DisplayMessageCleared:
    return DisplayMessageCleared(request["id"], reply["status"])


def read_asked(request: Payload, reply: Payload) -> ReportAsked:
    return asked_of(ReportKind.DISPLAY_MESSAGES, request, reply)


def read_part(payload: Payload) -> ReportPart:
    """NotifyDisplayMessages. What of it cannot be kept is refused now, and not when the whole report is put together."""
    part = part_of(ReportKind.DISPLAY_MESSAGES, payload, payload.get("messageInfo"))
    for info in part.items:
        read_message(info)
    return part
