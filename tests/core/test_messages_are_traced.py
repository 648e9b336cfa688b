"""Traces: station message → use-case → commit → broadcast, in the trace that the station began; nothing when off."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any
from unittest import mock

from django.test import SimpleTestCase, TransactionTestCase
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from smartserver.core import tracing
from smartserver.core.batch import Batch, Unit
from smartserver.core.errors import BadInput
from smartserver.core.otel import OpenTelemetry
from smartserver.core.runtime import Runtime
from tests.collector import Collector
from tests.core.live_support import Browser, Things, hub_of
from tests.core.support import WatchedWriter, adding, failing, until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HEADERS = {b"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01".encode(), b"tracestate": b"vendor=x", b"host": b"h"}


class TracingCase(TransactionTestCase):
    def setUp(self) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.telemetry = OpenTelemetry(provider)
        tracing.use(self.telemetry)
        self.addCleanup(tracing.use, None)
        self.writer = WatchedWriter()
        self.writer.start()
        self.addCleanup(self.writer.stop)

    def message(self, unit: Unit[Any], headers: dict[bytes, bytes] = HEADERS, action: str = "BootNotification") -> Any:
        """(span, the unit that carries it), as a socket makes them."""
        parent = self.telemetry.parent(headers)
        span = self.telemetry.message(parent, station="CP1", version="1.6", action=action)
        return span, tracing.carry(unit, span)

    def spans(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def only(self, name: str) -> ReadableSpan:
        (span,) = self.spans(name)
        return span


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def links(span: ReadableSpan) -> list[int]:
    return [link.context.span_id for link in span.links]


def span_ids(spans: Sequence[ReadableSpan]) -> list[int]:
    return [span.context.span_id for span in spans]


class Path(TracingCase):
    async def test_all_of_a_message_is_in_the_trace_of_its_station(self) -> None:
        span, unit = self.message(adding("a"))
        await self.writer.run(unit)
        tracing.end_message(span, "CALLRESULT")
        message, use_case, commit = (self.only(name) for name in (tracing.MESSAGE, tracing.USE_CASE, tracing.COMMIT))
        for each in (message, use_case, commit):
            self.assertEqual(f"{each.context.trace_id:032x}", TRACE)
        assert message.parent is not None
        assert use_case.parent is not None
        assert commit.parent is not None
        self.assertEqual(f"{message.parent.span_id:016x}", "00f067aa0ba902b7")
        self.assertEqual(message.parent.trace_state.get("vendor"), "x")
        self.assertEqual((use_case.parent.span_id, commit.parent.span_id), (message.context.span_id,) * 2)
        self.assertEqual(
            attributes(message),
            {
                "ocpp.station": "CP1",
                "ocpp.version": "1.6",
                "ocpp.action": "BootNotification",
                "ocpp.outcome": "CALLRESULT",
            },
        )
        self.assertLessEqual(commit.start_time or 0, use_case.start_time or 0)
        self.assertGreaterEqual(commit.end_time or 0, use_case.end_time or 0)

    async def test_a_commit_is_linked_to_all_its_messages(self) -> None:
        pairs = [self.message(adding(name)) for name in "abc"]
        await self.writer.together(*[unit for _, unit in pairs], adding("untraced"))
        for span, _ in pairs:
            tracing.end_message(span, "CALLRESULT")
        (commit,) = [each for each in self.spans(tracing.COMMIT) if len(each.links) == 3]
        self.assertEqual(links(commit), span_ids(self.spans(tracing.MESSAGE)))
        self.assertEqual(attributes(commit), {"batch.units": 4})

    async def test_a_broadcast_is_linked_to_its_commits(self) -> None:
        things = Things()
        things[1] = 5.0
        hub = hub_of(things)
        await hub.start()
        hub.listeners.add(Browser())
        for name in "ab":
            span, unit = self.message(changing(name))
            await self.writer.run(unit)
            tracing.end_message(span, "CALLRESULT")
        for published in self.writer.published:
            hub.publish(published)
        await until(lambda: bool(self.spans(tracing.BROADCAST)))
        await hub.stop()
        broadcast, commits = self.only(tracing.BROADCAST), self.spans(tracing.COMMIT)
        self.assertEqual(links(broadcast), span_ids(commits))
        self.assertEqual(attributes(broadcast), {"broadcast.topics": 1, "broadcast.rows": 1})

    async def test_a_unit_that_fails_shows_in_its_span_without_what_was_sent(self) -> None:
        span, unit = self.message(failing(BadInput("the token DEADBEEF is bad")))
        with self.assertRaises(BadInput):
            await self.writer.run(unit)
        tracing.end_message(span, "InternalError")
        self.assertEqual(self.only(tracing.USE_CASE).status.description, "BadInput")
        commit = self.only(tracing.COMMIT)
        self.assertEqual((commit.status.status_code, commit.status.description), (StatusCode.ERROR, "rolled back"))
        exported = " ".join(span.to_json() for span in self.exporter.get_finished_spans())
        self.assertNotIn("DEADBEEF", exported)

    async def test_a_station_without_a_trace_gets_one_a_message(self) -> None:
        for headers in ({}, {b"traceparent": b"nonsense"}):
            span, unit = self.message(adding(str(headers)), headers)
            await self.writer.run(unit)
            tracing.end_message(span, "CALLRESULT")
        traces = {span.context.trace_id for span in self.spans(tracing.MESSAGE)}
        self.assertEqual(len(traces), 2)
        self.assertEqual([span.parent for span in self.spans(tracing.MESSAGE)], [None, None])

    async def test_batches_without_traced_messages_make_no_span(self) -> None:
        await self.writer.run(adding("a"))
        self.assertEqual(self.exporter.get_finished_spans(), ())

    async def test_an_invented_action_does_not_fill_the_trace(self) -> None:
        span, _ = self.message(adding("a"), action="x" * 10_000)
        tracing.end_message(span, "NotImplemented")
        self.assertEqual(len(attributes(self.only(tracing.MESSAGE))["ocpp.action"]), 64)


def changing(name: str) -> Unit[None]:
    def unit(batch: Batch) -> None:
        batch.changed("things", 1)

    return unit


class Off(TracingCase):
    def setUp(self) -> None:
        super().setUp()
        tracing.use(None)

    async def test_a_unit_goes_as_it_is(self) -> None:
        unit = adding("a")
        self.assertIs(tracing.carry(unit, None), unit)
        self.assertEqual(await self.writer.run(unit), "a")
        tracing.end_message(None, "CALLRESULT")
        self.assertEqual(self.writer.published[-1].traces, [])

    async def test_a_unit_that_carries_a_span_still_runs_when_tracing_has_ended(self) -> None:
        _, unit = self.message(adding("a"))
        self.assertEqual(await self.writer.run(unit), "a")
        self.assertEqual(self.spans(tracing.USE_CASE), [])


class Switch(SimpleTestCase):
    def tearDown(self) -> None:
        tracing.use(None)

    def start(self, **environment: str) -> None:
        with mock.patch.dict("os.environ", environment):
            tracing.start()

    def test_without_an_endpoint_it_is_off(self) -> None:
        self.start()
        self.assertIsNone(tracing.active)
        tracing.stop()

    def test_without_the_packages_it_is_off_and_says_so(self) -> None:
        with (
            mock.patch.object(importlib.util, "find_spec", return_value=None),
            self.assertLogs("smartserver.core.tracing", "WARNING"),
        ):
            self.start(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318")
        self.assertIsNone(tracing.active)

    async def test_a_process_exports_its_spans_over_otlp_until_its_end(self) -> None:
        collector = Collector()
        self.addCleanup(collector.close)
        runtime = Runtime(topics=())
        with mock.patch.dict(
            "os.environ", {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "site-7"}
        ):
            await runtime.start()
            assert tracing.active is not None
            span = tracing.active.message(None, station="CP1", version="1.6", action="Heartbeat")
            tracing.end_message(span, "CALLRESULT")
            await runtime.stop()
        self.assertIsNone(tracing.active)
        self.assertEqual(collector.paths, ["/v1/traces"])
        for text in (b"station message", b"Heartbeat", b"site-7"):
            self.assertIn(text, collector.body)
