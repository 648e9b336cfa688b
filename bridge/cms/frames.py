"""Frames of the push channel as bridges send them, read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from bridge import push
from bridge.cms import meaning
from bridge.cms.meaning import Event
from bridge.wire import WireError, whole

MAX_KEY = 64
MAX_SHOWN_KEY = 1000
"""Characters of a key in a refusal."""


class Refusal(Exception):
    """A frame that can never be taken. `key` names what it was about, "" where that is not known."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Nothing but a sign of life."""


@dataclass(frozen=True, slots=True)
class Version:
    version: str


@dataclass(frozen=True, slots=True)
class Telemetry:
    """`state`: the text of /state."""

    state: str


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the hardware: itself, its text, and the text of /state beside it."""

    key: str
    event: Event
    text: str
    state: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """What the hardware answered to a command; `status` 0: nothing."""

    number: int
    status: int
    answer: Any

    @property
    def key(self) -> str:
        return f"command-{self.number}"


Frame = Heartbeat | Version | Telemetry | Happened | Result


def read(data: str | bytes, name: str) -> Frame:
    """What the bridge of the charger `name` says; `Refusal` for all that nothing can be made of."""
    try:
        envelope = push.decode(data)
    except WireError as error:
        raise Refusal("", str(error)) from None
    key = _key(envelope)
    try:
        if envelope.charger_id != name:
            raise WireError("This is the channel of another charger.")
        return _read(envelope, key)
    except WireError as error:
        raise Refusal(key, str(error)) from None


def _read(envelope: push.Envelope, key: str) -> Frame:
    payload = envelope.payload
    match envelope.type:
        case push.HEARTBEAT:
            return Heartbeat()
        case push.VERSION_INFO:
            return Version(_text(payload, "version"))
        case push.TELEMETRY:
            return Telemetry(_text(payload, "state"))
        case push.EVENT:
            return _happened(payload, key)
        case push.COMMAND_RESULT:
            number, status = whole(payload.get("command_id"), "command_id"), payload.get("status_code")
            return Result(number, whole(status, "status_code"), meaning.storable(payload.get("response")))
        case _:
            raise WireError("There is no such type.")


def _happened(payload: dict[str, Any], key: str) -> Happened:
    if not 0 < len(key) <= MAX_KEY or not key.isprintable():
        raise WireError(f"key: 1 to {MAX_KEY} printable characters are needed.")
    try:
        text = orjson.dumps(payload.get("event")).decode()
    except orjson.JSONEncodeError:
        raise WireError("event: it is nested too deeply.") from None
    state = payload.get("state")
    if not isinstance(state, str | None):
        raise WireError("state: a text or null is needed.")
    return Happened(key, meaning.read_event(text, key), text, state)


def _key(envelope: push.Envelope) -> str:
    """What an answer to this frame is about."""
    if envelope.type == push.COMMAND_RESULT:
        try:
            return f"command-{whole(envelope.payload.get('command_id'), 'command_id')}"
        except WireError:
            return ""
    key = envelope.payload.get("key")
    return key[:MAX_SHOWN_KEY] if isinstance(key, str) else ""


def _text(payload: dict[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value.strip():
        raise WireError(f"{name}: a text is needed.")
    return value
