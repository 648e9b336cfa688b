"""Bodies that bridges send: unpacked under limits, small ones in memory, long ones on disk."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from bridge import jsontext
from bridge.wire import WireError, whole
from smartserver.core.errors import BadInput
from stations import storage
from stations.files.exchange import Exchange
from stations.files.threads import in_thread
from stations.storage import Draft, Kept, TooLarge

CHUNK = 262_144


class UnsupportedEncoding(BadInput):
    code = "unsupported_media_type"
    status = 415


async def pieces(exchange: Exchange, limit: int) -> AsyncIterator[bytes]:
    """The body without its compression; `TooLarge` beyond the limit, which is that of the unpacked body."""
    encoding = exchange.header("content-encoding").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise UnsupportedEncoding("Only gzip is unpacked here.")
    length = exchange.header("content-length")
    if length.isascii() and length.isdigit() and int(length[:20]) > limit:
        raise _too_large(limit)
    unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    received = size = 0
    async for data in exchange.body():
        received += len(data)  # which may hold nothing, packed without an end
        for piece in _unpacked(unpack, data) if unpack is not None else (data,):
            size += len(piece)
            if max(size, received) > limit:
                raise _too_large(limit)
            yield piece
        if received > limit:
            raise _too_large(limit)
    if unpack is not None and not unpack.eof:
        raise BadInput("The compressed body has no end.")


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"A body may have at most {limit} bytes here.", limit=limit)


def _unpacked(unpack: Any, data: bytes) -> Iterator[bytes]:
    """Never more than a piece at once: a few bytes may stand for gigabytes."""
    while data:
        if unpack.eof:
            raise BadInput("Something follows the compressed body.")
        try:
            piece = unpack.decompress(data, CHUNK)
        except zlib.error:
            raise BadInput("The body is not compressed as it says.") from None
        if piece:
            yield piece
        data = unpack.unused_data or unpack.unconsumed_tail


async def whole_body(exchange: Exchange, limit: int) -> bytes:
    return b"".join([piece async for piece in pieces(exchange, limit)])


async def on_disk(source: AsyncIterator[bytes], file: IO[bytes]) -> None:
    """Write the pieces of a body to a file, and go back to its beginning."""
    waiting = bytearray()
    async for piece in source:
        waiting += piece
        if len(waiting) >= CHUNK:
            await in_thread(partial(file.write, bytes(waiting)))
            waiting.clear()
    await in_thread(partial(file.write, bytes(waiting)))
    await in_thread(partial(file.seek, 0))


@contextmanager
def scratch() -> Iterator[IO[bytes]]:
    """A file that is gone when it is closed, whatever happens; beside the files that are kept, where there is room."""
    folder = Path(settings.FILES_DIR) / storage.INCOMING
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        yield file


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """A file from its beginning."""
    file.seek(0)
    return iter(partial(file.read, CHUNK), b"")


class LogBody:
    """The body of ExpertPostFullStateData, read from a file line by line."""

    def __init__(self) -> None:
        self.name = ""
        self.session_id: int | None = None
        self.lines: int | None = None

    def copy(self, source: Iterator[bytes], draft: Draft) -> None:
        """Write its lines into a draft; `WireError` when it is not of the form that it should be."""
        reader = jsontext.Reader(source)
        for field in reader.fields():
            if field == "id":
                self.name = reader.short()
            elif field == "SessionID":
                value = reader.short() if reader.next() == b'"' else reader.word()
                self.session_id = whole(value, "SessionID")
            elif field == "data":
                self._copy_lines(reader, draft)
            else:
                reader.skip()
        reader.end()
        if not self.name or self.session_id is None or self.lines is None:
            raise WireError("id, SessionID and data are needed.")

    def _copy_lines(self, reader: jsontext.Reader, draft: Draft) -> None:
        if self.lines is not None:
            raise WireError("data comes twice.")
        self.lines = 0
        waiting = bytearray()
        for _ in reader.items():
            for piece in reader.string():
                waiting += piece
                if len(waiting) >= CHUNK:
                    draft.write(bytes(waiting))
                    waiting.clear()
            waiting += b"\n"
            self.lines += 1
        draft.write(bytes(waiting))


def keep_text(text: str) -> Kept:
    """A text as a file."""
    return keep(lambda draft: draft.write(text.encode("utf-8", "replace")))


def keep(fill: Callable[[Draft], object]) -> Kept:
    """The file that `fill(draft)` writes, at its place among the files; nothing of it when that fails."""
    draft = Draft(settings.UPLOAD_MAX_BYTES)
    try:
        fill(draft)
        return draft.keep(storage.UPLOADS)
    except BaseException:
        draft.discard()
        raise
