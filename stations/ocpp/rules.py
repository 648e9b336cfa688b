"""The rules of `repairs.py`: each knows one way in which real payloads break their schema.

A rule gets a `Case` and says what it is called and what to do, or None when it does not apply. Its name is what is
recorded on the station; `docs/tolerance.md` lists them all.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from stations.ocpp.frames import Payload
from stations.ocpp.schemas import Problem


class Verdict(enum.Enum):
    MENDED = 1
    WAIVED = 2
    DROP = 3  # remove the value that the problem's path leads to
    DROP_PARENT = 4  # remove the object or list that holds it
    DROP_SAMPLE = 5  # remove the sampled value that it is a part of


class Case(NamedTuple):
    """A problem with what it is about: the payload, the value, and the container that holds it."""

    action: str
    problem: Problem
    payload: Payload
    parent: Any
    value: Any

    @property
    def key(self) -> Any:
        return self.problem.path[-1] if self.problem.path else None

    def replace(self, value: Any) -> Verdict:
        self.parent[self.key] = value
        return Verdict.MENDED


Rule = Callable[[Case], "tuple[str, Verdict] | None"]


_NUMBER = re.compile(r"^\s*[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d{1,2})?\s*$")


def _in_sampled_value(case: Case) -> bool:
    return "sampledValue" in case.problem.path[:-1]


def _null_value(case: Case) -> tuple[str, Verdict] | None:
    return ("null_value", Verdict.DROP) if case.value is None and case.problem.path else None


def _number_as_text(case: Case) -> tuple[str, Verdict] | None:
    expected = case.problem.expected
    if not isinstance(case.value, str) or not {"integer", "number"} & set(expected):
        return None
    if not _NUMBER.match(case.value):
        return None
    number = float(case.value.replace(",", "."))
    if "integer" in expected:
        if not number.is_integer():
            return None
        return "number_as_text", case.replace(int(number))
    return "number_as_text", case.replace(number)


def _fraction(case: Case) -> tuple[str, Verdict] | None:
    if isinstance(case.value, float) and "integer" in case.problem.expected:
        return "fraction_as_integer", case.replace(round(case.value))
    return None


def _text_as_number(case: Case) -> tuple[str, Verdict] | None:
    if "string" in case.problem.expected and isinstance(case.value, int | float) and not isinstance(case.value, bool):
        return "text_as_number", case.replace(str(case.value))
    return None


def _boolean_as_text(case: Case) -> tuple[str, Verdict] | None:
    words = {"true": True, "false": False, "1": True, "0": False}
    if "boolean" in case.problem.expected and str(case.value).lower() in words:
        return "boolean_as_text", case.replace(words[str(case.value).lower()])
    return None


def _object_instead_of_list(case: Case) -> tuple[str, Verdict] | None:
    if "array" in case.problem.expected and isinstance(case.value, dict):
        return "object_instead_of_list", case.replace([case.value])
    return None


def _bad_sampled_value(case: Case) -> tuple[str, Verdict] | None:
    """One bad value does not lose the good ones: it is dropped alone."""
    return ("bad_sampled_value", Verdict.DROP_SAMPLE) if _in_sampled_value(case) else None


def _unknown_field(case: Case) -> tuple[str, Verdict] | None:
    for name in case.problem.expected:
        del case.value[name]
    return "unknown_field", Verdict.MENDED


def _text_too_long(case: Case) -> tuple[str, Verdict] | None:
    return "text_too_long", Verdict.WAIVED


def _odd_format(case: Case) -> tuple[str, Verdict] | None:
    return "odd_timestamp", Verdict.WAIVED


def _enum_spelling(case: Case) -> tuple[str, Verdict] | None:
    folded = {_fold(option): option for option in case.problem.expected}
    option = folded.get(_fold(str(case.value)))
    return ("enum_spelling", case.replace(option)) if option else None


def _fold(text: str) -> str:
    return re.sub(r"[\s_.-]", "", text).lower()


def _unknown_in_sampled_value(case: Case) -> tuple[str, Verdict] | None:
    """An illegal measurand, unit or phase is kept as it is; only known ones are interpreted."""
    return ("unknown_measurand_or_unit", Verdict.WAIVED) if _in_sampled_value(case) else None


_STATUS_IN_2 = dict.fromkeys(("Preparing", "Charging", "SuspendedEVSE", "SuspendedEV", "Finishing"), "Occupied")
_STATUS_IN_16 = {"Occupied": "Preparing"}


def _status_of_other_version(case: Case) -> tuple[str, Verdict] | None:
    table = {"connectorStatus": _STATUS_IN_2, "status": _STATUS_IN_16}.get(str(case.key), {})
    status = table.get(str(case.value))
    return ("status_of_other_version", case.replace(status)) if status else None


def _unknown_error_code(case: Case) -> tuple[str, Verdict] | None:
    if case.action != "StatusNotification" or case.key != "errorCode":
        return None
    case.parent.setdefault("vendorErrorCode", str(case.value))
    return "unknown_error_code", case.replace("OtherError")


def _unknown_enum_value(case: Case) -> tuple[str, Verdict] | None:
    for fallback in ("Other", "Unknown"):
        if fallback in case.problem.expected:
            return "unknown_enum_value", case.replace(fallback)
    return None


DEFAULTS: dict[str, tuple[str, Any]] = {
    "chargePointVendor": ("missing_text", ""),
    "chargePointModel": ("missing_text", ""),
    "vendorName": ("missing_text", ""),
    "model": ("missing_text", ""),
    "reason": ("missing_text", "Unknown"),
    "errorCode": ("missing_error_code", "NoError"),
    "transactionId": ("missing_transaction_id", -1),
}
LATER = {"timestamp": "missing_timestamp", "meterStart": "missing_meter", "meterStop": "missing_meter"}


def _missing(case: Case) -> tuple[str, Verdict] | None:
    field = case.problem.expected
    if field in LATER:  # the receive time, or an unknown meter, stands for it
        return LATER[field], Verdict.WAIVED
    if field == "transactionId" and case.action != "StopTransaction":
        return None
    if field in DEFAULTS:
        name, default = DEFAULTS[field]
        case.value[field] = default
        return name, Verdict.MENDED
    if field == "sampledValue":
        return "bad_sampled_value", Verdict.DROP
    return _bad_sampled_value(case)


def _empty_list(case: Case) -> tuple[str, Verdict] | None:
    if case.key == "sampledValue":
        return "empty_sampled_value", Verdict.DROP_PARENT
    if case.key in ("meterValue", "transactionData"):
        return "empty_meter_value", Verdict.WAIVED
    return None


RULES: dict[str, tuple[Rule, ...]] = {
    "type": (
        _null_value,
        _number_as_text,
        _fraction,
        _text_as_number,
        _boolean_as_text,
        _object_instead_of_list,
        _bad_sampled_value,
    ),
    "additionalProperties": (_unknown_field,),
    "maxLength": (_text_too_long,),
    "format": (_odd_format,),
    "enum": (
        _enum_spelling,
        _unknown_in_sampled_value,
        _status_of_other_version,
        _unknown_error_code,
        _unknown_enum_value,
    ),
    "required": (_missing,),
    "minItems": (_empty_list,),
}
