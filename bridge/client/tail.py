"""The newest lines of a long text, without ever holding it in memory.

The text goes into a temporary file as it comes. Then the place where the wanted lines begin is looked for from its
end, so what is older costs one copy and one count of its line ends.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

BLOCK = 65_536


class Tail:
    """The newest lines, oldest of them first. Close it, or use it as a context manager: its file goes then.

    `kept` lines are in it, of `seen` in what was read; `cut` of those kept were longer than `max_line` and have lost
    their ends. `truncated`: the source had more than `max_bytes`, the rest was not read, so these are the newest lines
    of its beginning, and the last one may be a part. `size` is the number of bytes read.

    Iterating gives texts without line ends (`\\n` or `\\r\\n`); what is not UTF-8 becomes U+FFFD. It may be done
    again and again, but only by one iterator at a time. Memory: one line and one block.
    """

    def __init__(self, file: IO[bytes], *, start: int, seen: int, max_line: int, size: int, truncated: bool) -> None:
        self._file = file
        self._start = start
        self._max_line = max_line
        self.seen = seen
        self.size = size
        self.truncated = truncated
        self.kept = self.cut = 0
        for _, is_cut in self._lines():
            self.kept += 1
            self.cut += is_cut

    def __iter__(self) -> Iterator[str]:
        return (line.decode("utf-8", "replace") for line, _ in self._lines())

    def __len__(self) -> int:
        return self.kept

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def _lines(self) -> Iterator[tuple[bytes, bool]]:
        """Each line as it is handed out, and whether it is cut."""
        self._file.seek(self._start)
        longest = self._max_line + 2  # with \r\n; a piece as long without them is a line that is too long
        while piece := self._file.readline(longest):
            text = _without_end(piece)
            while piece and not piece.endswith(b"\n"):
                piece = self._file.readline(BLOCK)
            yield text[: self._max_line], len(text) > self._max_line


def newest_lines(
    chunks: Iterable[bytes], *, lines: int, max_line: int, max_bytes: int, directory: Path | None = None
) -> Tail:
    """The newest `lines` lines of at most `max_bytes` bytes of the text, each cut at `max_line` bytes.

    The file stands in `directory` (None: where the system keeps temporary files), without a name where the system can
    do that, so that it is gone with the process. `OSError` where it cannot be written; whatever `chunks` raises goes
    on to the caller. In both cases no file remains.
    """
    if lines < 0 or max_line < 1 or max_bytes < 0:
        raise ValueError("lines and max_bytes are not negative, max_line is positive.")
    file = tempfile.TemporaryFile(dir=directory, prefix="noc-bridge-", buffering=BLOCK)  # noqa: SIM115
    try:
        ends, size, truncated = _fill(file, chunks, max_bytes)
        has_open_end = bool(size) and _read(file, size - 1, 1) != b"\n"
        seen = ends + has_open_end
        # The newest lines begin after this line end, counted from 0 at the beginning.
        start = _after_end(file, size, lines + (not has_open_end)) if lines < seen else 0
        return Tail(file, start=start, seen=seen, max_line=max_line, size=size, truncated=truncated)
    except BaseException:
        file.close()
        raise


def _fill(file: IO[bytes], chunks: Iterable[bytes], max_bytes: int) -> tuple[int, int, bool]:
    """Number of line ends, number of bytes, and whether there were more."""
    ends = size = 0
    for chunk in chunks:
        room = max_bytes - size
        piece = chunk if len(chunk) <= room else chunk[:room]
        file.write(piece)
        ends += piece.count(b"\n")
        size += len(piece)
        if len(chunk) > room:
            return ends, size, True
    return ends, size, False


def _after_end(file: IO[bytes], size: int, count: int) -> int:
    """The place after the line end that is the `count`th from the end of the file; `size` where `count` is 0."""
    place = size
    while count > 0:
        begin = max(0, place - BLOCK)
        block = _read(file, begin, place - begin)
        found = block.count(b"\n")
        if found < count:
            count, place = count - found, begin
            continue
        end = len(block)
        for _ in range(count):
            end = block.rfind(b"\n", 0, end)
        return begin + end + 1
    return place


def _read(file: IO[bytes], place: int, length: int) -> bytes:
    file.seek(place, os.SEEK_SET)
    return file.read(length)


def _without_end(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")
