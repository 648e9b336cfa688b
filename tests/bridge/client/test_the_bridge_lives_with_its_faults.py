"""The process as a whole: several chargers, one round, a dry run, faults of its own, its end."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from unittest.mock import patch

import orjson

from bridge import wire
from bridge.client import poller, supervisor
from bridge.client.answers import Executor
from bridge.client.charger import Charger
from bridge.client.store import Store, file_name
from bridge.client.traffic import CMS_PURPOSES
from tests.bridge.client.counterparts import Hardware
from tests.bridge.client.support import BridgeCase, get, options_of, put
from tests.bridge.client.web import Answer, Drop, Request
from tests.waiting import eventually


class LifeTests(BridgeCase):
    def test_several_chargers_do_not_wait_for_each_other(self) -> None:
        other = Hardware()
        self.addCleanup(other.close)
        other.routes["/id"] = lambda request: Answer(200, b"CHARGER-2")
        self.hardware.routes["/state"] = lambda request: self._hang()
        chosen = options_of(self.folder, self.cms, self.hardware, other, max_event_state_log_lines=0)
        self.stop = stop = threading.Event()
        thread = threading.Thread(target=supervisor.run, args=(chosen,), kwargs={"stop": stop, "clock": self.clock})
        thread.start()
        self.addCleanup(thread.join, 10)
        self.addCleanup(stop.set)
        eventually(lambda: bool(other.live) and any(feed["Name"] == "CHARGER-2" for feed in self.cms.feeds))
        other.emit(type="alert", number=2)
        eventually(lambda: len(self.cms.events) == 1)
        self.assertEqual(self.cms.called(wire.LOG_EVENT)[0].query["id"], "CHARGER-2")
        self.assertEqual([each["name"] for each in supervisor.status()["chargers"]], ["CHARGER-1", "CHARGER-2"])
        begun = time.monotonic()
        stop.set()
        thread.join(10)
        self.assertLess(time.monotonic() - begun, 5)

    def _hang(self) -> Answer:
        self.stop.wait(30)
        raise Drop

    def test_a_task_that_fails_is_told_and_begins_anew(self) -> None:
        faults = iter(range(2))

        def broken(self: object) -> float:
            if next(faults, None) is not None:
                raise ZeroDivisionError
            return usual(self)  # type: ignore[arg-type]

        usual = poller.Poller.round
        with patch.object(poller.Poller, "round", broken), self.assertLogs("bridge", "ERROR") as logged:
            self.start()
            self.clock.run_until(lambda: bool(self.cms.feeds))
        self.assertEqual(len([line for line in logged.output if "The task poller failed" in line]), 2)
        self.assertTrue(self.status["is_alive"])

    def test_bytes_are_counted_by_what_they_are_for(self) -> None:
        self.start()
        self.listening()
        self.hardware.emit(type="alert", outlet="1")
        self.cms.commands.append(get(1))
        self.clock.run_until(lambda: bool(self.cms.logs) and bool(self.cms.answers))
        both_ways = {*CMS_PURPOSES, "hardware"} - {"push", "command", "health"}
        eventually(lambda: all(min(self.traffic.snapshot()[purpose]) for purpose in both_ways))
        counted = self.traffic.snapshot()
        self.assertEqual(counted["command"][0], 0)
        self.assertGreater(counted["command"][1], len(wire.write_command(get(1))))
        self.assertGreater(counted["log"][0], sum(map(len, self.cms.logs[0]["data"])))

    def test_traffic_is_told_each_hour(self) -> None:
        with self.assertLogs("bridge", "INFO") as logged:
            self.start()
            self.listening()
            self.clock.advance(3601)
            eventually(lambda: any("sent to the CMS" in line for line in logged.output))

    def test_a_file_that_another_bridge_uses_is_an_exit_code(self) -> None:
        store = Store(self.folder / file_name("127.0.0.1", self.hardware.port))
        self.addCleanup(store.close)
        with self.assertLogs("bridge", "ERROR") as logged:
            self.start()
            eventually(lambda: self.exit_code is not None)
        self.assertEqual(self.exit_code, 1)
        self.assertIn("another bridge runs", logged.output[0])

    def test_the_end_is_quick_when_everything_hangs(self) -> None:
        def hang(request: Request) -> Answer | None:
            self.stop.wait(30)
            raise Drop

        self.cms.trouble = hang
        self.hardware.routes["/state"] = lambda request: self._hang()
        self.start()
        eventually(lambda: bool(self.cms.requests) and bool(self.hardware.asked("/state")))
        self.assertLess(self.end(), 5)
        self.assertEqual(self.exit_code, 0)


class FullDiskTests(BridgeCase):
    """SQLite's own limit of pages stands for a disk that is full: the error is the same."""

    def fill(self, store: Store, *, is_full: bool = True) -> None:
        store.rows(f"PRAGMA max_page_count = {1 if is_full else 1_000_000}")  # never fewer than there are

    def started(self) -> Store:
        stores: list[Store] = []
        usual = Charger._store

        def remember(charger: Charger, path: Path | None) -> Store:
            stores.append(usual(charger, path))
            return stores[-1]

        with patch.object(Charger, "_store", remember):
            self.start(max_event_state_log_lines=0)
            self.listening()
        return stores[0]

    def test_a_command_that_cannot_be_written_down_is_not_executed_and_told(self) -> None:
        store = self.started()
        self.fill(store)
        command = put(1, body='{"note": "' + "x" * 50_000 + '"}')
        self.cms.commands.append(command)
        self.clock.run_until(lambda: bool(self.cms.answers))
        self.assertIn("cannot write down", self.cms.answers[0][1]["Error"])
        self.assertEqual(self.hardware.asked(command.path), [])

    def test_an_answer_that_cannot_be_kept_is_reported_when_there_is_room(self) -> None:
        store = self.started()

        def execute(request: Request) -> Answer:
            self.fill(store)
            return Answer(200, orjson.dumps("x" * 50_000))

        self.hardware.routes["/version"] = execute
        self.cms.commands.append(get(1))
        with self.assertLogs("bridge", "ERROR") as logged:
            self.clock.run_until(lambda: len(self.hardware.asked("/version")) == 1)
            eventually(lambda: any("The task commands failed" in line for line in logged.output))
        self.assertEqual(self.cms.answers, [])
        self.fill(store, is_full=False)
        self.clock.run_until(lambda: bool(self.cms.answers))
        self.assertEqual(self.cms.answers, [(1, "x" * 50_000, "200")])
        self.assertEqual(len(self.hardware.asked("/version")), 1)

    def test_an_event_that_cannot_be_kept_is_counted(self) -> None:
        store = self.started()
        self.fill(store)
        self.hardware.emit(type="alert", note="x" * 100_000)
        eventually(lambda: self.status["dropped_events"] == 1)
        self.fill(store, is_full=False)
        self.hardware.emit(type="alert", number=2)
        eventually(lambda: len(self.cms.events) == 1)

    def test_a_fault_while_a_command_is_executed_is_its_answer(self) -> None:
        self.cms.commands.append(get(1))
        with (
            patch.object(Executor, "execute", side_effect=ZeroDivisionError),
            self.assertLogs("bridge", "ERROR"),
        ):
            self.start()
            self.clock.run_until(lambda: bool(self.cms.answers))
        self.assertIn("The bridge failed", self.cms.answers[0][1]["Error"])


class OneRoundTests(BridgeCase):
    def test_version_state_feed_command_answer(self) -> None:
        self.cms.commands.append(get(1))
        self.hardware.routes["/version"] = lambda request: Answer(200, b'"7"')
        self.assertEqual(self.run_once(), 0)
        self.assertEqual(len(self.cms.called(wire.LOG_VERSION)), 1)
        self.assertEqual(len(self.cms.feeds), 1)
        self.assertEqual(self.cms.answers, [(1, "7", "200")])
        self.assertEqual(self.hardware.peers, [])

    def test_it_sends_what_waits(self) -> None:
        self.start(max_event_state_log_lines=0)
        self.listening()
        self.cms.is_away = True
        self.hardware.emit(type="alert", number=1)
        eventually(lambda: self.status["spool_events"] == 1)
        self.end()
        self.cms.is_away = False
        self.assertEqual(self.run_once(), 0)
        self.assertEqual(len(self.cms.events), 1)

    def test_it_fails_where_a_partner_is_away(self) -> None:
        self.cms.is_away = True
        self.assertEqual(self.run_once(), 1)
        self.cms.is_away = False
        self.hardware.is_away = True
        self.assertEqual(self.run_once(), 1)

    def test_a_fault_of_ours_is_a_failed_round(self) -> None:
        with patch.object(Charger, "once", side_effect=ZeroDivisionError), self.assertLogs("bridge", "ERROR"):
            self.assertEqual(self.run_once(), 1)


class DryRunTests(BridgeCase):
    def test_it_shows_what_it_would_send_and_sends_nothing(self) -> None:
        with self.assertLogs("bridge", "INFO") as logged:
            self.assertEqual(self.run_once(dry_run=True), 0)
        text = "\n".join(logged.output)
        self.assertIn("LogVersion?Name=CHARGER-1", text)
        self.assertIn('It would send: {"Name":"CHARGER-1","Busy_A":true,', text)
        self.assertEqual(self.cms.requests, [])
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_it_shows_events_too(self) -> None:
        with self.assertLogs("bridge", "INFO") as logged:
            self.start(dry_run=True, push=True)
            eventually(lambda: bool(self.hardware.live))
            self.hardware.emit(type="alert", outlet="1")
            eventually(lambda: any(wire.POST_FULL_STATE in line for line in logged.output))
        self.assertEqual((self.cms.requests, self.cms.peers), ([], []))
