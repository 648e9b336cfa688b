"""Logs of any size whose lines can be foretold, so that who reads them can be checked. Pure.

Every line is `LINE_BYTES` long with its line end, begins with its number from 0 upward, and ends with a check over
the rest:

    000000041 2026-01-01T00:00:41.000Z outlet=1 phs=7 pv=381.4 pc=112.60 soc=43 …………… #5a0c11f3
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

LINE_BYTES = 160
LINES_A_CHUNK = 400
MAX_LINES = 10**9 - 1

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_CHECK = 9
"""Length of `#` and eight digits."""


def line(number: int, source: str) -> str:
    """Line `number` of the log that is called `source`, without its line end."""
    if not 0 <= number <= MAX_LINES:
        raise ValueError("There is no such line.")
    moment = (_BEGIN + timedelta(seconds=number % 10**8)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    mixed = number * 2_654_435_761 % 2**32
    text = (
        f"{number:09d} {moment} {source[:40]} phs={mixed % 8 + 1} pv={300 + mixed % 2000 / 10:.1f} "
        f"pc={mixed % 20000 / 100:.2f} soc={mixed % 101} meter={10**6 + number}"
    )
    text = f"{text} ".ljust(LINE_BYTES - 1 - _CHECK, ".")
    return f"{text}#{zlib.crc32(text.encode()):08x}"


def is_whole(text: str) -> bool:
    """Whether this is a line as it was written."""
    body, mark, check = text.rpartition("#")
    return bool(mark) and f"{zlib.crc32(body.encode()):08x}" == check


def lines_of(size: int) -> int:
    """How many lines make at least this many bytes."""
    return min(MAX_LINES, -(-size // LINE_BYTES))


def chunks(count: int, source: str) -> Iterator[bytes]:
    """`count` lines in pieces."""
    for begin in range(0, count, LINES_A_CHUNK):
        end = min(count, begin + LINES_A_CHUNK)
        yield "".join([f"{line(number, source)}\n" for number in range(begin, end)]).encode()


def endless() -> Iterator[bytes]:
    """One line without an end."""
    piece = b"0123456789abcdef" * 4096
    while True:
        yield piece
