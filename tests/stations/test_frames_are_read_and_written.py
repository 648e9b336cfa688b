"""Frames that keep the rules, and the ways in which a text is refused."""

from __future__ import annotations

import unittest
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from stations.ocpp import errors, frames
from stations.ocpp.frames import Call, CallErrorFrame, CallResult, CallResultError, Frame, FrameError, SendFrame

IDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=36)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
PAYLOADS = st.dictionaries(TEXTS, JSON, max_size=4)
FRAMES: st.SearchStrategy[Frame] = st.one_of(
    st.builds(Call, IDS, TEXTS.filter(bool), PAYLOADS),
    st.builds(CallResult, IDS, PAYLOADS),
    st.builds(CallErrorFrame, IDS, TEXTS.filter(bool), TEXTS, PAYLOADS),
    st.builds(CallResultError, IDS, TEXTS.filter(bool), TEXTS, PAYLOADS),
    st.builds(SendFrame, IDS, TEXTS.filter(bool), PAYLOADS),
)


def refusal(text: str | bytes, *, strict: bool = False) -> FrameError:
    try:
        decoded = frames.decode(text, strict=strict)
    except FrameError as error:
        return error
    raise AssertionError(f"{text!r} was taken as {decoded}")


class EveryKindOfFrame(unittest.TestCase):
    EXAMPLES: list[tuple[str, Frame]] = [
        ('[2,"1","Heartbeat",{}]', Call("1", "Heartbeat", {})),
        ('[3,"1",{"a":1}]', CallResult("1", {"a": 1})),
        ('[4,"1","GenericError","why",{"a":1}]', CallErrorFrame("1", "GenericError", "why", {"a": 1})),
        ('[5,"1","TypeConstraintViolation","why",{}]', CallResultError("1", "TypeConstraintViolation", "why", {})),
        ('[6,"1","NotifyPeriodicEventStream",{}]', SendFrame("1", "NotifyPeriodicEventStream", {})),
    ]

    def test_is_read(self) -> None:
        for text, frame in self.EXAMPLES:
            for given_ in (text, text.encode()):
                for strict in (False, True):
                    decoded = frames.decode(given_, strict=strict)
                    self.assertEqual(decoded, (frame, ()))
                    self.assertIs(type(decoded.frame), type(frame))

    def test_is_written(self) -> None:
        for text, frame in self.EXAMPLES:
            self.assertEqual(frames.encode(frame), text)

    @given(FRAMES)
    def test_reads_as_it_was_written(self, frame: Frame) -> None:
        for strict in (False, True):
            decoded = frames.decode(frames.encode(frame), strict=strict)
            self.assertEqual(decoded, (frame, ()))
            self.assertIs(type(decoded.frame), type(frame))


class WhatIsNoFrame(unittest.TestCase):
    def test_gets_the_code_that_says_why(self) -> None:
        cases = {
            "hello": errors.FORMAT_VIOLATION,
            "": errors.FORMAT_VIOLATION,
            "{}": errors.FORMAT_VIOLATION,
            "[]": errors.FORMAT_VIOLATION,
            "7": errors.FORMAT_VIOLATION,
            '[7,"1","Heartbeat",{}]': errors.MESSAGE_TYPE_NOT_SUPPORTED,
            '[true,"1","Heartbeat",{}]': errors.MESSAGE_TYPE_NOT_SUPPORTED,
            '[null,"1","Heartbeat",{}]': errors.MESSAGE_TYPE_NOT_SUPPORTED,
            '[2.0,"1","Heartbeat",{}]': errors.MESSAGE_TYPE_NOT_SUPPORTED,
            '[2,"1",7,{}]': errors.FORMAT_VIOLATION,
            '[2,"1","",{}]': errors.FORMAT_VIOLATION,
            '[2,"1"]': errors.FORMAT_VIOLATION,
            '[2,"1","Heartbeat",[1]]': errors.FORMAT_VIOLATION,
            '[2,"1","Heartbeat","text"]': errors.FORMAT_VIOLATION,
            '[2,"1","Heartbeat",0]': errors.FORMAT_VIOLATION,
            '[2,"1","Heartbeat",false]': errors.FORMAT_VIOLATION,
        }
        for text, code in cases.items():
            with self.subTest(text):
                self.assertEqual(refusal(text).code, code)

    def test_is_answered_with_its_id_where_that_can_be_read(self) -> None:
        self.assertEqual(refusal('[7,"abc","Heartbeat",{}]').id, "abc")
        self.assertEqual(refusal("[7,12]").id, 12)
        self.assertEqual(refusal('[2,"abc",7,{}]').id, "abc")
        self.assertEqual(refusal('[2,"abc","Heartbeat",[1]]').id, "abc")
        self.assertEqual(refusal("[7]").id, "-1")
        self.assertEqual(refusal("[7,{}]").id, "-1")
        self.assertEqual(refusal("[2,null,7,{}]").id, "-1")

    def test_has_no_id_that_could_be_answered(self) -> None:
        for value in ("null", "true", "1.5", "{}", "[]", f'"{"x" * 256}"'):
            for kind, is_call in ((2, True), (3, False), (4, False), (5, False), (6, False)):
                with self.subTest(value, kind=kind):
                    error = refusal(f'[{kind},{value},"Heartbeat",{{}}]')
                    self.assertEqual((error.code, error.id, error.is_call), (errors.FORMAT_VIOLATION, "-1", is_call))

    def test_asks_for_no_answer_when_it_is_no_call(self) -> None:
        for text in ('[3,"1",7]', '[6,"1","",{}]', '[6,"1","Notify",7]', "[3]", "[4]", "[5]", "[6]"):
            with self.subTest(text):
                self.assertFalse(refusal(text).is_call)
        for text in ('[2,"1",7]', "[2]", "nonsense"):
            with self.subTest(text):
                self.assertTrue(refusal(text).is_call)


class Strictness(unittest.TestCase):
    """Each tolerance of the next file, refused."""

    def test_takes_nothing_that_breaks_a_rule(self) -> None:
        for text in (
            '[2,"1","Heartbeat",{},]',
            '[2,"1","Heartbeat",{"a":"\\u0000"}]',
            '["2","1","Heartbeat",{}]',
            '[2,1,"Heartbeat",{}]',
            '[2,"","Heartbeat",{}]',
            f'[2,"{"x" * 37}","Heartbeat",{{}}]',
            '[2,"1","Heartbeat"]',
            '[2,"1","Heartbeat",null]',
            '[2,"1","Heartbeat",{},{}]',
            '[3,"1",{},{}]',
            '[4,"1","GenericError","",{},{}]',
        ):
            with self.subTest(text):
                refusal(text, strict=True)
                frames.decode(text)

    def test_still_answers_with_the_id_of_broken_json(self) -> None:
        error = refusal('[2,"abc","Heartbeat",{},]', strict=True)
        self.assertEqual((error.id, error.code, error.is_call), ("abc", errors.FORMAT_VIOLATION, True))

    def test_does_not_take_an_escaped_backslash_for_a_nul(self) -> None:
        text = '[2,"1","DataTransfer",{"path":"C:\\\\u0000"}]'
        for strict in (False, True):
            self.assertEqual(frames.decode(text, strict=strict), (Call("1", "DataTransfer", {"path": "C:\\u0000"}), ()))

    @given(st.text() | st.binary() | st.builds(orjson.dumps, JSON))
    def test_refuses_or_reads_whatever_comes(self, data: str | bytes) -> None:
        for strict in (False, True):
            try:
                frames.decode(data, strict=strict)
            except FrameError as error:
                self.assertTrue(error.description)
                frames.encode(CallErrorFrame(error.id, error.code, error.description, error.details))
