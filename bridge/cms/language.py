"""What can be asked of a charger behind a bridge: requests to its hardware, as commands of its station."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import orjson

from bridge import paths
from bridge.cms.secrets import mask_request
from bridge.wire import Method, RemoteCommand
from stations.ocpp.frames import Payload
from stations.ocpp.schemas import Problem
from stations.services.languages import Language

NAME = "NOC"
REQUEST, LOG = "HardwareRequest", "GetLogFile"

_PATH = {"type": "string", "minLength": 2, "maxLength": paths.MAX_PATH, "pattern": "^/"}

SCHEMAS: dict[str, dict[str, Any]] = {
    REQUEST: {
        "$schema": "http://json-schema.org/draft-06/schema#",
        "title": "One request to the charger's hardware.",
        "type": "object",
        "properties": {
            "method": {"type": "string", "enum": [method.name for method in Method]},
            "path": {**_PATH, "description": "As /outlets/1/powercap; a query may follow."},
            "body": {"type": "string", "maxLength": 1_000_000, "description": "What is sent along."},
            "is_json": {"type": "boolean", "default": True, "description": "Whether the body is JSON."},
        },
        "required": ["method", "path"],
        "additionalProperties": False,
    },
    LOG: {
        "$schema": "http://json-schema.org/draft-06/schema#",
        "title": "The newest lines of one of the charger's logs, as a file.",
        "type": "object",
        "properties": {
            "path": {**_PATH, "description": "As /controllers/1/api/outlets/1/log/state/full."},
            "lines": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1_000_000,
                "description": "Fewer than the bridge's limit.",
            },
        },
        "required": ["path"],
        "additionalProperties": False,
    },
}

REPLY: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-06/schema#",
    "title": "What the hardware answered: its HTTP status, and its answer or the job that has it as a file.",
    "type": "object",
    "properties": {
        "status": {"type": "string"},
        "body": {},
        "job": {"type": "integer"},
        "size": {"type": "integer"},
    },
    "required": ["status"],
    "additionalProperties": False,
}

_VALIDATORS = {action: jsonschema_rs.validator_for(schema) for action, schema in SCHEMAS.items()}


def problems(action: str, payload: Payload) -> list[Problem]:
    """What is wrong with a command: by its schema, then by the list of allowed paths, then in its body."""
    found = [
        Problem(tuple(error.instance_path), "", error.message) for error in _VALIDATORS[action].iter_errors(payload)
    ]
    if found:
        return found
    method = Method[payload.get("method", Method.GET.name)]
    try:
        paths.check(method, payload["path"], powerful=True)
    except paths.NotAllowed as error:
        return [Problem(("path",), "", str(error))]
    if payload.get("is_json", True) and "body" in payload:
        try:
            orjson.loads(payload["body"])
        except orjson.JSONDecodeError:
            return [Problem(("body",), "", "It is not JSON; say so with is_json: false.")]
    return []


def remote_command(number: int, action: str, payload: Payload) -> RemoteCommand:
    """The command as it goes over either wire. Only our bridge understands how many lines are asked for."""
    if action == LOG:
        body = f'{{"lines":{payload["lines"]}}}' if "lines" in payload else None
        return RemoteCommand(number, Method.GET, payload["path"], is_text_file=True, body=body)
    return RemoteCommand(
        number,
        Method[payload["method"]],
        payload["path"],
        body=payload.get("body"),
        is_json=payload.get("is_json", True),
    )


def may_repeat(action: str, payload: Payload) -> bool:
    """Reading has no second effect."""
    return action == LOG or payload.get("method") == Method.GET.name


def of_administrators(action: str, payload: Payload) -> bool:
    """What runs code on the charger, and what sets passwords there. The payload has not been checked yet."""
    path = payload.get("path") if isinstance(payload, dict) else None
    if not isinstance(path, str):
        return False
    return paths.is_powerful(path) or (action == REQUEST and mask_request(payload) != payload)


LANGUAGE = Language(
    name=NAME,
    title="chargers behind a NOC bridge",
    actions=frozenset(SCHEMAS),
    problems=problems,
    documents=lambda action: (SCHEMAS[action], REPLY),
    may_repeat=may_repeat,
    of_administrators=of_administrators,
    settles_itself=True,
)
