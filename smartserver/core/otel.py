"""Spans of `core/tracing.py` by OpenTelemetry. Imported only where it is installed and configured.

Where spans go, how many are kept and what the service is called is set by OpenTelemetry's own
environment variables (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME, …).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from smartserver import __version__
from smartserver.core import tracing

SERVICE = "smartserver"
MAX_NAME = 64
MAX_LINKS = 128

_propagator = TraceContextTextMapPropagator()


def exporting() -> OpenTelemetry:
    """Spans that go to the collector that the environment names, over OTLP/HTTP, in a thread with a bounded queue."""
    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": SERVICE}
    provider = TracerProvider(resource=Resource.create({**named, "service.version": __version__}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OpenTelemetry(provider)


class OpenTelemetry:
    """`tracing.Telemetry` by a provider of the SDK."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("smartserver", __version__)

    def parent(self, headers: Mapping[bytes, bytes]) -> Context:
        carrier = {
            name: headers[name.encode()].decode("latin-1")
            for name in ("traceparent", "tracestate")
            if name.encode() in headers
        }
        # An empty context, not the current one: nothing reaches a message but what its station sent.
        return _propagator.extract(carrier, context=Context())

    def message(self, parent: Context | None, *, station: str, version: str, action: str) -> Span:
        return self._tracer.start_span(
            tracing.MESSAGE,
            context=parent if parent is not None else Context(),
            kind=SpanKind.SERVER,
            attributes={"ocpp.station": station, "ocpp.version": version, "ocpp.action": action[:MAX_NAME]},
        )

    @contextmanager
    def use_case(self, span: Any) -> Iterator[None]:
        child = self._tracer.start_span(tracing.USE_CASE, context=set_span_in_context(span, Context()))
        try:
            yield
        except Exception as error:
            # Its class only: the text of an error may quote what a station sent.
            child.set_status(StatusCode.ERROR, type(error).__name__)
            raise
        finally:
            child.end()

    def commit(self, spans: Sequence[Any], *, begun: int, units: int, failed: bool) -> Context:
        span = self._tracer.start_span(
            tracing.COMMIT,
            context=set_span_in_context(spans[0], Context()),
            links=[Link(each.get_span_context()) for each in spans[:MAX_LINKS]],
            attributes={"batch.units": units},
            start_time=begun or None,
        )
        if failed:
            span.set_status(StatusCode.ERROR, "rolled back")
        span.end()
        return set_span_in_context(span, Context())

    def broadcast(self, commits: Sequence[Context], *, begun: int, topics: int, rows: int) -> None:
        spans = [get_current_span(context) for context in commits[:MAX_LINKS]]
        self._tracer.start_span(
            tracing.BROADCAST,
            context=commits[0],
            kind=SpanKind.PRODUCER,
            links=[Link(span.get_span_context()) for span in spans],
            attributes={"broadcast.topics": topics, "broadcast.rows": rows},
            start_time=begun or None,
        ).end(time.time_ns())

    def shutdown(self) -> None:
        self._provider.shutdown()
