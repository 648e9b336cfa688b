"""Rules 11 to 17: frames and payloads that break their form. Pure."""

from __future__ import annotations

import re
from typing import Any

from stations.emulator.quirks import frame
from stations.emulator.quirks.base import Quirk, Regular, Reply, Said
from stations.emulator.quirks.meters import MeterQuirk
from stations.ocpp.frames import Payload

HUGE_BYTES = 70_000
ENDLESS_BYTES = 2_000_000


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


class _Envelope(Quirk):
    """The elements of its calls are not what they should be."""

    def frames(self, text: str) -> list[str | bytes]:
        found = frame.call(text)
        return [text if found is None else frame.written(self.spoiled([2, *found]))]

    def spoiled(self, elements: list[Any]) -> list[Any]:
        raise NotImplementedError


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

    def odd_id(self) -> Any:
        raise NotImplementedError


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


# -- the payload ----------------------------------------------------------------------------------


class EmptySampledValue(MeterQuirk):
    """Before each of its meter values it sends one without any sample."""

    name = "empty-sampled-value"
    rules = (14,)

    def meter_values(self, values: list[Any]) -> list[Any]:
        return [each for value in values for each in (value | {"sampledValue": []}, value)]


class BadSampledValue(MeterQuirk):
    """Among its samples are one whose value is null, one without a value, and one whose value is an object."""

    name = "bad-sampled-value"
    rules = (14,)

    def samples(self, samples: list[Any]) -> list[Any]:
        return [{"value": None}, {"measurand": "SoC"}, *samples, {"value": {}, "measurand": "SoC"}]


class IllegalMeasurand(MeterQuirk):
    """Among its samples is one of a measurand that OCPP does not have."""

    name = "illegal-measurand"
    rules = (14,)

    def samples(self, samples: list[Any]) -> list[Any]:
        example = samples[0]["value"] if samples else "7"
        return [{"value": example, "measurand": "Energy.Reserve.Lifetime"}, *samples]


class IllegalUnit(MeterQuirk):
    """It measures power in `Watt`, which is no unit of OCPP."""

    name = "illegal-unit"
    rules = (14,)

    def sample(self, sample: dict[str, Any]) -> list[Any]:
        return [sample | {"unit": "Watt"} if sample.get("unit") == "W" else sample]


class OverLongTexts(Quirk):
    """The texts of its boot are longer than allowed."""

    name = "over-long-texts"
    rules = (15,)

    def says(self, said: Said) -> list[Said]:
        if said.action != "BootNotification":
            return [said]
        return [Said(said.action, _lengthened(said.payload, "reason"))]


def _lengthened(payload: Payload, spared: str) -> Payload:
    def longer(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return _lengthened(value, spared)
        return value.ljust(120, "+") if isinstance(value, str) and name != spared else value

    return {name: longer(name, value) for name, value in payload.items()}


class UnknownErrorCode(Quirk):
    """Its error codes are its own."""

    name = "unknown-error-code"
    rules = (15,)

    def says(self, said: Said) -> list[Said]:
        if said.action != "StatusNotification" or "errorCode" not in said.payload:
            return [said]
        return [Said(said.action, said.payload | {"errorCode": "DoorIsOpen"})]


class HugeFrames(MeterQuirk):
    """Its meter values have more samples than fit into 64 kB."""

    name = "huge-frames"
    rules = (16,)

    def samples(self, samples: list[Any]) -> list[Any]:
        extra = {"value": "21.5", "measurand": "Temperature", "unit": "Celsius", "location": "Body"}
        return [*samples, *([extra] * (HUGE_BYTES // len(str(extra)) + 1))]


class EndlessFrame(Quirk):
    """Once, it sends a frame of 2 MB."""

    name = "endless-frame"
    rules = (16,)

    def __init__(self) -> None:
        self._sent = False

    def says(self, said: Said) -> list[Said]:
        if self._sent or said.action != "Heartbeat":
            return [said]
        self._sent = True
        return [said, Said("DataTransfer", {"vendorId": "Emulator", "data": "x" * ENDLESS_BYTES})]


class SmallNotifications(Quirk):
    """After its boot it tells everything that a 1.6 station may tell beside the core messages."""

    name = "small-notifications"
    rules = (17,)

    def __init__(self) -> None:
        self._sent = False

    def says(self, said: Said) -> list[Said]:
        if self._sent or said.action != "StatusNotification":
            return [said]
        self._sent = True
        event = {"type": "StartupOfTheDevice", "timestamp": said.payload.get("timestamp", "2026-06-21T12:00:00Z")}
        return [
            said,
            Said("FirmwareStatusNotification", {"status": "Idle"}),
            Said("DiagnosticsStatusNotification", {"status": "Idle"}),
            Said("LogStatusNotification", {"status": "Idle"}),
            Said("SignedFirmwareStatusNotification", {"status": "Idle"}),
            Said("SecurityEventNotification", event),
        ]


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
    EmptySampledValue,
    BadSampledValue,
    IllegalMeasurand,
    IllegalUnit,
    OverLongTexts,
    UnknownErrorCode,
    HugeFrames,
    EndlessFrame,
    SmallNotifications,
)
