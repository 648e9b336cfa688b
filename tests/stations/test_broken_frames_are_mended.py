"""FIELD rules 12 and 13: what chargers send in place of JSON, and how it is understood."""

from __future__ import annotations

import time
import unittest
from typing import Any

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from stations.ocpp import errors, frames
from stations.ocpp.frames import Call, CallErrorFrame, CallResult, FrameError, Payload
from tests.stations.test_frames_are_read_and_written import FRAMES, JSON, refusal


def mended(text: str | bytes) -> tuple[Payload, tuple[str, ...]]:
    """The payload of a call, and the rules that were needed."""
    frame, quirks = frames.decode(text)
    assert isinstance(frame, Call)
    return frame.payload, quirks


def call(payload: str) -> str:
    return f'[2,"1","DataTransfer",{payload}]'


class BrokenJson(unittest.TestCase):
    def assert_mended(self, payload: str, expected: Payload) -> None:
        with self.subTest(payload):
            self.assertEqual(mended(call(payload)), (expected, ("broken_json",)))

    def test_missing_values_are_null(self) -> None:
        self.assert_mended('{"transactionId":,"a":1}', {"transactionId": None, "a": 1})
        self.assert_mended('{"transactionId": }', {"transactionId": None})
        self.assert_mended('{"a":[{"transactionId":}]}', {"a": [{"transactionId": None}]})
        self.assert_mended('{"a": \n ,"b":2}', {"a": None, "b": 2})

    def test_surplus_commas_are_let_go(self) -> None:
        self.assert_mended('{"a":1,}', {"a": 1})
        self.assert_mended('{"a":[1,2,],}', {"a": [1, 2]})
        self.assert_mended('{"a":1,,"b":2}', {"a": 1, "b": 2})
        self.assert_mended('{"a":1, , ,}', {"a": 1})

    def test_numbers_that_are_none_are_null(self) -> None:
        for word in ("NaN", "nan", "Infinity", "-Infinity", "inf", "undefined", "None"):
            self.assert_mended(f'{{"a":{word},"b":"{word}"}}', {"a": None, "b": word})

    def test_stray_escapes_are_what_they_look_like(self) -> None:
        self.assert_mended(r'{"a":"C:\x\u12"}', {"a": r"C:\x\u12"})
        self.assert_mended(r'{"a":"5\'s"}', {"a": r"5\'s"})
        self.assert_mended(r'{"a":"C:\\x\y","b":1,}', {"a": r"C:\x\y", "b": 1})
        self.assert_mended(r'{"a":"\q\\\"\n\/A"}', {"a": '\\q\\"\n/A'})

    def test_control_characters_are_kept_and_nul_is_not(self) -> None:
        self.assert_mended('{"a":"one\ntwo\tthree\x1f"}', {"a": "one\ntwo\tthree\x1f"})
        self.assert_mended('{"a":"x\x00y"}', {"a": "xy"})
        self.assert_mended('{"a":"x\\u0000y"}', {"a": "xy"})
        self.assert_mended('{"a\\u0000":"x\\\\u0000\\u0000"}', {"a": "x\\u0000"})

    def test_lone_surrogates_are_replaced_and_pairs_kept(self) -> None:
        self.assert_mended(r'{"a":"\ud800"}', {"a": "�"})
        self.assert_mended(r'{"a":"\udc00x"}', {"a": "�x"})
        self.assert_mended(r'{"a":"\ud83d\ude00\ud83d"}', {"a": "😀�"})
        self.assert_mended(r'{"a":"\ud83d\ud83d\ude00"}', {"a": "�😀"})
        self.assert_mended(r'{"a":"\ud83d\ude00\ude00"}', {"a": "😀�"})

    def test_texts_are_not_touched_by_rules_for_structure(self) -> None:
        self.assert_mended('{"a":"1,,2,}:, NaN","b":1,}', {"a": "1,,2,}:, NaN", "b": 1})
        self.assert_mended('{"a":"\\",}","b":1,}', {"a": '",}', "b": 1})

    def test_what_surrounds_a_frame_is_let_go(self) -> None:
        for text in ("\ufeff" + call("{}"), call("{}") + "\x00", "\x00\r\n" + call("{}") + "\x00\x00"):
            self.assertEqual(mended(text), ({}, ("broken_json",)))

    def test_bytes_that_are_no_text_are_replaced(self) -> None:
        self.assertEqual(
            mended(call('{"a":"caf?"}').encode().replace(b"?", b"\xe9")), ({"a": "caf�"}, ("broken_json",))
        )

    def test_whole_frames_are_not_called_broken(self) -> None:
        self.assertEqual(mended(call('{"a":"NaN,}\\n"}')), ({"a": "NaN,}\n"}, ()))

    def test_broken_answers_are_mended_too(self) -> None:
        self.assertEqual(frames.decode('[3,"1",{"status":"Accepted",}]').frame, CallResult("1", {"status": "Accepted"}))


class Truncated(unittest.TestCase):
    def test_calls_are_answered_with_their_id(self) -> None:
        whole = '[2,"abc-1","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026"}]}]'
        for length in range(len('[2,"abc-1"'), len(whole)):
            error = refusal(whole[:length])
            self.assertEqual((error.code, error.id, error.is_call), (errors.FORMAT_VIOLATION, "abc-1", True))

    def test_calls_without_a_whole_id_are_answered_with_minus_one(self) -> None:
        for text in ('[2,"abc', "[2", "[", '[2,"' + "x" * 256 + '","Heart', "nonsense"):
            self.assertEqual((refusal(text).id, refusal(text).is_call), ("-1", True))

    def test_answers_are_not_answered(self) -> None:
        for kind in (3, 4, 5):
            self.assertFalse(refusal(f'[{kind},"abc",{{"a').is_call)
        self.assertFalse(refusal('[3, "abc",{"status":"Accep', strict=True).is_call)
        self.assertFalse(refusal('[6,"abc","NotifyPeriodicEventStream",{"a').is_call)

    def test_long_ones_do_not_hold_up_the_server(self) -> None:
        for text in ('\\"' * 200_000, '"\\' * 200_000, '[2,"1","' + ",:" * 200_000, "[" * 400_000, "," * 400_000 + "]"):
            before = time.process_time()
            refusal(text)
            self.assertLess(time.process_time() - before, 2.0)


class OddFrames(unittest.TestCase):
    def assert_taken(self, text: str, expected: Any, *quirks: str) -> None:
        with self.subTest(text):
            self.assertEqual(frames.decode(text), (expected, quirks))

    def test_numbers_as_ids_stay_numbers(self) -> None:
        self.assert_taken('[2,17,"Heartbeat",{}]', Call(17, "Heartbeat", {}), "message_id_as_number")
        self.assert_taken("[3,17,{}]", CallResult(17, {}), "message_id_as_number")
        self.assertEqual(frames.encode(CallResult(17, {})), "[3,17,{}]")

    def test_empty_and_long_ids_stay_as_they_are(self) -> None:
        self.assert_taken('[2,"","Heartbeat",{}]', Call("", "Heartbeat", {}), "message_id_length")
        for length, quirks in ((36, ()), (37, ("message_id_length",)), (255, ("message_id_length",))):
            id = "x" * length
            self.assert_taken(f'[2,"{id}","Heartbeat",{{}}]', Call(id, "Heartbeat", {}), *quirks)

    def test_missing_payloads_are_empty(self) -> None:
        for payload in ("", ",null", ",[]", ',""'):
            self.assert_taken(f'[2,"1","Heartbeat"{payload}]', Call("1", "Heartbeat", {}), "payload_missing")
            self.assert_taken(f'[3,"1"{payload}]', CallResult("1", {}), "payload_missing")

    def test_surplus_elements_are_let_go(self) -> None:
        self.assert_taken('[2,"1","Heartbeat",{},"more",1]', Call("1", "Heartbeat", {}), "frame_too_long")
        self.assert_taken('[3,"1",{},"more"]', CallResult("1", {}), "frame_too_long")
        self.assert_taken('[4,"1","E","",{},"more"]', CallErrorFrame("1", "E", "", {}), "frame_too_long")

    def test_message_type_may_be_a_text(self) -> None:
        self.assert_taken('["2","1","Heartbeat",{}]', Call("1", "Heartbeat", {}), "message_type_as_text")
        self.assertEqual(refusal('["²","1","Heartbeat",{}]').code, errors.MESSAGE_TYPE_NOT_SUPPORTED)
        self.assertEqual(refusal('["two","1","Heartbeat",{}]').code, errors.MESSAGE_TYPE_NOT_SUPPORTED)

    def test_errors_may_be_short_or_odd(self) -> None:
        self.assert_taken('[4,"1"]', CallErrorFrame("1", "GenericError", "", {}))
        self.assert_taken('[4,"1",null,null,null]', CallErrorFrame("1", "GenericError", "", {}))
        self.assert_taken('[4,"1","",7,"text"]', CallErrorFrame("1", "GenericError", "", {}))

    def test_several_at_once_are_all_named(self) -> None:
        self.assert_taken(
            '["2",5,"Heartbeat",null,1,]',
            Call(5, "Heartbeat", {}),
            "broken_json",
            "message_type_as_text",
            "message_id_as_number",
            "payload_missing",
            "frame_too_long",
        )


class WhateverComes(unittest.TestCase):
    @given(st.text() | st.binary())
    @example('[2,"1","\ud800",{}]')
    @example('["' + "9" * 5000 + '","1"]')
    @example('["²"]')
    def test_is_a_frame_or_a_frame_error(self, data: str | bytes) -> None:
        self._decode(data)

    @given(
        st.lists(
            st.sampled_from([*'[]{}",:\\2346', '"1"', "\\u", "d8", "00", "NaN", " ", "\x00", "é", '"Heartbeat"']),
            max_size=40,
        )
    )
    def test_of_pieces_of_json_is_a_frame_or_a_frame_error(self, pieces: list[str]) -> None:
        self._decode("".join(pieces))

    @given(st.builds(orjson.dumps, JSON) | st.builds(orjson.dumps, st.lists(JSON, max_size=7)))
    def test_in_json_is_a_frame_or_a_frame_error(self, data: bytes) -> None:
        self._decode(data)

    @given(FRAMES, st.data())
    def test_a_damaged_frame_is_a_frame_or_a_frame_error(self, frame: frames.Frame, data: st.DataObject) -> None:
        text = frames.encode(frame)
        position = data.draw(st.integers(0, len(text)))
        put = data.draw(st.text(max_size=3))
        cut = data.draw(st.integers(0, 5))
        self._decode(text[:position] + put + text[position + cut :])

    def _decode(self, data: str | bytes) -> None:
        try:
            frame, _ = frames.decode(data)
        except FrameError as error:
            answer = CallErrorFrame(error.id, error.code, error.description, error.details)
            self.assertLessEqual(len(error.description), 255)
        else:
            answer = CallErrorFrame(frame.id, "GenericError", "", {})
            self.assertNotIn("\x00", orjson.loads(frames.encode(frame)).__str__())
            self.assertIsInstance(frame.id, str | int)
        orjson.loads(frames.encode(answer))
