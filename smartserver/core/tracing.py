"""Traces of the message path: station message → use-case → commit → broadcast. Off unless it is asked for.

With OpenTelemetry installed (`requirements-otel.txt`) and OTEL_EXPORTER_OTLP_ENDPOINT set, `active` holds what makes
the spans (`core/otel.py`); else it is None, and that is all that the path looks at.

- A `station message` begins when a frame was read and ends when its answer is ready. Its parent is the trace context in
  the headers with which the station opened its socket.
- A `use-case` is the unit of that message, run by the writer's thread; the span goes there with the unit (`carry`).
- A `commit` is a batch: in the trace of its first message, and linked to all of them.
- A `broadcast` is what the hub read and handed to browsers after one or more commits, to which it is linked.

No attribute holds an id token, a payload, or anything that is not in the tables of OCPP but the station's identity.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

MESSAGE = "station message"
USE_CASE = "use-case"
COMMIT = "commit"
BROADCAST = "broadcast"


class Span(Protocol):
    """A span that is under way (OpenTelemetry's `Span`, as far as it is used outside `core/otel.py`)."""

    def set_attribute(self, key: str, value: str) -> Any: ...

    def end(self) -> Any: ...


class Telemetry(Protocol):
    """What makes spans. Contexts and spans are opaque to everybody else."""

    def parent(self, headers: Mapping[bytes, bytes]) -> Any:
        """The context that the headers of an upgrade bring along (traceparent, tracestate)."""

    def message(self, parent: Any, *, station: str, version: str, action: str) -> Span:
        """Begin the span of a station's call."""

    def use_case(self, span: Span) -> AbstractContextManager[None]:
        """Around the unit of this message; an exception is noted."""

    def commit(self, spans: Sequence[Span], *, begun: int, units: int, failed: bool) -> Any:
        """Note a transaction that began at `begun` (ns since 1970) and ends now; its context."""

    def broadcast(self, commits: Sequence[Any], *, begun: int, topics: int, rows: int) -> None:
        """Note what was handed to browsers after these commits."""

    def shutdown(self) -> None:
        """Export what is left."""


active: Telemetry | None = None


class Carried:
    """A unit of the writer with the span of its message."""

    __slots__ = ("span", "unit")

    def __init__(self, unit: Callable[..., Any], span: Span) -> None:
        self.unit = unit
        self.span = span

    def __call__(self, batch: Any) -> Any:
        if active is None:  # it ended meanwhile
            return self.unit(batch)
        with active.use_case(self.span):
            return self.unit(batch)


def carry(unit: Callable[..., T], span: Span | None) -> Callable[..., T]:
    """The unit, with the span of its message when there is one."""
    return unit if span is None else Carried(unit, span)


def end_message(span: Span | None, outcome: str) -> None:
    """The answer is ready: `CALLRESULT`, or the code of the CALLERROR."""
    if span is not None:
        span.set_attribute("ocpp.outcome", outcome)
        span.end()


def committed(units: Sequence[Callable[..., Any]], begun: int, *, failed: bool = False) -> Any:
    """Note a transaction of these units, when any of them came with a span; its context, or None."""
    if active is None:
        return None
    spans = [unit.span for unit in units if isinstance(unit, Carried)]
    return active.commit(spans, begun=begun, units=len(units), failed=failed) if spans else None


def now() -> int:
    """The beginning of a span, in nanoseconds since 1970; 0 when nobody wants to know."""
    return 0 if active is None else time.time_ns()


def start() -> None:
    """Begin when the environment names where spans go."""
    if active is not None or not any(os.environ.get(name) for name in ENDPOINTS):
        return
    if importlib.util.find_spec("opentelemetry") is None:
        logger.warning("%s is set, but OpenTelemetry is not installed (requirements-otel.txt).", ENDPOINTS[1])
        return
    use(importlib.import_module("smartserver.core.otel").exporting())


def use(telemetry: Telemetry | None) -> None:
    global active
    active = telemetry


def stop() -> None:
    """End, and export what is left. May take seconds: not for the event loop's thread."""
    ending = active
    use(None)
    if ending is not None:
        ending.shutdown()
