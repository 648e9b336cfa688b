"""LOG_PAYLOAD, FRAME_LOG_FILE, LOG_LIFECYCLE: what goes over the wire can be read afterwards, without its secrets."""

from __future__ import annotations

import json
import logging
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from django.test import SimpleTestCase, override_settings

from smartserver.core import clock, metrics, wire_log
from smartserver.core.wire_log import IN, OUT, FrameLog, lifecycle

NOON = datetime(2026, 6, 21, 12, 0, tzinfo=UTC)

BOOT = '[2,"1","BootNotification",{}]'
AUTHORIZE = '[2,"2","Authorize",{"idTag":"DEADBEEF42"}]'


class FrameCase(SimpleTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "frames" / "raw.jsonl"

    def log(self, **options: Any) -> FrameLog:
        log = FrameLog(**options)
        log.start()
        self.addCleanup(log.stop)
        return log

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def dropped(self) -> float:
        value: float = metrics.FRAMES_NOT_LOGGED._value.get()
        return value


class ToAFile(FrameCase):
    def test_each_frame_is_a_line_with_time_station_and_direction(self) -> None:
        log = self.log(path=self.path)
        with clock.frozen(NOON):
            log.note("CP1", IN, BOOT)
            log.note("CP1", OUT, '[3,"1",{}]')
            log.note("CP2", IN, b"\xff broken\n")
        self.assertTrue(log.stop())
        time = "2026-06-21T12:00:00.000Z"
        self.assertEqual(
            self.lines(),
            [
                {"time": time, "station": "CP1", "direction": "in", "text": BOOT},
                {"time": time, "station": "CP1", "direction": "out", "text": '[3,"1",{}]'},
                {"time": time, "station": "CP2", "direction": "in", "text": "� broken\n"},
            ],
        )

    def test_secrets_are_masked_and_the_file_is_its_owner_s(self) -> None:
        log = self.log(path=self.path)
        log.note("CP1", IN, AUTHORIZE)
        log.stop()
        self.assertNotIn("DEADBEEF42", self.path.read_text())
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)

    def test_it_rotates_and_keeps_so_many_files(self) -> None:
        log = self.log(path=self.path, max_bytes=1000, files=2)
        for number in range(40):
            log.note(f"CP{number}", IN, BOOT)
        log.stop()
        files = sorted(self.path.parent.iterdir())
        self.assertEqual([each.name for each in files], ["raw.jsonl", "raw.jsonl.1", "raw.jsonl.2"])
        for each in files:
            self.assertLessEqual(each.stat().st_size, 1000)
            self.assertEqual(each.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.lines()[-1]["station"], "CP39")

    def test_a_disk_that_fails_is_told_of_once_and_counted_each_time(self) -> None:
        self.path.mkdir(parents=True)  # no file can be made there
        before = self.dropped()
        log = self.log(path=self.path)
        with self.assertLogs("smartserver.core.wire_log", "ERROR") as logs:
            log.note("CP1", IN, BOOT)
            log.note("CP1", IN, BOOT)
            log.stop()
        self.assertEqual(len(logs.output), 1)
        self.assertEqual(self.dropped() - before, 2)

    def test_one_frame_that_cannot_be_written_does_not_end_it(self) -> None:
        log = self.log(path=self.path)
        with mock.patch("smartserver.core.wire_log.mask_text", side_effect=[ValueError("?"), BOOT]):
            log.note("CP1", IN, BOOT)
            log.note("CP2", IN, BOOT)
            log.stop()
        self.assertEqual([line["station"] for line in self.lines()], ["CP2"])


class Limits(FrameCase):
    def held(self, **options: Any) -> tuple[FrameLog, threading.Event]:
        """A log whose thread is held at its first frame."""
        entered, go_on = threading.Event(), threading.Event()

        def hold(text: str) -> str:
            entered.set()
            go_on.wait(10)
            return text

        patch = mock.patch("smartserver.core.wire_log.mask_text", hold)
        patch.start()
        self.addCleanup(patch.stop)
        log = self.log(path=self.path, **options)
        log.note("first", IN, BOOT)
        self.assertTrue(entered.wait(10))
        return log, go_on

    def test_more_frames_than_may_wait_are_dropped_and_counted(self) -> None:
        log, go_on = self.held(max_frames=3)
        before = self.dropped()
        for number in range(5):
            log.note(f"CP{number}", IN, BOOT)
        self.assertEqual(self.dropped() - before, 2)
        go_on.set()
        log.stop()
        self.assertEqual([line["station"] for line in self.lines()], ["first", "CP0", "CP1", "CP2"])

    def test_so_are_more_characters(self) -> None:
        log, go_on = self.held(max_characters=1000)
        before = self.dropped()
        log.note("big", IN, "x" * 999)
        log.note("too much", IN, "xx")
        log.note("just fits", IN, "x")
        self.assertEqual(self.dropped() - before, 1)
        go_on.set()
        log.stop()
        self.assertEqual([line["station"] for line in self.lines()], ["first", "big", "just fits"])

    def test_an_end_that_takes_too_long_is_said_so(self) -> None:
        log, go_on = self.held()
        self.assertFalse(log.stop(timeout=0.01))
        with (
            mock.patch.object(wire_log, "frames", log),
            mock.patch.object(log, "stop", return_value=False),
            self.assertLogs("smartserver.core.wire_log", "WARNING"),
        ):
            wire_log.stop()
        go_on.set()


class ToTheLog(FrameCase):
    def test_each_frame_is_one_line(self) -> None:
        with self.assertLogs("smartserver.frames", "INFO") as logs:
            log = self.log(to_log=True)
            log.note("CP1", IN, AUTHORIZE)
            log.note("CP1\nroot", IN, "a\r\nERROR fake \x1b[31m\u2028")
            log.note("CP1", OUT, "x" * 5000)
            log.stop()
        texts = [record.getMessage() for record in logs.records]
        self.assertEqual(texts[0], 'CP1 in [2,"2","Authorize",{"idTag":"DE…"}]')
        self.assertEqual(texts[1], "CP1\\x0aroot in a\\x0d\\x0aERROR fake \\x1b[31m\\x2028")
        self.assertEqual(len(texts[2]), len("CP1 out ") + 4000 + 1)
        self.assertFalse(self.path.exists())

    def test_the_switches_work_at_any_level(self) -> None:
        for name in ("smartserver.frames", "smartserver.lifecycle"):
            self.assertEqual(logging.getLogger(name).level, logging.INFO)


class Switches(FrameCase):
    def tearDown(self) -> None:
        wire_log.stop()

    def test_off_there_is_nothing(self) -> None:
        with override_settings(LOG_PAYLOAD=False, FRAME_LOG_FILE=None):
            wire_log.start()
        self.assertIsNone(wire_log.frames)
        wire_log.stop()

    def test_each_of_both_switches_it_on(self) -> None:
        with override_settings(FRAME_LOG_FILE=self.path):
            wire_log.start()
            wire_log.start()  # once is enough
        assert wire_log.frames is not None
        wire_log.frames.note("CP1", IN, BOOT)
        wire_log.stop()
        self.assertEqual(len(self.lines()), 1)
        with override_settings(LOG_PAYLOAD=True):
            wire_log.start()
        self.assertIsNotNone(wire_log.frames)

    def test_lives_of_connections_are_told_on_request(self) -> None:
        with override_settings(LOG_LIFECYCLE=True), self.assertLogs("smartserver.lifecycle", "INFO") as logs:
            lifecycle("connected", "CP1", version="1.6", address="10.0.0.1", reason="", after=None)
            lifecycle("closed", "CP1\n", code=1006)
            lifecycle("probed", "CP1")
        texts = [record.getMessage() for record in logs.records]
        self.assertEqual(
            texts, ["CP1 connected version=1.6 address=10.0.0.1", "CP1\\x0a closed code=1006", "CP1 probed"]
        )
        with override_settings(LOG_LIFECYCLE=False), self.assertNoLogs("smartserver.lifecycle", "INFO"):
            lifecycle("connected", "CP1")
