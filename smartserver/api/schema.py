"""What the OpenAPI document says beyond what drf-spectacular finds by itself."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

Endpoint = tuple[str, str, str, Any]

TITLES = {
    400: "The input is not as it has to be; `problems` says what is wrong where.",
    401: "Who asks has not said who that is.",
    403: "The role of who asks does not allow this (or a browser's request lacks its CSRF token).",
    404: "What the address names does not exist.",
    406: "The answer has no form that the `Accept` header allows.",
    409: "This does not fit what is already there.",
    413: "The request is too large.",
    415: "The body is not JSON.",
    429: "Too many requests; `Retry-After` says when to go on.",
    503: "The database is out of reach; `Retry-After` says when to try again.",
}

CODES = {413: "too_large", 503: "unavailable"}
"""Where the code of a problem is not simply the name of its status."""

SUCCESSES = {
    200: "What was asked for.",
    201: "It is stored.",
    202: "It is stored, and has not ended yet.",
    204: "Done; there is nothing to say.",
}


def one_path_each(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Addresses answer with and without a slash at the end; the document names them without."""
    paths = {path for path, *_ in endpoints}
    return [each for each in endpoints if not (each[0].endswith("/") and each[0][:-1] in paths)]


def document_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Every operation names the errors that it can end with."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for method, operation in _operations(result):
        for status in _possible(method, operation):
            operation["responses"].setdefault(str(status), _response(status))
        for status, text in SUCCESSES.items():
            if str(status) in operation["responses"]:
                answer = operation["responses"][str(status)]
                answer["description"] = answer["description"] or text
        operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in result["paths"].values():
        yield from path.items()


def _possible(method: str, operation: dict[str, Any]) -> set[int]:
    found = {400, 401, 403, 406, 413, 415, 429, 503}  # 400, 413, 415: also for a parameter or body that there is not
    parameters = operation.get("parameters", ())
    if any(each["in"] == "path" for each in parameters):
        found.add(404)
    if method != "get":
        found |= {404, 409}
    return found


def _response(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": TITLES[status],
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": PROBLEM["example"] if status == HTTPStatus.BAD_REQUEST else _example(status),
            }
        },
    }
    if status in (429, 503):
        response["headers"] = {
            "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds.", "required": True}
        }
    return response


def _example(status: int) -> dict[str, Any]:
    code = HTTPStatus(status).name.lower() if status not in CODES else CODES[status]
    return {
        "type": f"urn:smartserver:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": TITLES[status].replace("`", ""),
        "code": code,
    }


PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457). Besides these there may be details that belong to the code.",
    "properties": {
        "type": {"type": "string", "description": "`urn:smartserver:problem:` and the code."},
        "title": {"type": "string", "description": "The meaning of the status."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, in a sentence for people."},
        "code": {"type": "string", "description": "What is wrong, in a word for programs."},
        "problems": {
            "type": "array",
            "description": "Each thing that is wrong with the input.",
            "items": {
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description": "Where: names and positions between slashes."},
                    "reason": {"type": "string"},
                },
                "required": ["path", "reason"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code"],
    "example": {
        "type": "urn:smartserver:problem:invalid_payload",
        "title": "Bad Request",
        "status": 400,
        "detail": "The payload does not fit the schema of Reset in OCPP 1.6.",
        "code": "invalid_payload",
        "problems": [{"path": "type", "reason": '"Medium" is not one of "Hard" or "Soft"'}],
    },
}


def close_requests(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Bodies have no other fields than those that are named (`fields.InputSerializer` refuses them)."""
    schemas = result["components"]["schemas"]
    waiting = [name for _, operation in _operations(result) for name in _named(operation.get("requestBody"))]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        schema = schemas[name]
        if "properties" in schema:
            schema["additionalProperties"] = False
        waiting += _named(schema)
    return result


def _named(part: Any) -> Iterator[str]:
    """The components that a part of the document refers to."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value.rsplit("/", 1)[-1]
            else:
                yield from _named(value)
    elif isinstance(part, list):
        for value in part:
            yield from _named(value)
