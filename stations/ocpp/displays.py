"""Messages on the displays of stations (2.x block O), as stations tell of them and as answers do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from stations.ocpp.facts import Stamp
from stations.ocpp.frames import Payload
from stations.ocpp.reading import long_text, stamp, text, whole


class Content(NamedTuple):
    """MessageContentType. `language`: RFC 5646, "" where none is named."""

    format: str
    language: str
    content: str


@dataclass(frozen=True, slots=True)
class DisplayMessage:
    """MessageInfoType. `state`: in which the station shows it, "" in any. `transaction`: it goes when that ends (O02).

    `contents`: `message`, then those of `messageExtra` (2.1). `display`: the component that shows it, None for the
    station's only one.
    """

    number: int
    priority: str
    state: str
    starts: Stamp
    ends: Stamp
    transaction: str
    contents: tuple[Content, ...]
    display: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class DisplayMessageSet:
    """`status`: Accepted, or why the station does not show it (DisplayMessageStatusEnumType)."""

    message: DisplayMessage
    status: str


@dataclass(frozen=True, slots=True)
class DisplayMessageCleared:
    """`status`: Accepted, Unknown, or Rejected (2.1)."""

    number: int
    status: str


Told = DisplayMessageSet | DisplayMessageCleared


@dataclass(frozen=True, slots=True)
class Criteria:
    """Of GetDisplayMessages: what it asks for. None is any."""

    numbers: frozenset[int] | None
    priority: str | None
    state: str | None


def read_message(info: Payload) -> DisplayMessage:
    return DisplayMessage(
        number=whole(info, "id"),
        priority=text(info, "priority"),
        state=text(info, "state"),
        starts=stamp(info.get("startDateTime")),
        ends=stamp(info.get("endDateTime")),
        transaction=text(info, "transactionId"),
        contents=tuple(map(_content, [info["message"], *(info.get("messageExtra") or ())])),
        display=info.get("display"),
    )


def _content(message: Payload) -> Content:
    return Content(text(message, "format"), text(message, "language"), long_text(message, "content"))


def read_criteria(request: Payload) -> Criteria:
    numbers = request.get("id")
    return Criteria(
        numbers=None if numbers is None else frozenset(numbers),
        priority=request.get("priority"),
        state=request.get("state"),
    )
