"""The Range header (RFC 9110 section 14), by which an interrupted download goes on."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def requested(header: str, size: int) -> range | None:
    """The bytes that are wanted; None: all of them. An empty range cannot be satisfied.

    Several ranges, other units and nonsense mean everything, as the specification allows.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        wanted = int(last)
        return range(max(0, size - wanted), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)
