"""One long JSON string, decoded piece by piece as it comes. Pure.

The answers of hardware to a server are JSON strings of any length (`UpdateExecutionStatus`); a log of 70 MB is not to
be held in memory for the sake of its quotation marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bridge.wire import WireError

_SPECIAL = re.compile(rb'["\\\x00-\x1f]')
_BLANK = b" \t\r\n"
_ESCAPES = {
    b'"': b'"',
    b"\\": b"\\",
    b"/": b"/",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
}
_LONGEST = 12  # two escapes of six characters: a surrogate pair


class StringDecoder:
    """`feed` gives what is decoded so far as UTF-8, `close` says whether the string was whole."""

    def __init__(self) -> None:
        self._begun = False
        self._ended = False
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        data = self._rest + data
        self._rest = b""
        if not self._begun:
            data = data.lstrip(_BLANK)
            if not data:
                return b""
            if data[:1] != b'"':
                raise WireError("A JSON string is needed.")
            self._begun, data = True, data[1:]
        if self._ended:
            return self._after(data)
        return self._decode(data)

    def close(self) -> None:
        if not self._ended:
            raise WireError("The JSON string has no end.")

    def _after(self, data: bytes) -> bytes:
        if data.strip(_BLANK):
            raise WireError("Something follows the JSON string.")
        return b""

    def _decode(self, data: bytes) -> bytes:
        found, place = [], 0
        while (match := _SPECIAL.search(data, place)) is not None:
            found.append(data[place : match.start()])
            place = match.start()
            if data[place : place + 1] == b'"':
                self._ended = True
                self._after(data[place + 1 :])
                return b"".join(found)
            if data[place : place + 1] != b"\\":
                raise WireError("A control character stands in a JSON string.")
            decoded, length = _escape(data[place : place + _LONGEST])
            if not length:  # its end is in the next piece
                self._rest = data[place:]
                return b"".join(found)
            found.append(decoded)
            place += length
        found.append(data[place:])
        return b"".join(found)


def _escape(text: bytes) -> tuple[bytes, int]:
    """What an escape at the beginning of `text` stands for, and its length; 0 when more has to come."""
    kind = text[1:2]
    if not kind:
        return b"", 0
    if kind != b"u":
        if kind not in _ESCAPES:
            raise WireError("There is an unknown escape in the JSON string.")
        return _ESCAPES[kind], 2
    unit = _unit(text)
    if unit is None:
        return b"", 0
    if not 0xD800 <= unit < 0xDC00:
        return chr(unit).encode("utf-8", "replace"), 6
    if len(text) < 8 and text[6:8] in (b"", b"\\"):
        return b"", 0
    second = _unit(text[6:]) if text[6:8] == b"\\u" else 0
    if second is None:
        return b"", 0
    if not 0xDC00 <= second < 0xE000:
        return b"?", 6  # half of a pair, which no encoding has
    return chr(0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00)).encode(), 12


def _unit(text: bytes) -> int | None:
    """The number of a `\\uXXXX`; None when more has to come."""
    digits = text[2:6]
    if not re.fullmatch(rb"[0-9A-Fa-f]*", digits):
        raise WireError("There is an unknown escape in the JSON string.")
    return int(digits, 16) if len(digits) == 4 else None


def decode(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The content of a JSON string in pieces; `WireError` when it is none."""
    decoder = StringDecoder()
    for piece in pieces:
        if decoded := decoder.feed(piece):
            yield decoded
    decoder.close()
