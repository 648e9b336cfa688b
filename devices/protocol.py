"""The SolMate wire format: what devices send, what they and plain browsers get. Pure.

A frame is `{"type": "INIT" | "UPDT", "message": "MMMM:SSSS:{body}"}`: message id, serial number and a
dictionary, as JSON or as Python prints it. INIT and UPDT mean the same here: store these values.

Tolerated: single quotes, colons in the body, leading underscores, numbers as text, texts as numbers.
Not tolerated: values that do not fit; then nothing of the message is stored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from devices.pyliteral import NotLiteral, parse_literal
from devices.recent import DIGEST_BYTES

Value = float | int | str | None

WELCOME = "Welcome to SMART-Server - SolMate Real-Time ObServer! - SolServerConsumer: groups ['updates']"
INIT, UPDT, INFO = "INIT", "UPDT", "INFO"

MAX_BODY = 65_536
MAX_POWER = 1e9
MAX_CAPACITY = 1e15
REPORTED = 20
"""Most names of ignored fields that a result holds; a device can send any number."""

_CAPPING = re.compile(r"([0-9]{1,10}):([A-Za-z0-9._-]{1,32}):", re.ASCII)
_SERIAL = re.compile(r"[A-Za-z0-9._-]{1,32}", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?\s*", re.ASCII)

INTERNALS = frozenset(
    (
        *("server_url", "websocket", "connected", "publish", "message_id", "message_queue", "tasks"),
        *("meassuring", "charging", "injecting"),
    )
)
"""Attributes of the device's own program that every INIT carries; ignored without a word."""


class ProtocolError(Exception):
    """A frame that is not understood; `str(error)` says why."""


class BadFrame(ProtocolError):
    """Not even message id and serial number can be read."""


class Rejected(ProtocolError):
    """It is known whose message this is, but it cannot be stored."""

    def __init__(self, message_id: str, serial: str, reason: str) -> None:
        super().__init__(f"{reason} (message {message_id} of device {serial})")
        self.message_id = message_id
        self.serial = serial
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Update:
    """A message that can be stored."""

    kind: str
    message_id: str
    serial: str
    values: dict[str, Value]
    ignored: tuple[str, ...]
    digest: bytes
    """Stands for message id and body; a retransmission has the same."""


class _Fault(Exception):
    """What is wrong with a value or a body."""


# -- values ----------------------------------------------------------------------------


def _text(limit: int) -> Callable[[object], Value]:
    def convert(value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _Fault("is not text")
        text = str(value)
        if len(text) > limit:
            raise _Fault(f"is longer than {limit} characters")
        # No database stores NUL, and half a surrogate pair has no encoding.
        if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise _Fault("holds a character that cannot be stored")
        return text

    return convert


def _to_number(value: object) -> float | int:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not (-1e300 < value < 1e300):
        raise _Fault("is not a number")
    return value


def _number(low: float, high: float, *, nullable: bool = False) -> Callable[[object], Value]:
    def convert(value: object) -> float | None:
        if value is None and nullable:
            return None
        number = _to_number(value)
        if not low <= number <= high:
            raise _Fault(f"is not between {low:g} and {high:g}")
        return float(number)

    return convert


def _whole(low: int, high: int) -> Callable[[object], Value]:
    def convert(value: object) -> int | None:
        if value is None:
            return None
        number = _to_number(value)
        if math.trunc(number) != number or not low <= number <= high:
            raise _Fault(f"is not a whole number between {low} and {high}")
        return int(number)

    return convert


FIELDS: Mapping[str, Callable[[object], Value]] = {
    "solmate_version": _text(20),
    "software_version": _text(50),
    "country": _text(50),
    "postcode": _text(20),
    "power_income": _number(-MAX_POWER, MAX_POWER),
    "power_inject": _number(-MAX_POWER, MAX_POWER),
    "power_consumption": _number(-MAX_POWER, MAX_POWER),
    "battery": _number(-MAX_POWER, MAX_POWER),
    "pv_connectors": _whole(0, 1000),
    "local_time": _text(64),
    "capacity": _number(0, MAX_CAPACITY, nullable=True),
}
"""The only fields that a device may set, whatever else it sends."""


# -- what devices send -----------------------------------------------------------------


def is_serial(text: str) -> bool:
    return _SERIAL.fullmatch(text) is not None


def parse(frame: str) -> Update:
    """The update that a frame holds. Raises `BadFrame` or `Rejected`, nothing else."""
    kind, message = _envelope(frame)
    capping = _CAPPING.match(message)
    if capping is None:
        raise BadFrame("A message reads MMMM:SSSS:{…} with message id, serial number and values.")
    message_id, serial = capping.groups()
    body = message[capping.end() :]
    try:
        values, ignored = _take(_dictionary(body), serial)
    except _Fault as fault:
        raise Rejected(message_id, serial, str(fault)) from None
    digest = blake2b(f"{message_id}:{body}".encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()
    return Update(kind, message_id, serial, values, ignored, digest)


def _envelope(frame: str) -> tuple[str, str]:
    try:
        envelope = _loads(frame)
    except ValueError:
        raise BadFrame("A frame is one JSON object.") from None
    if not isinstance(envelope, dict):
        raise BadFrame("A frame is one JSON object.")
    kind, message = envelope.get("type"), envelope.get("message")
    if kind not in (INIT, UPDT):
        raise BadFrame("A device sends frames of type INIT or UPDT.")
    if not isinstance(message, str):
        raise BadFrame("The message of a frame is a text.")
    return kind, message


def _dictionary(body: str) -> dict[Any, Any]:
    if len(body) > MAX_BODY:
        raise _Fault(f"the body is longer than {MAX_BODY} characters")
    try:
        found = _loads(body)
    except ValueError:
        raise _Fault("the body is not a dictionary") from None
    if not isinstance(found, dict):
        raise _Fault("the body is not a dictionary")
    return found


def _loads(text: str) -> object:
    """JSON, else what Python prints for the same. Raises ValueError."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return parse_literal(text)
        except NotLiteral:
            raise ValueError from None


def _take(body: dict[Any, Any], serial: str) -> tuple[dict[str, Value], tuple[str, ...]]:
    values: dict[str, Value] = {}
    ignored: list[str] = []
    for key, value in body.items():
        name = key.lstrip("_") if isinstance(key, str) else repr(key)
        convert = FIELDS.get(name)
        if convert is not None:
            try:
                values[name] = convert(value)
            except _Fault as fault:
                raise _Fault(f"{name} {fault}") from None
        elif (name != "serial_number" or value != serial) and len(ignored) < REPORTED:
            ignored.append(name[:40])
    return values, tuple(ignored)


# -- what they get ---------------------------------------------------------------------


def encode(kind: str, message: object) -> str:
    """A frame of the server."""
    return orjson.dumps({"type": kind, "message": message}).decode()


def reply(message_id: str, serial: str, *, stored: bool) -> str:
    return encode(INFO, f"{message_id}:{serial}:{'OK' if stored else 'ERROR'}")


def complaint(error: ProtocolError) -> str:
    """The answer to a frame that gets none: an ERROR when it is known whose message it was."""
    if isinstance(error, Rejected):
        return reply(error.message_id, error.serial, stored=False)
    return encode(INFO, f"ERROR: {error}")


def dump_values(values: Mapping[str, Value]) -> str:
    return orjson.dumps(values).decode()


def capped(message_id: str, serial: str, body: str) -> str:
    """`MMMM:SSSS:{body}`, the message of an UPDT frame for browsers."""
    return f"{message_id}:{serial}:{body}"


PLAIN_FIELDS = (
    "serial_number",
    "software_version",
    "country",
    "postcode",
    "manufacturing_date",
    "power_income",
    "power_inject",
    "power_consumption",
    "battery",
    "last_status_update",
    "solmate_version",
    "pv_connectors",
    "local_time",
    "owner",
)


def plain_row(key: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """A device as the rows of an INIT frame for plain browsers have it."""
    row = {name: values[name] for name in PLAIN_FIELDS}
    row["local_time"] = row["local_time"] or None
    row["statusdata_ptr"] = key
    return row
