"""Any frame of a bridge is something that can be stored, or refused with a reason."""

from __future__ import annotations

import unittest
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import push
from bridge.cms import frames, meaning
from tests.bridge.strategies import bodies, json_values, objects

NAME = "C"
KINDS = st.sampled_from(sorted(push.FROM_BRIDGE | push.FROM_SERVER))
PAYLOADS = objects("key", "event", "state", "version", "command_id", "status_code", "response")


def depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


class Frames(unittest.TestCase):
    def check(self, frame: str | bytes) -> None:
        try:
            found = frames.read(frame, NAME)
        except frames.Refusal as refusal:
            self.assertTrue(refusal.reason)
            return
        if isinstance(found, frames.Happened):
            self.assertTrue(0 < len(found.key) <= frames.MAX_KEY)
            self.assertEqual(found.event.key, found.key)
            self.assertNotIn("\\u0000", orjson.dumps(found.event.kind).decode())

    @settings(deadline=None)
    @given(bodies("type", "charger_id", "timestamp", "payload"))
    def test_any_bytes(self, frame: bytes) -> None:
        self.check(frame)

    @settings(deadline=None)
    @given(KINDS, PAYLOADS)
    def test_any_payload_of_any_type(self, kind: str, payload: dict[str, Any]) -> None:
        self.check(push.Envelope(kind, NAME, 0, payload).encode())

    @settings(deadline=None)
    @given(st.text(max_size=70), objects("type", "outlet", "timestamp", "payload"))
    def test_any_event_of_any_key(self, key: str, event: dict[str, Any]) -> None:
        payload = {"key": key.encode("utf-8", "replace").decode(), "event": event}
        self.check(push.Envelope(push.EVENT, NAME, 0, payload).encode())


class Storable(unittest.TestCase):
    @settings(deadline=None)
    @given(json_values())
    def test_what_can_be_stored_stays_as_it_is(self, value: Any) -> None:
        if b"\\u0000" not in orjson.dumps(value):
            self.assertEqual(meaning.storable(value), value)

    def test_nul_is_left_out_everywhere(self) -> None:
        self.assertEqual(meaning.storable({"a\0": ["b\0", {"c": "\0"}]}), {"a": ["b", {"c": ""}]})

    def test_what_is_deeper_than_anybody_reads_is_cut(self) -> None:
        value: Any = "core"
        for _ in range(1000):
            value = [value]
        self.assertEqual(depth(meaning.storable(value)), meaning.MAX_DEPTH)
        self.assertTrue(orjson.dumps(meaning.storable(value)))
