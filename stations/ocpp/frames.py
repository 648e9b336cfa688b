"""Frames of OCPP-J: text ⇄ CALL, CALLRESULT, CALLERROR, and since 2.1 CALLRESULTERROR and SEND.

    [2, id, action, payload]              CALL
    [3, id, payload]                      CALLRESULT
    [4, id, code, description, details]   CALLERROR
    [5, id, code, description, details]   CALLRESULTERROR  (2.1)
    [6, id, action, payload]              SEND, never answered  (2.1)

Decoding is tolerant unless told to be strict: every repair has a name, and the names come back
with the frame (FIELD rules on frames; OCPP-J 1.6 section 4, OCPP-J 2.1 section 4).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import orjson

from stations.ocpp import errors

Payload = dict[str, Any]

UNREADABLE_ID = "-1"
"""The id of a CALLERROR for a message whose own id cannot be read (OCPP-J 2.0.1 section 4.2.3)."""


class Call(NamedTuple):
    id: Any
    action: str
    payload: Payload


class CallResult(NamedTuple):
    id: Any
    payload: Payload


class CallErrorFrame(NamedTuple):
    id: Any
    code: str
    description: str
    details: Payload


class CallResultError(NamedTuple):
    id: Any
    code: str
    description: str
    details: Payload


class SendFrame(NamedTuple):
    id: Any
    action: str
    payload: Payload


Frame = Call | CallResult | CallErrorFrame | CallResultError | SendFrame


class Decoded(NamedTuple):
    frame: Frame
    quirks: tuple[str, ...] = ()


class FrameError(errors.CallError):
    """The text is no frame. `id` is what could be read of the message id, `is_call` whether it asks for an answer."""

    def __init__(self, code: str, description: str, *, id: Any = UNREADABLE_ID, is_call: bool = True) -> None:
        super().__init__(code, description)
        self.id = id
        self.is_call = is_call


def encode(frame: Frame) -> str:
    match frame:
        case Call(id, action, payload):
            parts: list[Any] = [2, id, action, payload]
        case CallResult(id, payload):
            parts = [3, id, payload]
        case CallErrorFrame(id, code, description, details):
            parts = [4, id, code, description, details]
        case CallResultError(id, code, description, details):
            parts = [5, id, code, description, details]
        case SendFrame(id, action, payload):  # pragma: no branch  (the last kind)
            parts = [6, id, action, payload]
    return orjson.dumps(parts).decode()


def encode_result(id: Any, payload: str) -> str:
    """A CALLRESULT whose payload is JSON text already."""
    return f"[3,{orjson.dumps(id).decode()},{payload}]"


def decode(text: str | bytes, *, strict: bool = False) -> Decoded:
    """The frame of a text, with the names of the rules that were needed to read it; else `FrameError`."""
    readable = text if isinstance(text, str) else text.decode("utf-8", "replace")
    try:
        parts: Any = orjson.loads(text)
        quirks: list[str] = []
        if "\\u0000" in readable and _holds_nul(readable):
            raise orjson.JSONDecodeError("NUL", "", 0)  # databases cannot keep it
    except orjson.JSONDecodeError as error:
        if strict:
            raise _unreadable(readable, error) from None
        parts = _load_broken(readable)
        quirks = ["broken_json"]
    if not isinstance(parts, list) or not parts:
        raise FrameError(errors.FORMAT_VIOLATION, "A message is a JSON array.")
    kind = parts[0]
    if isinstance(kind, str) and kind in _TYPES_AS_TEXT and not strict:
        kind = int(kind)
        quirks.append("message_type_as_text")
    reader = _READERS.get(kind) if isinstance(kind, int) and not isinstance(kind, bool) else None
    if reader is None:
        raise FrameError(
            errors.MESSAGE_TYPE_NOT_SUPPORTED, "The message type is none of 2 to 6.", id=_id_of(parts), is_call=True
        )
    return Decoded(reader(parts, quirks, strict), tuple(quirks))


def _id_of(parts: list[Any]) -> Any:
    return parts[1] if len(parts) > 1 and isinstance(parts[1], str | int) else UNREADABLE_ID


def _message_id(parts: list[Any], quirks: list[str], strict: bool, *, is_call: bool) -> Any:
    """The id as it was sent; a number is answered with the same number, an empty text with an empty text."""
    value = parts[1] if len(parts) > 1 else None
    if isinstance(value, str) and 0 < len(value) <= 36:
        return value
    if strict or isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > 255:
        raise FrameError(errors.FORMAT_VIOLATION, "The message id is a text of 1 to 36 characters.", is_call=is_call)
    if isinstance(value, int):
        quirks.append("message_id_as_number")
    else:
        quirks.append("message_id_length")
    return value


def _payload(parts: list[Any], position: int, quirks: list[str], strict: bool, id: Any, *, is_call: bool) -> Payload:
    value = parts[position] if len(parts) > position else None
    if isinstance(value, dict):
        return value
    if not strict and (value is None or value == [] or value == ""):
        quirks.append("payload_missing")
        return {}
    raise FrameError(errors.FORMAT_VIOLATION, "The payload is a JSON object.", id=id, is_call=is_call)


def _extra(parts: list[Any], length: int, quirks: list[str], strict: bool, id: Any, *, is_call: bool) -> None:
    if len(parts) > length:
        if strict:
            text = f"A message of this type has {length} elements."
            raise FrameError(errors.FORMAT_VIOLATION, text, id=id, is_call=is_call)
        quirks.append("frame_too_long")


def _read_action(parts: list[Any], quirks: list[str], strict: bool, *, is_call: bool) -> tuple[Any, str, Payload]:
    id = _message_id(parts, quirks, strict, is_call=is_call)
    action = parts[2] if len(parts) > 2 else None
    if not isinstance(action, str) or not action:
        raise FrameError(errors.FORMAT_VIOLATION, "The action is a text.", id=id, is_call=is_call)
    payload = _payload(parts, 3, quirks, strict, id, is_call=is_call)
    _extra(parts, 4, quirks, strict, id, is_call=is_call)
    return id, action, payload


def _read_call(parts: list[Any], quirks: list[str], strict: bool) -> Frame:
    return Call(*_read_action(parts, quirks, strict, is_call=True))


def _read_send(parts: list[Any], quirks: list[str], strict: bool) -> Frame:
    return SendFrame(*_read_action(parts, quirks, strict, is_call=False))


def _read_result(parts: list[Any], quirks: list[str], strict: bool) -> Frame:
    id = _message_id(parts, quirks, strict, is_call=False)
    payload = _payload(parts, 2, quirks, strict, id, is_call=False)
    _extra(parts, 3, quirks, strict, id, is_call=False)
    return CallResult(id, payload)


def _error_parts(parts: list[Any], quirks: list[str], strict: bool) -> tuple[Any, str, str, Payload]:
    id = _message_id(parts, quirks, strict, is_call=False)
    code = parts[2] if len(parts) > 2 and isinstance(parts[2], str) and parts[2] else errors.GENERIC_ERROR
    description = parts[3] if len(parts) > 3 and isinstance(parts[3], str) else ""
    details = parts[4] if len(parts) > 4 and isinstance(parts[4], dict) else {}
    if len(parts) != 5:
        _extra(parts, 5, quirks, strict, id, is_call=False)
    return id, code, description, details


def _read_error(parts: list[Any], quirks: list[str], strict: bool) -> Frame:
    return CallErrorFrame(*_error_parts(parts, quirks, strict))


def _read_result_error(parts: list[Any], quirks: list[str], strict: bool) -> Frame:
    return CallResultError(*_error_parts(parts, quirks, strict))


_READERS = {2: _read_call, 3: _read_result, 4: _read_error, 5: _read_result_error, 6: _read_send}
_TYPES_AS_TEXT = frozenset(str(kind) for kind in _READERS)


# -- broken JSON --------------------------------------------------------------------------------

# A text that does not end is one token too: looking for its end again and again would take for ever.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[^"]+', re.DOTALL)
_ESCAPE = re.compile(
    r"""(?P<fine>\\["\\/bfnrt])
    |(?P<nul>\\u0000)
    |(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})
    |(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})
    |(?P<code>\\u[0-9a-fA-F]{4})
    |(?P<stray>\\)""",
    re.VERBOSE,
)
_MENDED_ESCAPES = {"nul": "", "lone": r"\ufffd", "stray": r"\\"}
_CONTROL = re.compile(r"[\x00-\x1f]")
_NO_VALUE = re.compile(r":\s*(?=[,}\]])")
_EXTRA_COMMA = re.compile(r",(\s*[,}\]])")
_NOT_A_NUMBER = re.compile(r"-?\b(?:NaN|Infinity|nan|inf|undefined|None)\b")
_CALL_ID = re.compile(r'^\W*2\s*,\s*"((?:[^"\\]|\\.){0,255})"')
_ANY_ID = re.compile(r'^\W*[3-6]\s*,\s*"')


def _load_broken(text: str) -> Any:
    """Read JSON with the mistakes that chargers make; `FrameError` when that is not enough."""
    cleaned = text.strip("\x00\ufeff \t\r\n")
    mended = "".join(
        _mend_text(token) if token.startswith('"') else _mend_structure(token) for token in _TOKEN.findall(cleaned)
    )
    try:
        return orjson.loads(mended)
    except orjson.JSONDecodeError as error:
        raise _unreadable(text, error) from None


def _unreadable(text: str, error: orjson.JSONDecodeError) -> FrameError:
    is_call = not _ANY_ID.match(text)
    return FrameError(errors.FORMAT_VIOLATION, f"Not JSON: {error}", id=_guess_id(text), is_call=is_call)


def _holds_nul(text: str) -> bool:
    """Whether it is one, and not the text `u0000` after an escaped backslash."""
    return any(found.lastgroup == "nul" for found in _ESCAPE.finditer(text))


def _mend_text(token: str) -> str:
    token = _ESCAPE.sub(lambda found: _MENDED_ESCAPES.get(found.lastgroup or "", found[0]), token)
    return _CONTROL.sub(lambda found: "" if found[0] == "\x00" else f"\\u{ord(found[0]):04x}", token)


def _mend_structure(token: str) -> str:
    token = _NOT_A_NUMBER.sub("null", token)
    token = _NO_VALUE.sub(":null", token)
    while (shorter := _EXTRA_COMMA.sub(r"\1", token)) != token:
        token = shorter
    return token


def _guess_id(text: str) -> str:
    """The id of a call that cannot be read, so that its sender at least gets an answer to it."""
    found = _CALL_ID.match(text)
    return found[1] if found else UNREADABLE_ID
