"""The push channel's frames."""

from __future__ import annotations

import unittest
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import push
from bridge.push import Envelope
from bridge.wire import BadCommand, Method, RemoteCommand, WireError
from tests.bridge.strategies import TEXTS, bodies, json_values, objects
from tests.bridge.test_wire_is_read_and_written import commands


class Envelopes(unittest.TestCase):
    @settings(deadline=None)
    @given(TEXTS, TEXTS, st.integers(-(2**63) + 1, 2**63 - 1), st.dictionaries(TEXTS, json_values(), max_size=3))
    def test_what_is_written_is_read(self, kind: str, charger: str, moment: int, payload: dict[str, Any]) -> None:
        envelope = Envelope(kind, charger, moment, payload)
        self.assertEqual(push.decode(envelope.encode()), envelope)

    def test_payload_and_timestamp_may_be_missing(self) -> None:
        self.assertEqual(push.decode(b'{"type":"heartbeat","charger_id":"C"}'), Envelope("heartbeat", "C", 0, {}))

    @settings(deadline=None)
    @given(bodies("type", "charger_id", "timestamp", "payload"))
    def test_any_frame_is_an_envelope_or_a_clear_error(self, frame: bytes) -> None:
        try:
            self.assertIsInstance(push.decode(frame), Envelope)
        except WireError as error:
            self.assertTrue(str(error))

    def test_wrong_ones(self) -> None:
        for frame in (b"{", b"[]", b'{"type":1,"charger_id":"C"}', b'{"type":"x","charger_id":"C","payload":[]}'):
            with self.subTest(frame), self.assertRaises(WireError):
                push.decode(frame)


class Commands(unittest.TestCase):
    @settings(deadline=None)
    @given(commands())
    def test_what_is_written_is_read(self, command: RemoteCommand) -> None:
        if command.path == "/":
            return
        self.assertEqual(push.read_command(orjson.loads(orjson.dumps(push.write_command(command)))), command)

    @settings(deadline=None)
    @given(objects("command_id", "method", "path", "body", "is_json", "is_text_file"))
    def test_any_payload_is_a_command_or_a_clear_error(self, payload: dict[str, Any]) -> None:
        try:
            command = push.read_command(payload)
        except WireError as error:
            self.assertTrue(str(error))
            return
        self.assertTrue(command.execution_id > 0 and command.path.startswith("/"))

    def test_a_numbered_one_that_is_wrong_can_be_answered(self) -> None:
        right = {"command_id": 3, "method": "POST", "path": "reset"}
        self.assertEqual(push.read_command(right), RemoteCommand(3, Method.POST, "/reset"))
        for wrong, reason in (
            ({"method": "PATCH"}, "method"),
            ({"method": None}, "method"),
            ({"path": " "}, "path"),
            ({"path": 1}, "path"),
            ({"body": {}}, "body"),
            ({"body": "{"}, "not JSON"),
        ):
            with self.subTest(wrong), self.assertRaisesRegex(BadCommand, reason) as caught:
                push.read_command(right | wrong)
            self.assertEqual(caught.exception.execution_id, 3)

    def test_without_a_number_nothing_can_be_answered(self) -> None:
        for number in (0, -1, None, "x"):
            with self.assertRaises(WireError) as caught:
                push.read_command({"command_id": number, "method": "GET", "path": "/id"})
            self.assertNotIsInstance(caught.exception, BadCommand)

    def test_other_texts_need_not_be_json(self) -> None:
        payload = {"command_id": 3, "method": "PUT", "path": "/scripts/x", "body": "let x", "is_json": False}
        self.assertEqual(push.read_command(payload).body, "let x")
