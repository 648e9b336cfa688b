"""Events come in order and once, whatever happens to the CMS in the meantime."""

from __future__ import annotations

import orjson

from bridge import wire
from tests.bridge.client.counterparts import KEY, STATE
from tests.bridge.client.support import BridgeCase
from tests.bridge.client.web import Answer, Drop, Raw, Request
from tests.waiting import eventually


class OutageTests(BridgeCase):
    def numbers(self) -> list[int]:
        with self.cms.lock:
            return [event["number"] for event in self.cms.events.values()]

    def test_ten_minutes_without_a_cms_and_answers_that_get_lost(self) -> None:
        """500 events in 10 minutes; afterwards every seventh answer is lost, so that its event is sent twice."""
        self.start(max_event_state_log_lines=0)
        self.listening()
        self.cms.is_away = True
        for minute in range(10):
            for number in range(minute * 50, minute * 50 + 50):
                self.hardware.emit(type="alert", outlet="1", number=number)
            self.clock.advance(60)
            eventually(lambda: self.status["spool_events"] == minute * 50 + 50)  # noqa: B023
        self.assertEqual(self.numbers(), [])
        lost: set[str] = set()

        def lose(request: Request) -> None:
            key = request.headers.get(KEY, "")
            if request.path.endswith(wire.LOG_EVENT) and key not in lost and len(self.cms.events) % 7 == 0:
                lost.add(key)
                raise Drop

        self.cms.after = lose
        before = len(self.cms.called(wire.LOG_EVENT))
        self.cms.is_away = False
        self.clock.run_until(lambda: self.status["spool_events"] == 0)
        self.assertEqual(self.numbers(), list(range(500)))
        self.assertGreater(len(lost), 60)
        self.assertEqual(len(self.cms.called(wire.LOG_EVENT)) - before - len(lost), 500)
        self.assertEqual(self.status["dropped_events"], 0)
        self.assertEqual({text for _, text in self.cms.states}, {STATE.decode()})

    def test_steps_that_were_done_are_not_done_again(self) -> None:
        """LogEvent, PostStateData, the log: a fault in one of them repeats that one."""
        failures = {wire.POST_STATE: 2, wire.POST_FULL_STATE: 2}

        def trouble(request: Request) -> Answer | None:
            call = request.path.removeprefix(wire.PREFIX)
            if failures.get(call):
                failures[call] -= 1
                return Answer(503)
            return None

        self.cms.trouble = trouble
        self.start()
        self.listening()
        self.hardware.emit(type="session_start", outlet="2", payload={"session": "a"})
        self.clock.run_until(lambda: bool(self.cms.logs))
        eventually(lambda: self.status["spool_events"] == 0)
        self.assertEqual(len(self.cms.called(wire.LOG_EVENT)), 1)
        self.assertEqual(len(self.cms.called(wire.POST_STATE)), 3)
        self.assertEqual(self.cms.states, [(1, STATE.decode())])
        log = self.cms.logs[0]
        self.assertEqual((log["id"], log["SessionID"]), ("CHARGER-1", 1))
        self.assertEqual(log["data"], [f"record {number}" for number in range(1001, 2001)])
        self.assertEqual(self.hardware.asked("/controllers/2/api/outlets/1/log/state/full")[0].method, "GET")

    def test_an_event_of_a_kind_that_the_cms_does_not_know_is_dropped(self) -> None:
        self.cms.trouble = lambda request: Answer(500) if "odd" in request.query.get("ev", "") else None
        self.start(max_event_state_log_lines=0)
        self.listening()
        self.hardware.emit(type="odd", number=1)
        self.hardware.emit(type="alert", number=2)
        eventually(lambda: self.numbers() == [2])
        self.assertEqual(self.status["dropped_events"], 1)

    def test_a_500_of_a_cms_that_is_going_down_is_an_outage(self) -> None:
        is_down = True

        def trouble(request: Request) -> Answer | None:
            if not is_down:
                return None
            if request.path.endswith(wire.LOG_EVENT):
                return Answer(500)
            return Answer(503) if request.method == "HEAD" else None

        self.start(max_event_state_log_lines=0)
        self.listening()
        self.cms.trouble = trouble
        self.hardware.emit(type="alert", number=1)
        eventually(lambda: bool(self.cms.called(wire.LOG_EVENT)) and self.status["connections"]["cms"] == "away")
        is_down = False
        self.clock.run_until(lambda: self.numbers() == [1])
        self.assertEqual(self.status["dropped_events"], 0)

    def test_a_page_in_the_place_of_an_answer_is_no_answer(self) -> None:
        """A portal between us and the CMS answers everything with 200 and a page."""
        is_captured = True
        page = Answer(200, b"<html>Please log in</html>")
        self.start(max_event_state_log_lines=0)
        self.listening()
        self.cms.trouble = lambda request: page if is_captured else None
        self.hardware.emit(type="alert", number=1)
        self.clock.run_until(lambda: len(self.cms.called(wire.LOG_EVENT)) > 3)
        is_captured = False
        self.clock.run_until(lambda: self.numbers() == [1])
        self.assertEqual(self.status["dropped_events"], 0)

    def test_one_event_that_the_cms_cannot_answer_does_not_hold_up_the_others(self) -> None:
        self.cms.trouble = lambda request: Answer(200, b"<html>") if "odd" in request.query.get("ev", "") else None
        self.start(max_event_state_log_lines=0)
        self.listening()
        self.hardware.emit(type="odd", number=1)
        self.hardware.emit(type="alert", number=2)
        self.clock.run_until(lambda: self.numbers() == [2])
        self.assertEqual(self.status["dropped_events"], 1)

    def test_without_a_spool_events_of_an_outage_are_discarded_and_counted(self) -> None:
        self.start(spool=False, max_event_state_log_lines=0)
        self.listening()
        self.hardware.emit(type="alert", number=1)
        eventually(lambda: self.numbers() == [1] and self.status["spool_events"] == 0)
        self.cms.is_away = True
        self.hardware.emit(type="alert", number=2)
        eventually(lambda: self.status["dropped_events"] == 1)
        self.hardware.emit(type="alert", number=3)
        eventually(lambda: self.status["dropped_events"] == 2)
        self.cms.is_away = False
        self.clock.run_until(lambda: self.status["connections"]["cms"] == "connected")
        self.hardware.emit(type="alert", number=4)
        eventually(lambda: self.numbers() == [1, 4])

    def test_events_that_wait_are_there_after_a_restart(self) -> None:
        self.start(max_event_state_log_lines=0)
        self.listening()
        self.cms.is_away = True
        for number in range(5):
            self.hardware.emit(type="alert", outlet="1", number=number)
        eventually(lambda: self.status["spool_events"] == 5)
        self.end()
        self.hardware.is_away = True  # its id is known from before
        self.cms.is_away = False
        self.start(max_event_state_log_lines=0)
        eventually(lambda: self.numbers() == [0, 1, 2, 3, 4])
        self.assertEqual({request.query["id"] for request in self.cms.called(wire.LOG_EVENT)}, {"CHARGER-1"})

    def test_an_upload_of_minutes_delays_no_event(self) -> None:
        self.cms.trouble = self._hang_at_logs
        self.start()
        self.listening()
        self.hardware.emit(type="alert", outlet="1", number=1)
        eventually(lambda: bool(self.cms.called(wire.POST_FULL_STATE)))
        self.hardware.emit(type="alert", outlet="1", number=2)
        eventually(lambda: self.numbers() == [1, 2])
        self.assertEqual(self.cms.logs, [])
        self.assertLess(self.end(), 5)
        self.assertEqual(self.exit_code, 0)

    def _hang_at_logs(self, request: Request) -> Answer | None:
        if request.path.endswith(wire.POST_FULL_STATE):
            self.stop.wait(30)
            raise Drop
        return None

    def test_logs_are_compressed_where_the_cms_says_that_it_takes_that(self) -> None:
        self.cms.extra = {"Accept-Encoding": "gzip"}
        self.start()
        self.listening()
        self.hardware.emit(type="alert", outlet="1")
        eventually(lambda: bool(self.cms.logs))
        request = self.cms.called(wire.POST_FULL_STATE)[0]
        self.assertEqual(request.headers["content-encoding"], "gzip")
        self.assertLess(len(request.body) * 3, len(orjson.dumps(self.cms.logs[0])))

    def test_an_event_that_is_refused_is_dropped(self) -> None:
        self.cms.trouble = lambda request: Answer(414) if "odd" in request.query.get("ev", "") else None
        self.start(max_event_state_log_lines=0)
        self.listening()
        self.hardware.emit(type="odd")
        self.hardware.emit(type="alert", number=1)
        eventually(lambda: self.numbers() == [1])
        self.assertEqual(self.status["dropped_events"], 1)

    def test_an_event_waits_for_a_cms_that_does_not_let_us_in(self) -> None:
        statuses = [401, 403, 404, 429]
        self.start(max_event_state_log_lines=0)
        self.listening()
        self.cms.trouble = lambda request: Answer(statuses[0]) if statuses else None
        self.hardware.emit(type="alert", number=1)
        while statuses:
            before = len(self.cms.called(wire.LOG_EVENT))
            self.clock.run_until(lambda: len(self.cms.called(wire.LOG_EVENT)) > before)  # noqa: B023
            statuses.pop(0)
        self.clock.run_until(lambda: self.numbers() == [1])

    def test_where_everything_is_answered_with_500_only_the_event_that_always_is_is_dropped(self) -> None:
        """HEAD says 500, too, so that it says nothing of the event; other requests are understood."""

        def trouble(request: Request) -> Answer | None:
            return Answer(500) if request.method == "HEAD" or "odd" in request.query.get("ev", "") else None

        self.cms.trouble = trouble
        self.start(max_event_state_log_lines=0)
        self.listening()
        self.hardware.emit(type="odd")
        self.hardware.emit(type="alert", number=1)
        self.clock.run_until(lambda: self.numbers() == [1])
        self.assertEqual(len([each for each in self.cms.called(wire.LOG_EVENT) if "odd" in each.query["ev"]]), 5)

    def test_a_state_that_is_not_taken_or_cannot_be_had_is_left_out(self) -> None:
        self.cms.trouble = lambda request: Answer(400) if request.path.endswith(wire.POST_STATE) else None
        self.start()
        self.listening()
        self.hardware.emit(type="alert", outlet="1", number=1)
        eventually(lambda: len(self.cms.logs) == 1)
        self.hardware.routes["/state"] = lambda request: Answer(200, b"<html>")
        self.hardware.emit(type="alert", outlet="1", number=2)
        eventually(lambda: len(self.cms.logs) == 2)
        self.assertEqual(len(self.cms.called(wire.POST_STATE)), 1)

    def test_a_log_that_breaks_off_is_fetched_again(self) -> None:
        breaks = [b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nrecord 1\n"] * 2

        def route(request: Request) -> Answer:
            if breaks:
                raise Raw([breaks.pop()])
            return Answer(200, b"record 1\nrecord 2\n")

        self.hardware.routes["/controllers/1/api/outlets/1/log/state/full"] = route
        self.start()
        self.listening()
        self.hardware.emit(type="alert", outlet="1")
        self.clock.run_until(lambda: bool(self.cms.logs))
        self.assertEqual(self.cms.logs[0]["data"], ["record 1", "record 2"])

    def test_a_log_that_the_cms_refuses_is_given_up(self) -> None:
        self.cms.trouble = lambda request: Answer(413) if request.path.endswith(wire.POST_FULL_STATE) else None
        self.start()
        self.listening()
        self.hardware.emit(type="alert", outlet="1")
        eventually(lambda: bool(self.cms.called(wire.POST_FULL_STATE)) and self.status["spool_events"] == 0)
        self.assertEqual(len(self.cms.called(wire.POST_FULL_STATE)), 1)
