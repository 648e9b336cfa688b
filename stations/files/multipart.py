"""multipart/form-data (RFC 7578) as a stream: the one file in it, piece by piece. Without I/O.

Other fields of the form are passed over. Everything that is not whole and clear is an error: half a file
must not pass for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import Message
from email.parser import HeaderParser

MAX_HEADERS = 16_384
"""Bytes of the headers of one part."""

MAX_PARTS = 100


class BadMultipart(ValueError):
    """The text says what is wrong."""


def boundary_of(content_type: str) -> bytes | None:
    """The boundary, when this is a form; a form without one cannot be read."""
    header = Message()
    header["Content-Type"] = content_type
    if header.get_content_type() != "multipart/form-data":
        return None
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= 200:
        raise BadMultipart("The form names no boundary.")
    return boundary.encode("latin-1", "replace")


class FormFile:
    """`feed` the body as it comes; it gives the bytes of the file. After the body `complete` has to be true."""

    def __init__(self, boundary: bytes) -> None:
        self.name = ""
        self.complete = False
        self._delimiter = b"\r\n--" + boundary
        self._buffer = bytearray(b"\r\n")  # the first delimiter may be the beginning of the body
        self._step: Callable[[], bytes | None] = self._pass_over
        self._parts = 0
        self._found = False
        self._in_file = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._buffer += data
        while (piece := self._step()) is not None:
            if piece:
                yield piece

    def _pass_over(self) -> bytes | None:
        """What stands between two delimiters: the file, another field, or the preamble. None: more is needed."""
        position = self._buffer.find(self._delimiter)
        if position < 0:
            ready = max(0, len(self._buffer) - len(self._delimiter) + 1)
            return self._take(ready) if ready else None
        piece = self._take(position)
        del self._buffer[: len(self._delimiter)]
        self._in_file = False
        self._step = self._after_delimiter
        return piece

    def _take(self, length: int) -> bytes:
        piece = bytes(self._buffer[:length]) if self._in_file else b""
        del self._buffer[:length]
        return piece

    def _after_delimiter(self) -> bytes | None:
        if self._buffer.startswith(b"--"):
            self.complete = self._found
            if not self._found:
                raise BadMultipart("The form holds no file.")
            self._step = self._ignore
            return b""
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEADERS:
                raise BadMultipart("A delimiter of the form has no end.")
            return None
        if self._buffer[:end].strip(b" \t"):
            raise BadMultipart("Something follows a delimiter of the form.")
        del self._buffer[:end]  # the line end stays: a part without headers ends them as one with headers does
        self._step = self._read_headers
        return b""

    def _read_headers(self) -> bytes | None:
        end = self._buffer.find(b"\r\n\r\n")
        if max(end, len(self._buffer) if end < 0 else 0) > MAX_HEADERS:
            raise BadMultipart("The headers of a part of the form are too long.")
        if end < 0:
            return None
        headers = HeaderParser().parsestr(bytes(self._buffer[2:end]).decode("utf-8", "replace"))
        del self._buffer[: end + 4]
        self._begin(headers)
        self._step = self._pass_over
        return b""

    def _begin(self, headers: Message) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise BadMultipart("The form has too many parts.")
        try:
            name = headers.get_filename()
        except ValueError:  # in an encoding that cannot be read (RFC 2231); UnicodeError is one
            raise BadMultipart("The name of the file cannot be read.") from None
        # A file is what has a name of its own, or is said to be something else than text.
        if name is None and headers.get_content_type() == "text/plain":
            return
        if self._found:
            raise BadMultipart("The form holds more than one file.")
        self._found = self._in_file = True
        self.name = name or ""

    def _ignore(self) -> bytes | None:
        """What follows the last delimiter means nothing."""
        self._buffer.clear()
        return None
