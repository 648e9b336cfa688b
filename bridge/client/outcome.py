"""What comes of a command, and the words for what comes of none. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import orjson

from bridge.wire import write_answer

MAX_OPEN = 1000
"""Commands that may wait, for their execution or for their report; more of them are answered with a refusal, and what
goes beyond twice as many is left to the CMS."""

MAX_WAIT = 600.0
"""Seconds after which a command that could not be started any sooner is not wanted any more."""

NOT_KNOWN = 0
"""Status of an answer that the hardware did not give."""


class Answer(NamedTuple):
    """`body` is the body of UpdateExecutionStatus, or `file` holds it. `status` is the hardware's, 0: it gave none."""

    status: int
    body: bytes | None
    file: Path | None = None
    milliseconds: int = 0


def failure(status: int, error: str, body: Any = None) -> Answer:
    """The answer of something that did not work."""
    fields = {"Status": status, "Error": error, "Body": body}
    return Answer(status, write_answer(orjson.dumps(fields).decode()))


INTERRUPTED = failure(NOT_KNOWN, "The bridge was interrupted; the request may have been executed. It is not repeated.")
GONE = failure(NOT_KNOWN, "This was executed before, and is not executed again; its answer is no longer kept.")
TOO_MANY = failure(NOT_KNOWN, f"Not executed: {MAX_OPEN} commands wait already.")
TOO_OLD = failure(NOT_KNOWN, f"Not executed: it could not be started within {MAX_WAIT:.0f} s.")
