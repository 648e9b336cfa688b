"""The CMS wire, both halves: what is written can be read, and what is read is understood or refused."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import wire
from bridge.wire import BadCommand, Gun, LiveFeed, Method, RemoteCommand, WireError
from tests.bridge.strategies import BROKEN_TEXTS, TEXTS, bodies, json_values

INT32 = st.integers(-(2**31), 2**31)
NAMES = TEXTS.filter(lambda text: bool(text.strip()))
GUNS = st.dictionaries(
    st.sampled_from("ABCDEFXYZ"), st.tuples(st.booleans(), INT32, INT32, INT32), min_size=1, max_size=5
).map(lambda found: tuple(Gun(letter, *values) for letter, values in sorted(found.items())))
COMMAND_FIELDS = ("ExecutionID", "API", "ApiTypeID", "IsTextFile", "IsInputRequired", "InputIsJson", "Input", "Data")


def commands() -> st.SearchStrategy[RemoteCommand]:
    json_body = json_values().map(lambda value: orjson.dumps(value).decode())
    body = st.just((None, True)) | json_body.map(lambda text: (text, True)) | TEXTS.map(lambda text: (text, False))
    paths = TEXTS.map(lambda text: f"/{text.strip().lstrip('/')}").filter(lambda path: path == f"/{path[1:].strip()}")
    return st.builds(
        lambda number, method, path, is_text, given: RemoteCommand(number, method, path, is_text, given[0], given[1]),
        st.integers(1, wire.MAX_EXECUTION_ID),
        st.sampled_from(Method),
        paths,
        st.booleans(),
        body,
    )


class LiveFeeds(unittest.TestCase):
    @settings(deadline=None)
    @given(NAMES, GUNS)
    def test_what_is_written_is_read(self, name: str, guns: tuple[Gun, ...]) -> None:
        read = wire.read_live_feed(wire.write_live_feed(LiveFeed(name, guns)))
        self.assertEqual(read.name, name.strip())
        self.assertEqual({gun.letter for gun in read.guns}, {gun.letter for gun in guns} | {"A", "B"})
        for gun in read.guns:
            self.assertEqual(gun, next((each for each in guns if each.letter == gun.letter), Gun(gun.letter)))

    def test_the_originals_form(self) -> None:
        body = wire.write_live_feed(LiveFeed("CH-1", (Gun("A", True, 1, 2, 17),)))
        self.assertEqual(
            orjson.loads(body),
            {
                "Name": "CH-1",
                "Busy_A": True,
                "Evsestat_A": 1,
                "Pilot_A": 2,
                "ErrorCode_A": 17,
                "Busy_B": False,
                "Evsestat_B": -1,
                "Pilot_B": -1,
                "ErrorCode_B": 0,
            },
        )

    def test_texts_are_taken_for_numbers_and_flags(self) -> None:
        body = b'{"Name": " CH-1 ", "Busy_A": "TRUE", "Pilot_A": " 3 ", "ErrorCode_A": 2.0, "Busy_AA": 5, "x": []}'
        self.assertEqual(wire.read_live_feed(body), LiveFeed("CH-1", (Gun("A", True, -1, 3, 2),)))

    def test_null_is_false(self) -> None:
        self.assertFalse(wire.read_live_feed(b'{"Name": "CH-1", "Busy_A": null}').guns[0].busy)

    def test_wrong_ones_are_refused_by_their_field(self) -> None:
        for body, reason in (
            (b"{}", "Name"),
            (b'{"Name": "  "}', "Name"),
            (b'{"Name": 7}', "Name"),
            (b"[]", "object"),
            (b"<html>", "not JSON"),
            (b'{"Name": "x", "Busy_A": []}', "Busy_A"),
            (b'{"Name": "x", "Busy_A": "perhaps"}', "Busy_A"),
            (b'{"Name": "x", "Pilot_B": 1.5}', "Pilot_B"),
            (b'{"Name": "x", "Pilot_B": true}', "Pilot_B"),
        ):
            with self.subTest(body), self.assertRaisesRegex(WireError, reason):
                wire.read_live_feed(body)


class Commands(unittest.TestCase):
    @settings(deadline=None)
    @given(commands())
    def test_what_is_written_is_read(self, command: RemoteCommand) -> None:
        self.assertEqual(wire.read_command(wire.write_command(command)), command)

    def test_none(self) -> None:
        self.assertEqual(wire.write_command(None), b'""')
        for body in (b'""', b"null", b'"null"', b'" {}  "', b'"12345"'):
            self.assertIsNone(wire.read_command(body))

    def test_six_characters_are_no_longer_none(self) -> None:
        with self.assertRaises(WireError):
            wire.read_command(b'"123456"')

    def test_some_servers_encode_once(self) -> None:
        command = wire.read_command(b'{"ExecutionID": "9", "API": "id", "ApiTypeID": "1"}')
        self.assertEqual(command, RemoteCommand(9, Method.GET, "/id"))

    def test_input_may_be_json_itself(self) -> None:
        fields = {
            "ExecutionID": 1,
            "API": "/x",
            "ApiTypeID": 2,
            "IsInputRequired": 1,
            "InputIsJson": 1,
            "Input": {"a": 1},
        }
        command = wire.read_command(orjson.dumps(fields))
        self.assertEqual(command, RemoteCommand(1, Method.PUT, "/x", False, '{"a":1}', True))

    def test_a_numbered_one_that_is_wrong_can_be_answered(self) -> None:
        right = {"ExecutionID": 5, "API": "/x", "ApiTypeID": 3}
        for wrong, reason in (
            ({"ApiTypeID": 5}, "ApiTypeID"),
            ({"ApiTypeID": None}, "ApiTypeID"),
            ({"API": " "}, "API"),
            ({"API": None}, "API"),
            ({"IsTextFile": "what"}, "IsTextFile"),
            ({"IsInputRequired": True, "InputIsJson": True, "Input": "{"}, "Input"),
            ({"IsInputRequired": True, "InputIsJson": False, "Data": {}}, "Data"),
        ):
            with self.subTest(wrong), self.assertRaisesRegex(BadCommand, reason) as caught:
                wire.read_command(orjson.dumps(orjson.dumps(right | wrong).decode()))
            self.assertEqual(caught.exception.execution_id, 5)

    def test_without_a_number_nothing_can_be_answered(self) -> None:
        for body in (b"<html>", b"[1, 2]", b"7", b"true", b'{"ExecutionID": 0}', b"{}", b'"[1, 2, 3]"', b'"not json"'):
            with self.subTest(body), self.assertRaises(WireError) as caught:
                wire.read_command(body)
            self.assertNotIsInstance(caught.exception, BadCommand)


class Texts(unittest.TestCase):
    @settings(deadline=None)
    @given(TEXTS)
    def test_what_is_written_is_read(self, text: str) -> None:
        self.assertEqual(wire.read_text(wire.write_text(text)), text)

    @settings(deadline=None)
    @given(BROKEN_TEXTS)
    def test_any_text_can_be_written(self, text: str) -> None:
        wire.read_text(wire.write_text(text))
        wire.read_answer(wire.write_answer(text))
        self.assertEqual(len(orjson.loads(b"".join(wire.write_full_state(text, 1, [text])))["data"]), 1)
        wire.write_live_feed(LiveFeed(text, ()))

    @settings(deadline=None)
    @given(json_values())
    def test_an_answer_of_json_is_that_json(self, value: Any) -> None:
        self.assertEqual(wire.read_answer(wire.write_answer(orjson.dumps(value).decode())), value)

    @settings(deadline=None)
    @given(TEXTS)
    def test_any_other_answer_is_a_text(self, text: str) -> None:
        found = wire.read_answer(wire.write_answer(text))
        self.assertEqual(found, orjson.loads(text) if wire.is_json_text(text) else text)

    def test_it_is_encoded_twice_where_it_is_not_json(self) -> None:
        self.assertEqual(wire.write_answer("OK"), b'"\\"OK\\""')
        self.assertEqual(wire.write_answer('{"a": 1}'), b'"{\\"a\\": 1}"')

    def test_some_clients_encode_once(self) -> None:
        self.assertEqual(wire.read_answer(b'"OK, done"'), "OK, done")

    def test_anything_else_is_refused(self) -> None:
        with self.assertRaises(WireError):
            wire.read_text(b"{}")

    @settings(deadline=None)
    @given(st.integers(-(2**63) + 1, 2**63 - 1))
    def test_session_ids(self, number: int) -> None:
        self.assertEqual(wire.read_session_id(wire.write_session_id(number)), number)

    @settings(deadline=None)
    @given(st.lists(TEXTS, max_size=5), st.integers(0, 2**63 - 1))
    def test_full_states_are_one_document(self, lines: list[str], session: int) -> None:
        document = orjson.loads(b"".join(wire.write_full_state('C"H', session, lines)))
        self.assertEqual(document, {"id": 'C"H', "SessionID": session, "data": lines})


class AnyBytes(unittest.TestCase):
    """Whatever comes, the only error is the documented one."""

    def refused_or_read(self, read: Callable[[bytes], Any], body: bytes) -> None:
        try:
            read(body)
        except WireError as error:
            self.assertTrue(str(error))

    @settings(deadline=None)
    @given(bodies(*COMMAND_FIELDS))
    def test_as_a_command(self, body: bytes) -> None:
        self.refused_or_read(wire.read_command, body)

    @settings(deadline=None)
    @given(bodies("Name", "Busy_A", "Evsestat_A", "Pilot_B", "ErrorCode_Z"))
    def test_as_a_live_feed(self, body: bytes) -> None:
        self.refused_or_read(wire.read_live_feed, body)

    @settings(deadline=None)
    @given(bodies("Message"))
    def test_as_the_rest(self, body: bytes) -> None:
        for read in (wire.read_session_id, wire.read_text, wire.read_answer):
            self.refused_or_read(read, body)


class Values(unittest.TestCase):
    def test_letters(self) -> None:
        self.assertEqual([wire.letter_of(place) for place in (0, 1, 25)], ["A", "B", "Z"])
        for place in (-1, 26):
            with self.assertRaises(WireError):
                wire.letter_of(place)

    def test_whole_numbers(self) -> None:
        for value, expected in (("7", 7), (" -7\n", -7), (7.0, 7), (2**63 - 1, 2**63 - 1), ("+1", 1)):
            self.assertEqual(wire.whole(value, "n"), expected)
        wrongs: tuple[Any, ...] = (None, True, 1.5, "1.0", "", "٣", "1_0", "0x1", 2**63, "9" * 20, [])
        for wrong in (*wrongs, float("inf"), float("nan")):
            with self.subTest(wrong), self.assertRaisesRegex(WireError, "^n: "):
                wire.whole(wrong, "n")
