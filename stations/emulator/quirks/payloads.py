"""Rules 14 to 17: payloads that break their form, or are very large. Pure."""

from __future__ import annotations

from typing import Any

from stations.emulator.quirks.base import Quirk, Said
from stations.emulator.quirks.meters import MeterQuirk
from stations.ocpp.frames import Payload

HUGE_BYTES = 70_000
ENDLESS_BYTES = 2_000_000


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
