"""Events, states and results over a real push channel: stored, then acknowledged; what cannot be taken is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest import mock

import orjson
import websocket
from django.test import override_settings

from bridge import push
from bridge.cms import consumers
from bridge.cms.models import HardwareEvent
from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.errors import Unavailable
from stations.models import Connector, Message, Station
from tests.bridge.cms.pushing import NAME, SESSION, STATE, Bridge, PushCase
from tests.stations.support import NOON
from tests.waiting import eventually


@override_settings(OPEN=True)
class _Open(PushCase):
    @contextmanager
    def writer_held(self) -> Iterator[None]:
        """Nothing is committed meanwhile."""
        held, release = threading.Event(), threading.Event()

        def unit(batch: Batch) -> None:
            held.set()
            release.wait(10)

        writer = self.server.runtime.writer
        self.server.in_loop(lambda: writer.submit(unit, lambda value, error: None))
        assert held.wait(10)
        try:
            yield
        finally:
            release.set()


class Events(_Open):
    def test_an_event_is_a_row_before_it_is_acknowledged(self) -> None:
        with self.server.bridge() as bridge:
            bridge.event("e-1", SESSION)
            kind, told = bridge.next()
            row = HardwareEvent.objects.get()
        self.assertEqual((kind, told), (push.ACK, {"key": "e-1", "session_id": row.pk}))
        self.assertEqual((row.key, row.kind, row.outlet, row.session), ("e-1", "session_start", 1, "S-1"))
        self.assertEqual(row.station.identity, NAME)

    def test_nothing_is_acknowledged_while_nothing_is_committed(self) -> None:
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            with self.writer_held():
                bridge.event()
                bridge.socket.settimeout(0.1)
                with self.assertRaises(websocket.WebSocketTimeoutException):
                    bridge.next()
            bridge.socket.settimeout(10)
            self.assertEqual(bridge.next()[0], push.ACK)

    def test_the_same_key_again_is_the_same_event(self) -> None:
        with self.server.bridge() as bridge:
            bridge.event("e-1")
            first = bridge.next()
            bridge.event("e-1")
            self.assertEqual(bridge.next(), first)
        with self.server.bridge() as bridge:
            bridge.event("e-1")
            self.assertEqual(bridge.next(), first)
        self.assertEqual(HardwareEvent.objects.count(), 1)

    def test_a_burst_is_acknowledged_in_its_order(self) -> None:
        keys = [f"e-{number}" for number in range(200)]
        with self.server.bridge() as bridge:
            for key in keys:
                bridge.event(key, {"type": "note", "outlet": 1, "payload": {"number": key}})
            self.assertEqual([bridge.next()[1]["key"] for _ in keys], keys)
        self.assertEqual(list(HardwareEvent.objects.order_by("pk").values_list("key", flat=True)), keys)

    def test_a_burst_that_is_not_stored_is_not_read_either(self) -> None:
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            with self.writer_held():
                waiting = self.server.runtime.writer.waiting
                for number in range(3 * consumers.UNANSWERED):
                    bridge.event(f"e-{number}")
                eventually(lambda: self.server.runtime.writer.waiting >= waiting + consumers.UNANSWERED)
                threading.Event().wait(0.1)
                self.assertEqual(self.server.runtime.writer.waiting, waiting + consumers.UNANSWERED)
            for number in range(3 * consumers.UNANSWERED):
                self.assertEqual(bridge.next()[1]["key"], f"e-{number}")

    def test_who_is_not_read_is_not_silent(self) -> None:
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            channel = self.server.channel()
            with self.writer_held():
                for number in range(2 * consumers.UNANSWERED):
                    bridge.event(f"e-{number}")
                eventually(channel._is_behind)
                with mock.patch.object(clock, "monotonic", return_value=clock.monotonic() + 100):
                    self.server.in_loop(channel._check_silence)
            for number in range(2 * consumers.UNANSWERED):
                self.assertEqual(bridge.next()[1]["key"], f"e-{number}")

    def test_a_full_writer_stops_the_reading(self) -> None:
        writer = self.server.runtime.writer
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            with mock.patch.object(writer, "capacity", 10), self.writer_held():
                for number in range(40):
                    bridge.event(f"e-{number}")
                eventually(lambda: writer.full)
                self.assertLessEqual(writer.waiting, 11)
            for number in range(40):
                self.assertEqual(bridge.next()[1]["key"], f"e-{number}")

    def test_a_database_out_of_reach_closes_and_acknowledges_nothing(self) -> None:
        def out_of_reach(unit: Any, done: Any, loop: Any) -> None:
            loop.call_soon(done, None, Unavailable("Not now."))

        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            with mock.patch.object(self.server.runtime.writer, "submit", side_effect=out_of_reach):
                bridge.event()
                self.assertEqual(bridge.close_code(), 1013)

    def test_the_state_beside_an_event_is_shown(self) -> None:
        with self.server.bridge() as bridge:
            bridge.event(state=STATE)
            bridge.next()
        self.assertEqual(self.charger().state, orjson.loads(STATE))

    def test_a_state_that_is_not_understood_keeps_no_event_back(self) -> None:
        with self.server.bridge() as bridge:
            bridge.event(state="<html>")
            self.assertEqual(bridge.next()[0], push.ACK)

    def test_texts_that_databases_refuse_are_kept_without_the_rest(self) -> None:
        deep: object = "core"
        for _ in range(200):
            deep = [deep]
        event = {"type": "no\0te", "payload": {"a\0": "b\0c", "escaped": "\\u0000", "deep": deep}}
        with self.server.bridge() as bridge:
            bridge.event("e-1", event)
            self.assertEqual(bridge.next()[0], push.ACK)
        row = HardwareEvent.objects.get()
        self.assertEqual((row.kind, row.payload["a"], row.payload["escaped"]), ("note", "bc", "\\u0000"))

    def test_an_event_that_cannot_be_stored_is_not_acknowledged(self) -> None:
        failure = mock.patch("bridge.cms.services.reports.HardwareEvent.objects.get_or_create", side_effect=KeyError)
        with self.server.bridge() as bridge, self.assertLogs("bridge.cms.consumers", "ERROR"), failure:
            bridge.event()
            self.assertEqual(bridge.close_code(), 1011)


class Signs(_Open):
    def test_the_version_is_kept(self) -> None:
        with self.server.bridge() as bridge:
            bridge.tell(push.VERSION_INFO, {"version": "smart-server-bridge/9"})
            self.assertTrue(bridge.is_heard())
        self.assertEqual(self.charger().bridge_version, "smart-server-bridge/9")

    def test_a_state_is_shown(self) -> None:
        with self.server.bridge() as bridge:
            bridge.tell(push.TELEMETRY, {"state": STATE})
            self.assertTrue(bridge.is_heard())
        self.assertEqual(self.charger().state, orjson.loads(STATE))
        self.assertEqual(Connector.objects.filter(evse__station=self.charger().station, status="Available").count(), 2)

    def test_of_states_that_come_too_fast_the_newest_counts(self) -> None:
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            with self.writer_held():
                for number in range(50):
                    state = orjson.dumps([{"outlet": 1, "number": number}]).decode()
                    bridge.tell(push.TELEMETRY, {"state": state})
                bridge.tell("unknown")
                bridge.reason()  # until here everything was read
            eventually(lambda: self.charger().state == [{"outlet": 1, "number": 49}])
        self.assertEqual(Message.objects.filter(action="PostStateData").count(), 2)

    def test_a_state_that_waits_is_older_than_that_beside_an_event(self) -> None:
        old, new = (orjson.dumps([{"outlet": 1, "age": age}]).decode() for age in ("old", "new"))
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            with self.writer_held():
                bridge.tell(push.TELEMETRY, {"state": old})
                bridge.tell(push.TELEMETRY, {"state": old})
                bridge.event(state=new)
                bridge.tell("unknown")
                bridge.reason()
            bridge.next()
            self.assertTrue(bridge.is_heard())
        self.assertEqual(self.charger().state, orjson.loads(new))

    def _seen(self) -> tuple[datetime | None, datetime | None]:
        charger = self.charger()
        return charger.push_heard_at, charger.station.last_seen_at

    def _long_ago(self) -> None:
        type(self.charger()).objects.update(push_heard_at=NOON)
        Station.objects.update(last_seen_at=NOON)

    def test_a_heartbeat_is_a_sign_of_life(self) -> None:
        with self.server.bridge() as bridge, mock.patch.object(consumers, "NOTED_EVERY", 0.0):
            self.assertTrue(bridge.is_heard())
            self._long_ago()
            bridge.tell(push.HEARTBEAT)
            eventually(lambda: NOON not in self._seen())

    def test_heartbeats_without_a_pause_cost_nothing(self) -> None:
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            units = self.server.runtime.writer.units
            for _ in range(100):
                bridge.tell(push.HEARTBEAT)
            self.assertTrue(bridge.is_heard())
            eventually(lambda: self.server.runtime.writer.waiting == 0)
            self.assertEqual(self.server.runtime.writer.units, units + 1)  # that of is_heard

    def test_silence_ends_the_channel(self) -> None:
        with mock.patch.object(push, "SILENCE_SECONDS", 0.2), self.server.bridge() as bridge:
            self.assertEqual(bridge.close_code(), 1001)

    def test_silence_counts_from_the_last_frame(self) -> None:
        with self.server.bridge() as bridge:
            self.assertTrue(bridge.is_heard())
            channel = self.server.channel()
            begun = clock.monotonic()
            with mock.patch.object(clock, "monotonic", return_value=begun + 30):
                self.assertTrue(bridge.is_heard())
            with mock.patch.object(clock, "monotonic", return_value=begun + 60):
                self.server.in_loop(channel._check_silence)
                self.assertTrue(bridge.is_heard())
            with mock.patch.object(clock, "monotonic", return_value=begun + 100):
                self.server.in_loop(channel._check_silence)
                self.assertEqual(bridge.close_code(), 1001)


class BadFrames(_Open):
    def refused(self, bridge: Bridge, text: str, key: str = "") -> None:
        self.assertIn(text, bridge.reason(key))
        self.assertTrue(bridge.is_heard())

    def test_what_is_no_envelope(self) -> None:
        for frame in ("", "<html>", "[]", "7", '{"type": 1}', '{"type":"event","charger_id":"x","payload":[]}', "\0"):
            with self.subTest(frame), self.server.bridge() as bridge:
                bridge.say(frame)
                self.refused(bridge, "")

    def test_binary_frames_are_read_as_texts(self) -> None:
        with self.server.bridge() as bridge:
            bridge.socket.send_binary(b"\xff\xfe")
            self.refused(bridge, "Not JSON")
            frame = push.Envelope(push.EVENT, NAME, 0, {"key": "e-1", "event": SESSION})
            bridge.socket.send_binary(frame.encode().encode())
            self.assertEqual(bridge.next()[0], push.ACK)

    def test_unknown_types(self) -> None:
        with self.server.bridge() as bridge:
            for kind in ("ack", "command", "selfdestruct", ""):
                bridge.tell(kind, {"key": "k"})
                self.refused(bridge, "no such type", "k")

    def test_frames_of_another_charger(self) -> None:
        with self.server.bridge() as bridge:
            bridge.tell(push.EVENT, {"key": "k", "event": SESSION}, charger="CHARGER-2")
            self.refused(bridge, "another charger", "k")
        self.assertFalse(HardwareEvent.objects.exists())

    def test_events_that_are_none(self) -> None:
        events: tuple[object, ...] = (None, "text", 5, [], {}, {"type": ""}, {"type": 7})
        for event in events:
            with self.subTest(event), self.server.bridge() as bridge:
                bridge.event("k", event)
                self.refused(bridge, "ev:", "k")

    def test_events_that_are_nested_too_deeply(self) -> None:
        depth = 300
        event = f'{{"type":"note","payload":{"[" * depth}{"]" * depth}}}'
        frame = f'{{"type":"event","charger_id":"{NAME}","timestamp":0,"payload":{{"key":"k","event":{event}}}}}'
        with self.server.bridge() as bridge:
            bridge.say(frame)
            self.refused(bridge, "nested", "k")

    def test_events_whose_key_or_state_is_none(self) -> None:
        with self.server.bridge() as bridge:
            for key in (None, "", 5, ["k"]):
                bridge.tell(push.EVENT, {"key": key, "event": SESSION})
                self.refused(bridge, "key:")
            for key in ("x" * 65, "a\nb", "a\0"):
                bridge.tell(push.EVENT, {"key": key, "event": SESSION})
                self.refused(bridge, "key:", key)
            bridge.tell(push.EVENT, {"key": "k", "event": SESSION, "state": [1]})
            self.refused(bridge, "state:", "k")

    def test_states_and_versions_that_are_none(self) -> None:
        with self.server.bridge() as bridge:
            for state in (None, 5, "", [{"outlet": 1}]):
                bridge.tell(push.TELEMETRY, {"state": state})
                self.refused(bridge, "state:")
            bridge.tell(push.TELEMETRY, {"state": "<html>"})
            self.refused(bridge, "not understood")
            bridge.tell(push.VERSION_INFO, {"version": None})
            self.refused(bridge, "version:")

    def test_results_that_are_none(self) -> None:
        with self.server.bridge() as bridge:
            for number in (None, "seven", 1.5, True, 2**64 - 1):
                bridge.result(number)
                self.refused(bridge, "command_id:")
            bridge.result(7, status="fine")
            self.refused(bridge, "status_code:", "command-7")

    def test_a_frame_that_is_too_long_ends_the_channel(self) -> None:
        # é has two bytes: as characters it would fit.
        for text in ("x" * push.MAX_FRAME, "é" * (push.MAX_FRAME // 2)):
            with self.server.bridge() as bridge:
                bridge.tell(push.TELEMETRY, {"state": text})
                self.assertEqual(bridge.close_code(), 1009)

    def test_the_longest_frame_is_read(self) -> None:
        empty = len(push.Envelope("x", NAME, 0, {"text": ""}).encode())
        with self.server.bridge() as bridge:
            frame = push.Envelope("x", NAME, 0, {"text": "x" * (push.MAX_FRAME - empty)}).encode()
            self.assertEqual(len(frame), push.MAX_FRAME)
            bridge.say(frame)
            self.refused(bridge, "no such type")

    def test_a_flood_of_bad_frames_is_answered_one_by_one(self) -> None:
        with self.server.bridge() as bridge:
            for _ in range(1000):
                bridge.say("{")
            for _ in range(1000):
                bridge.reason()
            self.assertTrue(bridge.is_heard())
