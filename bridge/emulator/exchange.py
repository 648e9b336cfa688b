"""Requests to the hardware and its answers, without a socket. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from bridge.emulator.hardware import Hardware

JSON, TEXT, BINARY = "application/json", "text/plain; charset=utf-8", "application/octet-stream"
MAX_BODY = 1_048_576


class Refused(Exception):
    """The hardware's own no: a status from 400 upward, and why."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Request:
    """`args` are the values of the route's groups."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    args: tuple[str, ...] = ()

    def json(self) -> Any:
        """The body, `Refused` when it is not JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise Refused(400, f"The body is not JSON ({error}).") from None

    def fields(self) -> dict[str, Any]:
        """The body as a JSON object; nothing is an empty one."""
        value = self.json() if self.body.strip() else {}
        if not isinstance(value, dict):
            raise Refused(400, "A JSON object is needed.")
        return value


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is whole, or an iterator whose pieces make `length` bytes (None: who knows). `is_log` may be endless.

    `reboots`: after this answer the charger is away for a while.
    """

    status: int = 200
    body: bytes | Iterator[bytes] = b""
    kind: str = JSON
    length: int | None = None
    is_log: bool = False
    reboots: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[["Hardware", Request], Reply]


class Route(NamedTuple):
    """`takes_image`: the body is not held, but read as an image while it comes; the request's body is its names."""

    pattern: re.Pattern[str]
    handlers: Mapping[str, Handler]
    takes_image: bool = False


def route(pattern: str, *, takes_image: bool = False, **handlers: Handler) -> Route:
    """`route("/id", GET=…)`; the pattern has to match the whole path."""
    return Route(re.compile(pattern, re.ASCII), handlers, takes_image)


def reply_json(value: Any, status: int = 200) -> Reply:
    return Reply(status, orjson.dumps(value), JSON)


def reply_text(text: str) -> Reply:
    return Reply(200, text.encode(), TEXT)


def refusal(error: Refused) -> Reply:
    return Reply(error.status, orjson.dumps({"message": str(error)}), JSON, headers=error.headers)
