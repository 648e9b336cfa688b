"""Rules 9 to 13: answers that do not come, and frames that break their form. Pure."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any

from stations.emulator.quirks import frame
from stations.emulator.quirks.base import Quirk, Regular, Reply
from stations.ocpp.frames import Payload


class NeverAnswers(Quirk):
    """It does what the server asks, but never answers."""

    name = "never-answers"
    rules = (11,)

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        regular()
        return None


class LateAnswer(Quirk):
    """It answers each call of the server only when it has the answer to the next one."""

    name = "late-answer"
    rules = (9, 11)

    def __init__(self) -> None:
        self._held: list[str | bytes] = []

    def frames(self, text: str) -> list[str | bytes]:
        if frame.answered(text) is None:
            return [text]
        due, self._held = self._held, [text]
        return due


# -- the frame ------------------------------------------------------------------------------------


class _Envelope(Quirk, ABC):
    """The elements of its calls are not what they should be."""

    def frames(self, text: str) -> list[str | bytes]:
        found = frame.call(text)
        return [text if found is None else frame.written(self.spoiled([2, *found]))]

    @abstractmethod
    def spoiled(self, elements: list[Any]) -> list[Any]: ...


class _OddId(_Envelope):
    """Its message ids are not what they should be; the answers have the same ones."""

    def __init__(self) -> None:
        self._ids: dict[Any, Any] = {}

    def spoiled(self, elements: list[Any]) -> list[Any]:
        odd = self.odd_id()
        self._ids = {odd: elements[1]}  # one call is on its way at a time
        return [2, odd, *elements[2:]]

    def hears(self, text: str) -> str:
        odd = frame.answered(text)
        if odd is None or odd not in self._ids:
            return text
        found = frame.parts(text)
        return frame.written([found[0], self._ids[odd], *found[2:]])

    @abstractmethod
    def odd_id(self) -> Any: ...


class EmptyMessageId(_OddId):
    """The id of each of its calls is an empty text."""

    name = "empty-message-id"
    rules = (12,)

    def odd_id(self) -> Any:
        return ""


class NumberAsMessageId(_OddId):
    """The ids of its calls are numbers."""

    name = "number-as-message-id"
    rules = (12,)

    def __init__(self) -> None:
        super().__init__()
        self._number = 0

    def odd_id(self) -> Any:
        self._number += 1
        return self._number


class NullPayload(_Envelope):
    """Where a payload is empty it sends null."""

    name = "null-payload"
    rules = (12,)

    def spoiled(self, elements: list[Any]) -> list[Any]:
        return [*elements[:3], elements[3] or None]


class NoPayload(_Envelope):
    """Where a payload is empty it leaves it out."""

    name = "no-payload"
    rules = (12,)

    def spoiled(self, elements: list[Any]) -> list[Any]:
        return elements if elements[3] else elements[:3]


class ExtraElement(_Envelope):
    """Its calls have an element too many."""

    name = "extra-element"
    rules = (12,)

    def spoiled(self, elements: list[Any]) -> list[Any]:
        return [*elements, {}]


class BinaryFrames(Quirk):
    """It sends its frames as binary messages."""

    name = "binary-frames"
    rules = (12,)

    def frames(self, text: str) -> list[str | bytes]:
        return [text.encode()]


# -- the JSON -------------------------------------------------------------------------------------


class MissingValue(Quirk):
    """It writes the transaction id of meter values as `"transactionId":,`."""

    name = "missing-value"
    rules = (13,)

    def frames(self, text: str) -> list[str | bytes]:
        found = frame.call(text)
        if found is None or found.action != "MeterValues":
            return [text]
        return [re.sub(r'"transactionId":-?\d+', '"transactionId":', text)]


class StrayEscape(Quirk):
    """A backslash in the texts of its boot is not escaped."""

    name = "stray-escape"
    rules = (13,)

    def frames(self, text: str) -> list[str | bytes]:
        found = frame.call(text)
        if found is None or found.action != "BootNotification":
            return [text]
        return [re.sub(r'"firmwareVersion":"', r'"firmwareVersion":"C:\\x', text)]


class TruncatedJson(Quirk):
    """Every other frame with meter values ends in the middle."""

    name = "truncated-json"
    rules = (13,)

    def __init__(self) -> None:
        self._whole = True

    def frames(self, text: str) -> list[str | bytes]:
        found = frame.call(text)
        if found is None or found.action != "MeterValues":
            return [text]
        self._whole = not self._whole
        return [text if self._whole else text[: len(text) // 2]]


QUIRKS: tuple[type[Quirk], ...] = (
    NeverAnswers,
    LateAnswer,
    EmptyMessageId,
    NumberAsMessageId,
    NullPayload,
    NoPayload,
    ExtraElement,
    BinaryFrames,
    MissingValue,
    StrayEscape,
    TruncatedJson,
)
