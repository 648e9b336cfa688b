"""The CMS wire between a NOC bridge and its server, both halves. Pure.

| Call | Request | Answer |
|---|---|---|
| LogVersion | `GET ?Name=&Version=` | anything |
| LiveFeeds | `POST` JSON, one group of fields a gun | a JSON string: the next command as JSON, or none |
| LogEvent | `POST ?id=&ev=` the event as JSON | `{"Message": "<session id>"}` |
| PostStateData | `POST ?id=&SessionID=`, a JSON string with the text of /state | anything |
| ExpertPostFullStateData | `POST` JSON `{id, SessionID, data: [line, …]}` | anything |
| UpdateExecutionStatus | `POST ?ExecutionID=`, a JSON string with the hardware's answer as JSON | anything |

All of them stand under `/api/charger/`; the original client writes two slashes before `api`. `HEAD` of LiveFeeds asks
whether the server is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import orjson

PREFIX = "/api/charger/"
LOG_VERSION = "LogVersion"
LIVE_FEEDS = "LiveFeeds"
LOG_EVENT = "LogEvent"
POST_STATE = "PostStateData"
POST_FULL_STATE = "ExpertPostFullStateData"
UPDATE_EXECUTION = "UpdateExecutionStatus"

ALIVE = frozenset({200, 401, 403, 404, 405, 500})
"""Statuses of `HEAD LiveFeeds` that show a living server, whatever it thinks of the question."""

NO_COMMAND_LENGTH = 5
"""Texts of at most so many characters in the answer to LiveFeeds hold no command."""

MAX_EXECUTION_ID = 2**63 - 1
MAX_GUNS = 26
MIN_GUNS = 2  # the original's servers expect the fields of A and B

KEY_HEADER = "Idempotency-Key"
"""Names one event; the same key again is the same event. Ours alone: the original sends none."""

OUR_AGENT = "smart-server-bridge"
"""How the `User-Agent` of our bridge begins, which executes no command twice."""

STATUS_HEADER = "Hardware-Status"
"""The hardware's HTTP status beside its answer; `0` where it gave none. Ours alone."""


class WireError(ValueError):
    """What came over the wire is not understood; `str(error)` says why."""


# -- LiveFeeds ------------------------------------------------------------------------------------


class Gun(NamedTuple):
    """One outlet in a live feed. Without a value it is `False, -1, -1, 0`, which is also what a missing gun says."""

    letter: str
    busy: bool = False
    evsestat: int = -1
    pilot: int = -1
    error: int = 0


class BadFeed(WireError):
    """A live feed that is not understood, but whose charger is known by `name`."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


@dataclass(frozen=True, slots=True)
class LiveFeed:
    name: str
    guns: tuple[Gun, ...]


_FIELD = re.compile(r"(Busy|Evsestat|Pilot|ErrorCode)_([A-Z])")


def write_live_feed(feed: LiveFeed) -> bytes:
    """The body of LiveFeeds; A and B are always there."""
    known = {gun.letter: gun for gun in feed.guns}
    letters = sorted({*known, *(chr(ord("A") + place) for place in range(MIN_GUNS))})
    body: dict[str, Any] = {"Name": _encodable(feed.name)}
    for letter in letters:
        gun = known.get(letter, Gun(letter))
        body[f"Busy_{letter}"] = gun.busy
        body[f"Evsestat_{letter}"] = gun.evsestat
        body[f"Pilot_{letter}"] = gun.pilot
        body[f"ErrorCode_{letter}"] = gun.error
    return orjson.dumps(body)


def read_live_feed(body: bytes) -> LiveFeed:
    """The guns that the body names, in the order of their letters; numbers may be texts, unknown fields are ignored.

    `BadFeed` where it has a name and is wrong otherwise, `WireError` where it has none.
    """
    fields = _object(body)
    name = fields.get("Name")
    if not isinstance(name, str) or not name.strip():
        raise WireError("Name: a text is needed.")
    guns: dict[str, dict[str, Any]] = {}
    for field, value in fields.items():
        if match := _FIELD.fullmatch(field):
            guns.setdefault(match[2], {})[match[1]] = value
    try:
        return LiveFeed(name.strip(), tuple(_gun(letter, guns[letter]) for letter in sorted(guns)))
    except WireError as error:
        raise BadFeed(name.strip(), str(error)) from None


def _gun(letter: str, values: Mapping[str, Any]) -> Gun:
    return Gun(
        letter,
        _flag(values.get("Busy", False), f"Busy_{letter}"),
        whole(values.get("Evsestat", -1), f"Evsestat_{letter}"),
        whole(values.get("Pilot", -1), f"Pilot_{letter}"),
        whole(values.get("ErrorCode", 0), f"ErrorCode_{letter}"),
    )


# -- commands -------------------------------------------------------------------------------------


class Method(IntEnum):
    """`ApiTypeID` of a command."""

    GET = 1
    PUT = 2
    POST = 3
    DELETE = 4


@dataclass(frozen=True, slots=True)
class RemoteCommand:
    """One request that the server wants made to the hardware.

    `path` begins with a slash and may hold a query. `body` is None where no input is required; JSON input (`is_json`)
    is sent as application/json, anything else as application/javascript. `is_text_file`: the answer is a long text,
    of which the newest lines are wanted.
    """

    execution_id: int
    method: Method
    path: str
    is_text_file: bool = False
    body: str | None = None
    is_json: bool = True


def write_command(command: RemoteCommand | None) -> bytes:
    """The answer to LiveFeeds."""
    if command is None:
        return b'""'
    has_input = command.body is not None
    fields = {
        "ExecutionID": command.execution_id,
        "API": command.path,
        "ApiTypeID": int(command.method),
        "IsTextFile": command.is_text_file,
        "IsInputRequired": has_input,
        "InputIsJson": has_input and command.is_json,
        "Input": command.body if has_input and command.is_json else None,
        "Data": command.body if has_input and not command.is_json else None,
    }
    return orjson.dumps(orjson.dumps(fields).decode())


class BadCommand(WireError):
    """A command that cannot be carried out, but whose `execution_id` is known, so that it can be answered."""

    def __init__(self, execution_id: int, reason: str) -> None:
        super().__init__(reason)
        self.execution_id = execution_id


def read_command(body: bytes) -> RemoteCommand | None:
    """The command in the answer to LiveFeeds, None where there is none.

    `BadCommand` where it has a number and is wrong otherwise, `WireError` where not even that can be read (an HTML page
    with status 200).
    """
    text = _loads(body)
    if text is None or (isinstance(text, str) and len(text.strip()) <= NO_COMMAND_LENGTH):
        return None
    fields = _loads(text.encode()) if isinstance(text, str) else text  # some servers encode once
    if not isinstance(fields, dict):
        raise WireError("The answer to LiveFeeds holds no command.")
    number = whole(fields.get("ExecutionID"), "ExecutionID")
    if not 1 <= number <= MAX_EXECUTION_ID:
        raise WireError("ExecutionID: a positive number is needed.")
    try:
        return _command(number, fields)
    except WireError as error:
        raise BadCommand(number, str(error)) from None


def _command(number: int, fields: Mapping[str, Any]) -> RemoteCommand:
    kind = whole(fields.get("ApiTypeID"), "ApiTypeID")
    if kind not in set(Method):
        raise WireError("ApiTypeID: 1 (GET), 2 (PUT), 3 (POST) or 4 (DELETE) is needed.")
    path = fields.get("API")
    if not isinstance(path, str) or not path.strip():
        raise WireError("API: a path is needed.")
    body, is_json = None, True
    if _flag(fields.get("IsInputRequired", False), "IsInputRequired"):
        is_json = _flag(fields.get("InputIsJson", False), "InputIsJson")
        body = _input(fields.get("Input" if is_json else "Data"), is_json=is_json)
    is_text_file = _flag(fields.get("IsTextFile", False), "IsTextFile")
    return RemoteCommand(number, Method(kind), f"/{path.strip().lstrip('/')}", is_text_file, body, is_json)


def _input(value: Any, *, is_json: bool) -> str:
    if not is_json:
        if not isinstance(value, str):
            raise WireError("Data: a text is needed.")
        return value
    if not isinstance(value, str):
        return orjson.dumps(value).decode()
    _loads(value.encode(), "Input")
    return value


# -- events and states ----------------------------------------------------------------------------


def write_session_id(number: int) -> bytes:
    """The answer to LogEvent."""
    return orjson.dumps({"Message": str(number)})


def read_session_id(body: bytes) -> int:
    return whole(_object(body).get("Message"), "Message")


def write_text(text: str) -> bytes:
    """A text as a JSON string: the body of PostStateData."""
    return orjson.dumps(_encodable(text))


def read_text(body: bytes) -> str:
    value = _loads(body)
    if not isinstance(value, str):
        raise WireError("A JSON string is needed.")
    return value


def write_full_state(name: str, session_id: int, lines: Iterable[str]) -> Iterator[bytes]:
    """The body of ExpertPostFullStateData in pieces, so that no log is ever held whole."""
    yield b'{"id":' + orjson.dumps(_encodable(name)) + b',"SessionID":' + str(session_id).encode() + b',"data":['
    separator = b""
    for line in lines:
        yield separator + orjson.dumps(_encodable(line))
        separator = b","
    yield b"]}"


def write_answer(text: str) -> bytes:
    """The body of UpdateExecutionStatus: a JSON string whose content is the hardware's answer as JSON.

    An answer that is not JSON is made a JSON string first, so it is encoded twice.
    """
    if not is_json_text(text):
        text = orjson.dumps(_encodable(text)).decode()
    return orjson.dumps(text)


def write_long_answer(pieces: Iterable[str], *, is_json: bool) -> Iterator[bytes]:
    """The same of a long answer, in pieces, so that it is never held whole. `is_json`: the pieces together are JSON."""
    yield b'"' if is_json else b'"\\"'
    for piece in pieces:
        text = orjson.dumps(_encodable(piece))[1:-1]
        yield text if is_json else orjson.dumps(text.decode())[1:-1]
    yield b'"' if is_json else b'\\""'


def read_answer(body: bytes) -> Any:
    """The hardware's answer: what its JSON says, or a text."""
    text = read_text(body)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text  # some clients encode once


# -- values ---------------------------------------------------------------------------------------


def letter_of(place: int) -> str:
    """The gun's letter of the outlet in this place, counted from 0."""
    if not 0 <= place < MAX_GUNS:
        raise WireError(f"There are letters for {MAX_GUNS} outlets only.")
    return chr(ord("A") + place)


def whole(value: Any, name: str) -> int:
    """A whole number of at most 64 bits, also as a text; `WireError` else."""
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,19}\s*", value, re.ASCII):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_EXECUTION_ID:
        raise WireError(f"{name}: a whole number is needed.")
    return value


def is_json_text(text: str) -> bool:
    """Whether a text is JSON by itself."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


_FLAGS: Mapping[Any, bool] = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}


def _flag(value: Any, name: str) -> bool:
    if value is None:
        return False
    known = _FLAGS.get(value.strip().lower() if isinstance(value, str) else value) if _is_plain(value) else None
    if known is None:
        raise WireError(f"{name}: true or false is needed.")
    return known


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _encodable(text: str) -> str:
    """Without halves of surrogate pairs, which no encoding has."""
    return text.encode("utf-8", "replace").decode()


def _object(body: bytes) -> dict[str, Any]:
    value = _loads(body)
    if not isinstance(value, dict):
        raise WireError("A JSON object is needed.")
    return value


def _loads(body: bytes, name: str = "body") -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise WireError(f"{name}: not JSON ({error}).") from None
