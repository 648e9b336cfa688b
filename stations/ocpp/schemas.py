"""What a payload may be: the JSON schemas of the `ocpp` package, compiled once by `jsonschema-rs`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import orjson

from stations.ocpp import errors
from stations.ocpp.frames import Payload

_FOLDERS = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}
_SUFFIXES = {"1.6": ("", "Response"), "2.0.1": ("Request", "Response"), "2.1": ("Request", "Response")}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `path` leads to the value, `keyword` is JSON schema's rule, `expected` its operand."""

    path: tuple[str | int, ...]
    keyword: str
    message: str
    expected: Any = None

    @property
    def code(self) -> str:
        return _CODES.get(self.keyword, errors.PROPERTY_VIOLATION)


_CODES = {
    "type": errors.TYPE_VIOLATION,
    "required": errors.OCCURRENCE_VIOLATION,
    "minItems": errors.OCCURRENCE_VIOLATION,
    "maxItems": errors.OCCURRENCE_VIOLATION,
    "additionalProperties": errors.FORMAT_VIOLATION,
}

_OPERANDS = {
    "type": "types",
    "enum": "options",
    "additionalProperties": "unexpected",
    "required": "property",
    "maxLength": "limit",
    "format": "format",
}


@cache
def actions(version: str) -> frozenset[str]:
    """Every action that this version of OCPP knows, in either direction."""
    folder = files("ocpp") / _FOLDERS[version] / "schemas"
    request = _SUFFIXES[version][0]
    names = {entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json")}
    return frozenset(name.removesuffix(request) for name in names if not name.endswith("Response"))


@cache
def _validator(version: str, action: str, suffix: int) -> Any:
    return jsonschema_rs.validator_for(_document(version, action, suffix))


def _document(version: str, action: str, suffix: int) -> Any:
    folder = files("ocpp") / _FOLDERS[version] / "schemas"
    name = action + _SUFFIXES[version][suffix]
    path = folder / f"{name}.json"
    if not path.is_file():
        path = folder / f"{action}.json"  # NotifyPeriodicEventStream, a SEND, has no suffix
    # Some of the files begin with a byte order mark.
    return orjson.loads(path.read_text(encoding="utf-8-sig"))


@cache
def documents(version: str, action: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The JSON schemas of a request and of its answer, to be shown; `action` is one of `actions(version)`."""
    return _document(version, action, 0), _document(version, action, 1)


def request_problems(version: str, action: str, payload: Payload) -> list[Problem]:
    """What is wrong with a request; `action` has to be one of `actions(version)`."""
    return _problems(_validator(version, action, 0), payload)


def response_problems(version: str, action: str, payload: Payload) -> list[Problem]:
    """What is wrong with an answer."""
    return _problems(_validator(version, action, 1), payload)


def _problems(validator: Any, payload: Payload) -> list[Problem]:
    if validator.is_valid(payload):
        return []
    return [_problem(error) for error in validator.iter_errors(payload)]


def _problem(error: Any) -> Problem:
    keyword = error.kind.name
    operand = _OPERANDS.get(keyword)
    expected = getattr(error.kind, operand) if operand else None
    return Problem(tuple(error.instance_path), keyword, error.message[:200], expected)
