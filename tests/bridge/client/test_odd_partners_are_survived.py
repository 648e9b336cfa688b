"""Hardware and CMS that say what nobody expects: a clear report, and the loop goes on."""

from __future__ import annotations

import logging
import threading

import orjson

from bridge import wire
from bridge.client import stream
from bridge.client.cms import Cms
from bridge.client.context import Context
from bridge.client.events import MAX_EVENT
from bridge.client.link import Link
from bridge.client.transport import Switchboard
from bridge.client.watch import Watch
from tests.bridge.client.counterparts import STATE
from tests.bridge.client.support import BridgeCase
from tests.bridge.client.web import Answer, Drop, Raw, Request, slowly
from tests.waiting import eventually

MISSING: dict[str, object] = {"Busy_A": False, "Evsestat_A": -1, "Pilot_A": -1, "ErrorCode_A": 0}


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


class HardwareTests(BridgeCase):
    def feed_of(self, state: Answer) -> dict[str, object]:
        """The live feed that follows such a state, and a right one after it."""
        self.hardware.routes["/state"] = lambda request: state
        self.start()
        eventually(lambda: bool(self.cms.feeds))
        first = self.cms.feeds[0]
        self.hardware.routes.clear()
        self.clock.run_until(lambda: self.cms.feeds[-1]["Busy_A"], step=10)
        return first

    def said(self) -> list[str]:
        return list(self.lines.texts)

    def setUp(self) -> None:
        super().setUp()
        self.lines = Lines()
        logger = logging.getLogger("bridge")
        logger.setLevel(logging.WARNING)
        logger.addHandler(self.lines)
        self.addCleanup(logger.removeHandler, self.lines)
        self.addCleanup(setattr, logger, "propagate", logger.propagate)
        logger.propagate = False

    def expect(self, text: str) -> None:
        self.assertTrue(any(text in line for line in self.said()), self.said())

    def test_states_that_are_none(self) -> None:
        page = Answer(200, b"<html>Bad gateway</html>", {"Content-Type": "text/html"})
        self.assertEqual(self.feed_of(page), {"Name": "CHARGER-1"} | MISSING | _b(MISSING))
        self.expect("The state is not understood: It is not JSON.")

    def test_a_failure(self) -> None:
        self.assertEqual(self.feed_of(Answer(500))["Evsestat_A"], -1)
        self.expect("No state: GET /state failed (500)")

    def test_one_outlet_that_is_no_array(self) -> None:
        first = self.feed_of(Answer(200, b'{"outlet": 1, "busy": "true", "evsestat": 4}'))
        self.assertEqual((first["Busy_A"], first["Evsestat_A"], first["Pilot_A"]), (True, 4, -1))
        self.assertEqual(self.said(), [])

    def test_missing_and_strange_fields(self) -> None:
        first = self.feed_of(Answer(200, b'[{"busy": [], "evsestat": 4}, 7, {"pilot": "x"}]'))
        self.assertEqual((first["Busy_A"], first["Evsestat_A"], first["Pilot_B"]), (False, 4, -1))
        self.expect("Outlet 1: not understood: busy")
        self.expect("Outlet 2: not understood: pilot")

    def test_states_without_end(self) -> None:
        def endless(request: Request) -> Answer:
            raise Raw([b"HTTP/1.1 200 OK\r\n\r\n["] + [b"1," * 50_000] * 20)

        self.hardware.routes["/state"] = endless
        self.start()
        eventually(lambda: bool(self.cms.feeds))
        self.expect("the answer is longer than")

    def test_an_id_that_is_a_page(self) -> None:
        self.hardware.routes["/id"] = lambda request: Answer(200, b"<html>")
        self.start()
        self.clock.run_until(lambda: len(self.hardware.asked("/id")) > 1)
        self.assertEqual(self.cms.feeds, [])
        self.hardware.routes.clear()
        self.clock.run_until(lambda: bool(self.cms.feeds))
        self.expect("No id: GET /id gave no id of a charger")

    def test_an_answer_that_trickles_ends_in_time(self) -> None:
        pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"] + [b"x"] * 1000

        def trickle(request: Request) -> Answer:
            raise Raw(slowly(pieces, 0.05, self.stop))

        self.hardware.routes["/state"] = trickle
        self.hardware.routes["/id"] = lambda request: Answer(200, b"CHARGER-1")
        before = stream.WITNESS_SECONDS
        stream.WITNESS_SECONDS = 0.3
        self.addCleanup(setattr, stream, "WITNESS_SECONDS", before)
        self.start(max_event_state_log_lines=0)
        eventually(lambda: bool(self.hardware.live))
        self.hardware.emit(type="alert", number=1)
        eventually(lambda: any("it did not end in time" in line for line in self.said()))
        eventually(lambda: len(self.cms.events) == 1 or self.status["connections"]["cms"] != "connected")

    def test_events_that_are_none_are_counted_and_odd_ones_passed_on(self) -> None:
        self.start(max_event_state_log_lines=0)
        self.listening()
        peer = self.hardware.live[0]
        for text in (
            "no JSON",
            "[1]",
            '{"type": "' + "x" * MAX_EVENT + '"}',
            '{"payload": 1}',
            '{"type": "a", "outlet": "../1"}',
        ):
            peer.send(text)
        eventually(lambda: len(self.cms.events) == 2)
        self.assertEqual(self.status["dropped_events"], 3)
        self.assertEqual(list(self.cms.events.values()), [{"payload": 1}, {"type": "a", "outlet": "../1"}])
        for text in (
            "it is not JSON",
            "it is no JSON object",
            "it is longer than",
            "type is missing",
            "outlet is no number",
        ):
            self.expect(text)

    def test_a_frame_of_gigabytes_ends_the_connection(self) -> None:
        self.start()
        self.listening()
        self.hardware.live[0].send_raw(b"\x81\x7f" + (2**40).to_bytes(8) + b"x" * 1000)
        eventually(lambda: not self.hardware.live)
        self.clock.run_until(lambda: bool(self.hardware.live))
        self.expect("the message is too long")

    def test_a_log_that_cannot_be_had_is_given_up(self) -> None:
        self.hardware.routes["/controllers/7/api/outlets/1/log/state/full"] = lambda request: Answer(404)
        self.start()
        self.listening()
        self.hardware.emit(type="alert", outlet="7")
        eventually(lambda: len(self.cms.events) == 1 and self.status["spool_events"] == 0)
        self.expect("The log beside an event is given up")


class CmsTests(BridgeCase):
    def test_answers_to_live_feeds_that_are_none(self) -> None:
        answers = [
            Answer(200, b"<html>Welcome</html>"),
            Answer(200, b'"not a command"'),
            Answer(302, b"", {"Location": "https://somewhere.else/"}),
            Answer(401),
            Answer(404),
            Answer(500),
            Answer(200, b""),
        ]

        def trouble(request: Request) -> Answer | None:
            is_feed = request.method == "POST" and request.path.endswith(wire.LIVE_FEEDS)
            return answers.pop(0) if is_feed and answers else None

        self.cms.trouble = trouble
        with self.assertLogs("bridge", "WARNING") as logged:
            self.start()
            self.clock.run_until(lambda: bool(self.cms.feeds), step=5)
        text = "\n".join(logged.output)
        for words in ("is not understood", "SERVER_URL has to be", "is CMS_KEY right?", "does not know CHARGER-1"):
            self.assertIn(words, text)
        self.assertEqual(
            {request.path for request in self.cms.requests},
            {wire.PREFIX + wire.LOG_VERSION, wire.PREFIX + wire.LIVE_FEEDS},
        )

    def test_connections_that_break(self) -> None:
        breaks = iter(range(5))

        def trouble(request: Request) -> Answer | None:
            if next(breaks, None) is not None:
                raise Drop
            return None

        self.cms.trouble = trouble
        self.start()
        self.clock.run_until(lambda: bool(self.cms.feeds), step=5)

    def test_the_round_of_a_good_day(self) -> None:
        self.start()
        self.clock.run_until(lambda: len(self.cms.feeds) == 3, step=10)
        self.assertEqual(self.cms.called(wire.LOG_VERSION)[0].query["Name"], "CHARGER-1")
        self.assertEqual(len(self.cms.called(wire.LOG_VERSION)), 1)
        feed = self.cms.feeds[0]
        self.assertEqual(
            (feed["Name"], feed["Busy_A"], feed["Evsestat_A"], feed["ErrorCode_B"]), ("CHARGER-1", True, 3, 17)
        )
        self.assertEqual(len(orjson.loads(STATE)), 2)

    def test_a_cms_that_polls_show_to_be_there_is_not_asked(self) -> None:
        chosen = self.options()
        context = Context(chosen, chosen.chargers[0], self.clock, self.traffic, Switchboard(), threading.Event())
        link = Link(context)
        watch = Watch(context, link, Cms(context, link))

        def asked_after(seconds: float) -> int:
            before = len(self.cms.requests)
            self.clock.advance(seconds)
            watch.look()
            return len(self.cms.requests) - before

        self.assertEqual([asked_after(seconds) for seconds in (0, 10, 50, 10)], [1, 0, 0, 1])
        self.cms.is_away = True
        self.assertEqual([asked_after(seconds) for seconds in (70, 10, 10)], [1, 1, 1])
        self.assertIs(link.is_up, False)
        self.cms.is_away = False
        self.assertEqual([asked_after(seconds) for seconds in (10, 10)], [1, 0])
        link.pushes(is_open=True)
        self.assertEqual(asked_after(1000), 0)


def _b(fields: dict[str, object]) -> dict[str, object]:
    return {name.replace("_A", "_B"): value for name, value in fields.items()}
