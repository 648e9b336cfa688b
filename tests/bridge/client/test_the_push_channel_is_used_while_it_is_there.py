"""Events and commands over the push channel, and over the polling wire where there is none."""

from __future__ import annotations

import itertools
import threading
import time

import orjson

from bridge import push, wire
from bridge.client.cms import VERSION
from tests.bridge.client.counterparts import NAME, STATE
from tests.bridge.client.support import BridgeCase, get, put
from tests.bridge.client.web import Answer, Request
from tests.waiting import eventually


class PushTests(BridgeCase):
    def pushing(self, **changes: object) -> None:
        self.cms.pushes = True
        self.start(push=True, **changes)
        eventually(lambda: bool(self.cms.live) and bool(self.hardware.live) and bool(self.cms.feeds))
        eventually(lambda: self.status["connections"]["push"] == "connected")

    def test_an_event_and_the_state_beside_it_travel_in_one_frame(self) -> None:
        self.pushing()
        begun = time.monotonic()
        self.hardware.emit(type="alert", outlet="1", number=1)
        eventually(lambda: bool(self.cms.pushed(push.EVENT)))
        self.assertLess(time.monotonic() - begun, 1)
        frame = self.cms.pushed(push.EVENT)[0]
        self.assertEqual(frame.charger_id, NAME)
        self.assertEqual(frame.payload["event"], {"type": "alert", "outlet": "1", "number": 1})
        self.assertEqual(frame.payload["state"], STATE.decode())
        eventually(lambda: bool(self.cms.logs))
        self.assertEqual(self.cms.logs[0]["SessionID"], 1)
        self.assertEqual(self.cms.called(wire.LOG_EVENT) + self.cms.called(wire.POST_STATE), [])

    def test_a_command_and_its_answer_take_less_than_a_second(self) -> None:
        self.hardware.routes["/version"] = lambda request: Answer(200, b'{"version": 7}')
        self.pushing()
        begun = time.monotonic()
        self.cms.command(get(1))
        eventually(lambda: bool(self.cms.answers))
        self.assertLess(time.monotonic() - begun, 1)
        self.assertEqual(self.cms.answers, [(1, {"version": 7}, "200")])
        self.assertEqual(self.cms.called(wire.UPDATE_EXECUTION), [])

    def test_an_answer_that_is_too_long_for_a_frame_goes_over_http(self) -> None:
        self.pushing()
        self.cms.command(get(1, "/ocpp-client/logs/a.log", is_text_file=True))
        self.hardware.routes["/version"] = lambda request: Answer(200, b"x" * 400_000)
        self.cms.command(get(2))
        eventually(lambda: len(self.cms.answers) == 2)
        numbers = {call.query["ExecutionID"] for call in self.cms.called(wire.UPDATE_EXECUTION)}
        self.assertEqual(numbers, {"1", "2"})  # text files take this way in any case

    def test_bad_commands_are_answered_and_bad_frames_survived(self) -> None:
        self.pushing()
        peer = self.cms.live[0]
        for text in ("{", "[]", '{"type": 1}', '{"type": "odd", "charger_id": "x"}'):
            peer.send(text)
        self.cms.say(peer, push.COMMAND, {"method": "GET"})
        self.cms.say(peer, push.COMMAND, {"command_id": 3, "method": "PATCH", "path": "/id"})
        self.cms.say(peer, push.ACK, {"key": "nobody waits for this"})
        eventually(lambda: bool(self.cms.answers))
        self.assertEqual(self.cms.answers[0][0], 3)
        self.assertIn("method", self.cms.answers[0][1]["Error"])
        self.assertEqual(self.cms.live, [peer])

    def test_polls_are_rare_while_it_is_open(self) -> None:
        counter = itertools.count()
        self.hardware.routes["/state"] = lambda request: Answer(200, b'{"outlet": 1, "soc": %d}' % next(counter))
        self.pushing()
        eventually(lambda: bool(self.cms.feeds))  # the first one does not wait for the channel
        feeds = len(self.cms.feeds)
        seconds = self.clock.run_until(lambda: len(self.cms.feeds) > feeds, step=5)
        self.assertGreaterEqual(seconds, 5 * 60 - 5)
        self.assertGreaterEqual(len(self.cms.pushed(push.TELEMETRY)), 8)  # one each 30 s
        self.assertEqual(self.cms.called(wire.LIVE_FEEDS, "HEAD")[1:], [])
        self.assertEqual(self.cms.pushed(push.VERSION_INFO)[0].payload, {"version": VERSION})

    def test_a_state_in_which_only_the_time_changes_is_seldom_sent(self) -> None:
        self.hardware.routes["/state"] = lambda request: Answer(
            200, orjson.dumps([{"outlet": 1, "timestamp": len(self.hardware.requests)}])
        )
        self.pushing()
        eventually(lambda: len(self.cms.pushed(push.TELEMETRY)) == 1)
        seconds = self.clock.run_until(lambda: len(self.cms.pushed(push.TELEMETRY)) == 2, step=5)
        self.assertGreaterEqual(seconds, 295)
        self.assertGreater(len(self.hardware.asked("/state")), 8)

    def test_an_event_without_acknowledgement_is_sent_again_with_its_key(self) -> None:
        self.cms.acknowledges = False
        self.pushing(max_event_state_log_lines=0)
        self.hardware.emit(type="alert", number=1)
        eventually(lambda: bool(self.cms.pushed(push.EVENT)))
        self.cms.pushes = False
        self.cms.live[0].drop()
        eventually(lambda: bool(self.cms.called(wire.LOG_EVENT)))
        key = self.cms.pushed(push.EVENT)[0].payload["key"]
        self.assertEqual(self.cms.called(wire.LOG_EVENT)[0].headers["idempotency-key"], key)
        eventually(lambda: self.status["spool_events"] == 0)
        self.assertEqual(len(self.cms.events), 1)

    def test_an_event_that_is_refused_is_dropped_and_counted(self) -> None:
        self.cms.acknowledges = False
        self.pushing()
        self.hardware.emit(type="alert", number=1)
        eventually(lambda: bool(self.cms.pushed(push.EVENT)))
        key = self.cms.pushed(push.EVENT)[0].payload["key"]
        self.cms.say(self.cms.live[0], push.REFUSED, {"key": key, "reason": "never heard of it"})
        eventually(lambda: self.status["dropped_events"] == 1)
        self.assertEqual(self.status["spool_events"], 0)

    def test_a_cms_without_it_is_polled_and_asked_again_later(self) -> None:
        self.start(push=True, max_event_state_log_lines=0)
        self.listening()
        eventually(lambda: self.status["connections"]["push"].startswith("waiting"))
        self.hardware.emit(type="alert", number=1)
        eventually(lambda: len(self.cms.events) == 1)
        self.cms.commands.append(get(1))
        self.clock.run_until(lambda: bool(self.cms.answers), step=2)
        self.cms.pushes = True
        self.clock.run_until(lambda: bool(self.cms.live), step=5)

    def test_a_break_is_bridged_by_polling_and_mended(self) -> None:
        self.pushing(max_event_state_log_lines=0)
        self.cms.pushes = False
        feeds = len(self.cms.feeds)
        self.cms.live[0].drop()
        eventually(lambda: self.status["connections"]["push"].startswith("waiting"))
        eventually(lambda: len(self.cms.feeds) > feeds)  # the poller does not wait for its slow turn
        self.cms.commands.append(put(1))
        self.cms.pushes = True
        self.clock.run_until(lambda: bool(self.cms.live), step=1)
        eventually(lambda: self.status["connections"]["push"] == "connected")
        self.hardware.emit(type="alert", number=1)
        eventually(lambda: bool(self.cms.pushed(push.EVENT)))

    def test_a_name_with_a_slash_and_the_key_stand_in_the_handshake(self) -> None:
        self.hardware.routes["/id"] = lambda request: Answer(200, b'"A/1 \xc3\xbc"\n')
        self.pushing(cms_key="secret-4711")
        peer = self.cms.live[0]
        self.assertEqual(peer.path, "/ws/A%2F1%20%C3%BC")
        self.assertEqual(peer.headers["authorization"], "Basic QS8xIMO8OnNlY3JldC00NzEx")
        self.assertEqual(
            self.cms.called(wire.LIVE_FEEDS, "POST")[0].headers["authorization"], peer.headers["authorization"]
        )

    def test_an_answer_that_is_refused_is_not_sent_again(self) -> None:
        self.cms.acknowledges = False
        self.pushing()
        self.cms.command(get(1))
        eventually(lambda: bool(self.cms.pushed(push.COMMAND_RESULT)))
        self.cms.say(self.cms.live[0], push.REFUSED, {"key": "command-1"})
        self.cms.acknowledges = True
        self.cms.command(get(2))
        eventually(lambda: [number for number, _, _ in self.cms.answers] == [1, 2])
        self.assertEqual(len(self.cms.pushed(push.COMMAND_RESULT)), 2)

    def test_a_state_that_hardware_does_not_give_in_time_follows_its_event(self) -> None:
        self.pushing(max_event_state_log_lines=0)
        arrived = threading.Event()
        self.addCleanup(arrived.set)

        def slow(request: Request) -> Answer:
            arrived.wait(4)
            return Answer(200, STATE)

        self.hardware.routes["/state"] = slow
        self.hardware.emit(type="alert", number=1)
        self.clock.run_until(lambda: bool(self.cms.pushed(push.EVENT)), step=0.1)
        self.assertIsNone(self.cms.pushed(push.EVENT)[0].payload["state"])
        arrived.set()
        eventually(lambda: self.cms.states == [(1, STATE.decode())])

    def test_a_state_that_is_too_long_for_a_frame_follows_its_event(self) -> None:
        long = orjson.dumps([{"outlet": 1, "note": "x" * 200_000}])
        self.hardware.routes["/state"] = lambda request: Answer(200, long)
        self.pushing(max_event_state_log_lines=0)
        self.hardware.emit(type="alert", number=1)
        eventually(lambda: self.cms.states == [(1, long.decode())])
        self.assertEqual(self.cms.pushed(push.TELEMETRY), [])
