"""The newest messages of a device as a short byte string in its own row. Pure.

A device that hears no answer sends its message again. Whether a message was stored already is
read from the row that an update reads anyway, and written with it in one transaction. As many are
kept as a socket may have unanswered, so a device that loses its connection can repeat all of them.
"""

from __future__ import annotations

KEPT = 64
SECONDS = 60
"""Message ids start again after 9,999: an older message with the same id and text is a new one."""

DIGEST_BYTES = 8
_TIME_BYTES = 4
_ENTRY = DIGEST_BYTES + _TIME_BYTES


def seen(recent: bytes, digest: bytes, seconds: int) -> bool:
    """Whether the message with this digest arrived within the last `SECONDS` before `seconds` (Unix time)."""
    # From the end: the same message may also stand there from longer ago.
    position = recent.rfind(digest)
    if position < 0 or position % _ENTRY:
        return False
    arrived = int.from_bytes(recent[position + DIGEST_BYTES : position + _ENTRY], "big")
    return abs(seconds - arrived) <= SECONDS


def remember(recent: bytes, digest: bytes, seconds: int) -> bytes:
    """`recent` with one more message, without the oldest when there are too many."""
    return (recent + digest + seconds.to_bytes(_TIME_BYTES, "big"))[-KEPT * _ENTRY :]
