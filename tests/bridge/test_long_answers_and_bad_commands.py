"""The wires' newest parts: long answers in pieces, commands that are wrong but can be answered."""

from __future__ import annotations

import unittest
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from bridge import push, wire
from bridge.wire import BadCommand, Method, RemoteCommand, WireError


class LongAnswerTests(unittest.TestCase):
    @given(st.lists(st.text()))
    def test_a_text_in_pieces_is_the_text(self, pieces: list[str]) -> None:
        body = b"".join(wire.write_long_answer(pieces, is_json=False))
        self.assertEqual(wire.read_answer(body), "".join(pieces))
        self.assertEqual(orjson.loads(wire.read_text(body)), "".join(pieces))  # encoded twice, whatever it says

    @given(st.recursive(st.none() | st.text() | st.integers(0, 9), st.lists), st.integers(1, 7))
    def test_json_in_pieces_is_that_json(self, value: Any, size: int) -> None:
        text = orjson.dumps(value).decode()
        pieces = [text[place : place + size] for place in range(0, len(text), size)]
        body = b"".join(wire.write_long_answer(pieces, is_json=True))
        self.assertEqual(wire.read_answer(body), value)
        self.assertEqual(body, wire.write_answer(text))

    def test_halves_of_surrogate_pairs_break_nothing(self) -> None:
        self.assertEqual(wire.read_answer(b"".join(wire.write_long_answer(["\ud800"], is_json=False))), "?")


class PushCommandTests(unittest.TestCase):
    def test_there_and_back(self) -> None:
        for command in (
            RemoteCommand(1, Method.GET, "/id"),
            RemoteCommand(2, Method.POST, "/reset", True, "x", False),
        ):
            self.assertEqual(push.read_command(push.write_command(command)), command)

    def test_what_is_wrong_is_said_with_its_number(self) -> None:
        right = {"command_id": 5, "method": "GET", "path": "/id"}
        for change in ({"method": "get"}, {"method": 1}, {"path": " "}, {"path": None}, {"body": 7}):
            with self.subTest(change), self.assertRaises(BadCommand) as caught:
                push.read_command(right | change)
            self.assertEqual(caught.exception.execution_id, 5)

    def test_what_has_no_number_cannot_be_answered(self) -> None:
        for number in (None, 0, -1, "x", True):
            with self.subTest(number), self.assertRaises(WireError) as caught:
                push.read_command({"command_id": number, "method": "GET", "path": "/id"})
            self.assertNotIsInstance(caught.exception, BadCommand)
