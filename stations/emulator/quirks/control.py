"""Rules 27 to 29: how stations take being controlled. Pure."""

from __future__ import annotations

from typing import Any

from stations.emulator.quirks.base import Quirk, Regular, Reply, Said
from stations.ocpp.errors import NOT_SUPPORTED, CallError
from stations.ocpp.frames import Payload

_TRIGGERS = ("TriggerMessage", "ExtendedTriggerMessage")
_MEASURED = ("MeterValuesSampledData", "MeterValuesAlignedData", "StopTxnSampledData", "StopTxnAlignedData")


class NoBoot(Quirk):
    """It sends no BootNotification unless it is asked for one."""

    name = "no-boot"
    rules = (10, 27)

    def __init__(self) -> None:
        self._asked = False

    def says(self, said: Said) -> list[Said]:
        if said.action != "BootNotification":
            return [said]
        asked, self._asked = self._asked, False
        return [said] if asked else []

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        self._asked |= action in _TRIGGERS and payload.get("requestedMessage") == "BootNotification"
        return regular()


# -- what it can do -------------------------------------------------------------------------------


class NoConfiguration(Quirk):
    """It does not support GetConfiguration."""

    name = "no-configuration"
    rules = (28,)

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        if action == "GetConfiguration":
            return CallError(NOT_SUPPORTED, "GetConfiguration is not supported.")
        return regular()


class HiddenKeys(Quirk):
    """It knows no configuration key that it is asked for by name, although it has them."""

    name = "hidden-keys"
    rules = (28,)

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        if action == "GetConfiguration" and payload.get("key"):
            return {"configurationKey": [], "unknownKey": payload["key"]}
        return regular()


class FewMeasurands(Quirk):
    """It can report one measurand at a time, and rejects a longer list."""

    name = "few-measurands"
    rules = (28,)

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        if action == "ChangeConfiguration" and payload.get("key") in _MEASURED and "," in payload["value"]:
            return {"status": "Rejected"}
        return regular()


class OverLongValues(Quirk):
    """The values of its configuration are longer than allowed."""

    name = "over-long-values"
    rules = (28,)

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        answer = regular()
        if action != "GetConfiguration" or not isinstance(answer, dict):
            return answer
        return answer | {"configurationKey": [_lengthened(entry) for entry in answer.get("configurationKey", ())]}


def _lengthened(entry: dict[str, Any]) -> dict[str, Any]:
    value = entry.get("value")
    return entry | {"value": value.ljust(700, ",")} if isinstance(value, str) else entry


# -- what it answers ------------------------------------------------------------------------------


class RejectsProfiles(Quirk):
    """It rejects every charging profile, although it says that it can take them."""

    name = "rejects-profiles"
    rules = (29,)

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        return {"status": "Rejected"} if action == "SetChargingProfile" else regular()


class WattsOnly(Quirk):
    """It takes limits in W and rejects those in A."""

    name = "watts-only"
    rules = (29,)

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        if action == "SetChargingProfile" and _unit(payload) != "W":
            return {"status": "Rejected"}
        return regular()


def _unit(payload: Payload) -> str:
    schedule = payload["csChargingProfiles"]["chargingSchedule"]
    return str(schedule["chargingRateUnit"])


class MisspelledAnswers(Quirk):
    """It writes the status in its answers in small letters with blanks: `reboot required`."""

    name = "misspelled-answers"
    rules = (29,)

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        answer = regular()
        if not isinstance(answer, dict) or not isinstance(answer.get("status"), str):
            return answer
        words = "".join(f" {letter}" if letter.isupper() else letter for letter in answer["status"])
        return answer | {"status": words.strip().lower()}


class InventedErrors(Quirk):
    """It answers whatever it is asked with an error code of its own."""

    name = "invented-errors"
    rules = (29,)

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        return CallError("ChargerIsBusy", "Please try again later.", {"retry": 60})


QUIRKS: tuple[type[Quirk], ...] = (
    NoBoot,
    NoConfiguration,
    HiddenKeys,
    FewMeasurands,
    OverLongValues,
    RejectsProfiles,
    WattsOnly,
    MisspelledAnswers,
    InventedErrors,
)
