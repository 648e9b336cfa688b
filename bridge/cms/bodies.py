"""Bodies that bridges send: unpacked under limits, small ones in memory, long ones on disk."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

import ijson
from django.conf import settings

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
    unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    size = 0
    async for data in exchange.body():
        for piece in _unpacked(unpack, data) if unpack is not None else (data,):
            size += len(piece)
            if size > limit:
                raise TooLarge(f"A body may have at most {limit} bytes here.", limit=limit)
            yield piece
    if unpack is not None and not unpack.eof:
        raise BadInput("The compressed body has no end.")


def _unpacked(unpack: Any, data: bytes) -> Iterator[bytes]:
    """Never more than a piece at once: a few bytes may stand for gigabytes."""
    while data:
        try:
            piece = unpack.decompress(data, CHUNK)
        except zlib.error:
            raise BadInput("The body is not compressed as it says.") from None
        if piece:
            yield piece
        if unpack.eof or not (data := unpack.unconsumed_tail):
            return


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
    file.write(waiting)
    file.seek(0)


@contextmanager
def scratch() -> Iterator[IO[bytes]]:
    """A file that is gone when it is closed, whatever happens; beside the files that are kept, where there is room."""
    folder = Path(settings.FILES_DIR) / storage.INCOMING
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        yield file


class LogBody:
    """The body of ExpertPostFullStateData, read from a file line by line."""

    def __init__(self) -> None:
        self.name = ""
        self.session_id: int | None = None
        self.lines = 0

    def copy(self, source: IO[bytes], draft: Draft) -> None:
        """Write its lines into a draft; `WireError` when it is not of the form that it should be."""
        try:
            self._copy(source, draft)
        except ijson.JSONError as error:
            raise WireError(f"The body is not JSON ({error}).") from None
        if not self.name or self.session_id is None:
            raise WireError("id and SessionID are needed.")

    def _copy(self, source: IO[bytes], draft: Draft) -> None:
        waiting = bytearray()
        for prefix, event, value in ijson.parse(source):
            if prefix == "data.item":
                if event != "string":
                    raise WireError("data: an array of texts is needed.")
                waiting += value.encode("utf-8", "replace") + b"\n"
                self.lines += 1
                if len(waiting) >= CHUNK:
                    draft.write(bytes(waiting))
                    waiting.clear()
            elif prefix == "id" and event == "string":
                self.name = value
            elif prefix == "SessionID" and event in ("number", "string"):
                self.session_id = whole(int(value) if event == "number" else value, "SessionID")
        draft.write(bytes(waiting))


def keep_text(text: str) -> Kept:
    """A text as a file."""
    draft = Draft(settings.UPLOAD_MAX_BYTES)
    try:
        draft.write(text.encode("utf-8", "replace"))
        return keep(draft)
    except BaseException:
        draft.discard()
        raise


def keep(draft: Draft) -> Kept:
    """Give a draft its place among the files."""
    return draft.keep(storage.UPLOADS)
