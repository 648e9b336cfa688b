"""Long texts of JSON, read piece by piece as they come. Pure.

A log of 70 MB is not to be held in memory for the sake of its quotation marks. `Reader` goes through a text from its
beginning to its end; what it gives out is never longer than the pieces that it was given.

As orjson reads it, with one exception: half of a surrogate pair becomes `?`, because charger logs have some and no
encoding has. JSON is UTF-8 (RFC 8259 section 8.1): other bytes are refused, wherever they stand.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

from bridge.wire import WireError

MAX_SHORT = 2000
"""Bytes of a text that is to be short: a name, a number."""

_SPECIAL = re.compile(rb'["\\\x00-\x1f]')
_BLANKS = re.compile(rb"[ \t\r\n]*")
_WORD = re.compile(rb"[-+.0-9A-Za-z]*")
_KNOWN_WORD = re.compile(rb"true|false|null|-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
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


class Reader:
    """A place in a text of JSON. `WireError` from every method when something else stands there.

    What iterates (`string`, `items`, `fields`) has to be taken to its end before anything else is read.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._data = b""
        self._place = 0
        self._utf8 = codecs.getincrementaldecoder("utf-8")()

    def next(self) -> bytes:
        """The next byte that is not blank, which stays; nothing at the end of the text."""
        while True:
            match = _BLANKS.match(self._data, self._place)
            self._place = match.end() if match else self._place
            if self._place < len(self._data):
                return self._data[self._place : self._place + 1]
            if not self._more():
                return b""

    def string(self) -> Iterator[bytes]:
        """The content of a string as UTF-8, in pieces."""
        self._need(b'"', "A JSON string is needed.")
        while True:
            content, self._place, ended = _content(self._data, self._place)
            if content:
                yield content
            if ended:
                return
            if not self._more():
                raise WireError("The JSON string has no end.")

    def short(self) -> str:
        """The content of a string that is not long."""
        content = b""
        for piece in self.string():
            content += piece
            if len(content) > MAX_SHORT:
                raise WireError("A text is too long.")
        return content.decode()

    def word(self) -> str:
        """A number, or true, false, null."""
        self.next()
        word = b""
        while True:
            match = _WORD.match(self._data, self._place)
            word += match[0] if match else b""
            self._place = match.end() if match else self._place
            if len(word) > MAX_SHORT or self._place < len(self._data) or not self._more():
                break
        if len(word) > MAX_SHORT or not _KNOWN_WORD.fullmatch(word):
            raise WireError("The body is not JSON, or not of the form that it should have.")
        return word.decode()

    def items(self) -> Iterator[None]:
        """Once for each item of an array, which has to be read before the next turn."""
        self._need(b"[", "An array is needed.")
        if not self._take(b"]"):
            yield
            while not self._take(b"]"):
                self._need(b",", "The array has no end.")
                yield

    def fields(self) -> Iterator[str]:
        """The name of each field of an object; its value has to be read before the next turn."""
        self._need(b"{", "A JSON object is needed.")
        if not self._take(b"}"):
            yield self._name()
            while not self._take(b"}"):
                self._need(b",", "The object has no end.")
                yield self._name()

    def skip(self) -> None:
        """Any value but an array or an object."""
        if self.next() == b'"':
            for _ in self.string():
                pass
        else:
            self.word()

    def end(self) -> None:
        if self.next():
            raise WireError("Something follows the JSON text.")

    def _name(self) -> str:
        name = self.short()
        self._need(b":", "The object has a field without a value.")
        return name

    def _take(self, byte: bytes) -> bool:
        found = self.next() == byte
        self._place += found
        return found

    def _need(self, byte: bytes, reason: str) -> None:
        if not self._take(byte):
            raise WireError(reason)

    def _more(self) -> bool:
        """Have the next piece behind what is left of the one before; False when there is none."""
        piece = next((each for each in self._pieces if each), b"")
        try:
            self._utf8.decode(piece, final=not piece)
        except UnicodeDecodeError:
            raise WireError("The JSON text is not UTF-8.") from None
        self._data, self._place = self._data[self._place :] + piece, 0
        return bool(piece)


def _content(data: bytes, place: int) -> tuple[bytes, int, bool]:
    """What stands in a string from this place on, the place behind it, and whether the string ends there."""
    found = []
    while (match := _SPECIAL.search(data, place)) is not None:
        found.append(data[place : match.start()])
        place = match.start()
        if data[place : place + 1] == b'"':
            return b"".join(found), place + 1, True
        if data[place : place + 1] != b"\\":
            raise WireError("A control character stands in a JSON string.")
        decoded, length = _escape(data[place : place + _LONGEST])
        if not length:  # its end is in the next piece
            return b"".join(found), place, False
        found.append(decoded)
        place += length
    found.append(data[place:])
    return b"".join(found), len(data), False


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
        return b"?", 6
    return chr(0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00)).encode(), 12


def _unit(text: bytes) -> int | None:
    """The number of a `\\uXXXX`; None when more has to come."""
    digits = text[2:6]
    if not re.fullmatch(rb"[0-9A-Fa-f]*", digits):
        raise WireError("There is an unknown escape in the JSON string.")
    return int(digits, 16) if len(digits) == 4 else None


def decode(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The content of a text that is one JSON string, in pieces."""
    reader = Reader(pieces)
    yield from reader.string()
    reader.end()
