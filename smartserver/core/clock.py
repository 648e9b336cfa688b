"""The time, from one place, so that tests can set it."""

from __future__ import annotations

import time as _time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_now: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731  (replaced as a whole by `frozen`)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _now()


def monotonic() -> float:
    """Seconds on a clock that never goes back; for time-outs."""
    return _time.monotonic()


def isoformat(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`, as OCPP and the browsers get it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Within this block `now()` is `moment`. For tests."""
    global _now
    before = _now
    _now = lambda: moment  # noqa: E731  (see above)
    try:
        yield
    finally:
        _now = before
