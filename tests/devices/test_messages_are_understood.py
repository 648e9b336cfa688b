"""What devices send, in every form that occurs in the field."""

from __future__ import annotations

import json
import unittest

from hypothesis import given
from hypothesis import strategies as st

from devices import protocol
from devices.protocol import FIELDS, BadFrame, ProtocolError, Rejected, Value, parse
from tests.devices.support import frame, update

INIT_BODY = (
    '{"serial_number": "0001", "solmate_version": "v1", "_software_version": "v8.6", "_country": "DE", '
    '"_postcode": 7445, "_power_income": 377, "_power_inject": 336, "_power_consumption": 400, "_battery": 250, '
    '"_capacity": 5184000, "_local_time": null, "server_url": "ws://localhost:8000/update/", "websocket": "", '
    '"connected": true, "publish": true, "message_id": "0000", "message_queue": {}, "tasks": "", '
    '"meassuring": true, "charging": false, "injecting": false, "pv_connectors": 1}'
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


class UnderstoodMessages(unittest.TestCase):
    def test_first_message_with_underscores(self) -> None:
        found = update(f"0000:0001:{INIT_BODY}", "INIT")
        self.assertEqual((found.kind, found.message_id, found.serial), ("INIT", "0000", "0001"))
        expected: dict[str, Value] = {
            "solmate_version": "v1",
            "software_version": "v8.6",
            "country": "DE",
            "postcode": "7445",
            "power_income": 377.0,
            "power_inject": 336.0,
            "power_consumption": 400.0,
            "battery": 250.0,
            "capacity": 5184000.0,
            "local_time": "",
            "pv_connectors": 1,
        }
        self.assertEqual(found.values, expected)
        self.assertEqual(set(found.ignored), set(protocol.INTERNALS))

    def test_python_style_message_and_envelope(self) -> None:
        body = str(json.loads(INIT_BODY))
        self.assertIn("None", body)
        text = str({"type": "INIT", "message": f"0000:0001:{body}"})
        self.assertEqual(parse(text).values, update(f"0000:0001:{INIT_BODY}").values)

    def test_colons_in_the_body(self) -> None:
        found = update('0008:0001:{"local_time": "2024-03-17 14:59:13.047108"}')
        self.assertEqual(found.values, {"local_time": "2024-03-17 14:59:13.047108"})

    def test_numbers_as_text_and_texts_as_numbers(self) -> None:
        found = update('1:1:{"battery": " 3.5e2 ", "power_income": "-.5", "pv_connectors": "2", "country": 43}')
        self.assertEqual(found.values, {"battery": 350.0, "power_income": -0.5, "pv_connectors": 2, "country": "43"})

    def test_empty_body(self) -> None:
        self.assertEqual(update("0001:0001:{}").values, {})

    def test_unknown_values_stay_unknown(self) -> None:
        found = update('1:1:{"capacity": null, "pv_connectors": null, "postcode": null}')
        self.assertEqual(found.values, {"capacity": None, "pv_connectors": None, "postcode": ""})

    def test_same_message_has_the_same_digest(self) -> None:
        one, again = update('1:1:{"battery": 1}'), update('1:1:{"battery": 1}', "INIT")
        self.assertEqual(one.digest, again.digest)
        self.assertNotEqual(one.digest, update('2:1:{"battery": 1}').digest)
        self.assertNotEqual(one.digest, update('1:1:{"battery": 2}').digest)


class FieldsThatDevicesMayNotSet(unittest.TestCase):
    def test_they_are_ignored_and_reported(self) -> None:
        body = {"owner": 1, "id": 7, "state": "online", "key_hash": "x", "manufacturing_date": "", "battery": 5}
        found = update("1:0001:" + json.dumps(body))
        self.assertEqual(found.values, {"battery": 5.0})
        self.assertEqual(set(found.ignored), set(body) - {"battery"})

    def test_another_serial_number_in_the_body_means_nothing(self) -> None:
        found = update('1:0001:{"serial_number": "0002", "battery": 5}')
        self.assertEqual((found.serial, found.ignored), ("0001", ("serial_number",)))
        self.assertEqual(update('1:0001:{"serial_number": "0001"}').ignored, ())

    def test_their_number_and_length_are_limited(self) -> None:
        found = update("1:1:" + json.dumps({f"{i}" * 50: i for i in range(10, 60)}))
        self.assertEqual(len(found.ignored), protocol.REPORTED)
        self.assertTrue(all(len(name) <= 40 for name in found.ignored))
        self.assertEqual(update("1:1:{5: 6}").ignored, ("5",))


class MessagesThatCannotBeStored(unittest.TestCase):
    def assert_rejected(self, body: str, reason: str) -> None:
        with self.assertRaises(Rejected) as caught:
            update(f"0116:0001:{body}")
        self.assertIn(reason, str(caught.exception))
        answer = json.loads(protocol.complaint(caught.exception))
        self.assertEqual(answer, {"type": "INFO", "message": "0116:0001:ERROR"})

    def test_values_that_are_no_numbers(self) -> None:
        for value in ("true", '"lots"', '"nan"', '"1_000"', "[]", "{}", "null", '"1e999"', '"٣"'):
            with self.subTest(value):
                self.assert_rejected(f'{{"battery": {value}}}', "battery is not a number")
        for value in ("NaN", "Infinity", "-Infinity", "1e999"):
            with self.subTest(value):
                self.assert_rejected(f'{{"battery": {value}}}', "")

    def test_numbers_out_of_range(self) -> None:
        self.assert_rejected('{"battery": 1e12}', "battery is not between -1e+09 and 1e+09")
        self.assert_rejected('{"capacity": -1}', "capacity is not between 0")
        for value in ("1.5", "-1", "1e30"):
            self.assert_rejected(
                f'{{"pv_connectors": {value}}}', "pv_connectors is not a whole number between 0 and 1000"
            )

    def test_texts_that_do_not_fit(self) -> None:
        self.assert_rejected(json.dumps({"country": "x" * 51}), "country is longer than 50 characters")
        self.assert_rejected('{"country": "A\\u0000T"}', "country holds a character")
        self.assert_rejected("{'country': 'A\\ud800T'}", "country holds a character")
        for value in ("true", "[]", "{}"):
            self.assert_rejected(f'{{"_country": {value}}}', "country is not text")

    def test_one_bad_value_spoils_the_whole_message(self) -> None:
        self.assert_rejected('{"power_income": 5, "battery": "x"}', "battery")

    def test_bodies_that_are_no_dictionary(self) -> None:
        for body in ("", "[]", "5", "{", "{'a': }", "__import__('os')", '{"battery": 1', "{'a': 1}{'b': 2}"):
            with self.subTest(body):
                self.assert_rejected(body, "the body is not a dictionary")

    def test_body_that_is_too_long(self) -> None:
        self.assert_rejected(json.dumps({"x": "y" * protocol.MAX_BODY}), "the body is longer than")


class FramesThatNobodyUnderstands(unittest.TestCase):
    def test_each_gets_an_answer_that_says_why(self) -> None:
        frames = {
            "": "A frame is one JSON object.",
            "hello": "A frame is one JSON object.",
            "[1]": "A frame is one JSON object.",
            '{"message": "1:1:{}"}': "A device sends frames of type INIT or UPDT.",
            '{"type": "FILT", "message": []}': "A device sends frames of type INIT or UPDT.",
            '{"type": ["INIT"], "message": ""}': "A device sends frames of type INIT or UPDT.",
            '{"type": "UPDT", "message": {}}': "The message of a frame is a text.",
            frame("no capping"): "A message reads MMMM:SSSS:{…}",
            frame("0001:00/1:{}"): "A message reads MMMM:SSSS:{…}",
            frame(f"0001:{'9' * 33}:{{}}"): "A message reads MMMM:SSSS:{…}",
        }
        for text, reason in frames.items():
            with self.subTest(text), self.assertRaises(BadFrame) as caught:
                parse(text)
            self.assertIn(reason, str(caught.exception))
            answer = json.loads(protocol.complaint(caught.exception))
            self.assertEqual(answer["type"], "INFO")
            self.assertTrue(answer["message"].startswith(f"ERROR: {reason}"))

    @given(st.text(max_size=200))
    def test_no_text_does_harm(self, text: str) -> None:
        self.assert_harmless(text)
        self.assert_harmless(frame(text))
        self.assert_harmless(frame(f"0001:0001:{text}"))
        self.assert_harmless(frame(f"0001:0001:{{'battery': {text}}}"))

    @given(JSON)
    def test_no_json_does_harm(self, value: object) -> None:
        self.assert_harmless(json.dumps(value))
        self.assert_harmless(json.dumps({"type": "UPDT", "message": value}))
        self.assert_harmless(json.dumps({"type": value, "message": "1:1:{}"}))

    @given(st.dictionaries(st.sampled_from(sorted(FIELDS)).flatmap(lambda n: st.sampled_from([n, f"_{n}"])), JSON))
    def test_no_value_does_harm(self, body: dict[str, object]) -> None:
        self.assert_harmless(frame(f"0001:0001:{json.dumps(body)}"))
        self.assert_harmless(frame(f"0001:0001:{body}"))

    def assert_harmless(self, text: str) -> None:
        try:
            found = parse(text)
        except ProtocolError as error:
            json.loads(protocol.complaint(error))
        else:
            self.assertLessEqual(set(found.values), set(FIELDS))
            protocol.dump_values(found.values).encode()


class AnswersAndRows(unittest.TestCase):
    def test_answers(self) -> None:
        self.assertEqual(protocol.reply("0116", "0001", stored=True), '{"type":"INFO","message":"0116:0001:OK"}')
        self.assertEqual(protocol.reply("0116", "0001", stored=False), '{"type":"INFO","message":"0116:0001:ERROR"}')

    def test_serial_numbers(self) -> None:
        self.assertTrue(protocol.is_serial("S1K0506A-00000326"))
        self.assertFalse(protocol.is_serial("a:b"))
        self.assertFalse(protocol.is_serial("0001\n"))

    def test_browser_message(self) -> None:
        body = protocol.dump_values({"battery": 350.0})
        self.assertEqual(protocol.capped("0008", "0001", body), '0008:0001:{"battery":350.0}')

    def test_browser_row(self) -> None:
        values = dict.fromkeys(protocol.PLAIN_FIELDS) | {"serial_number": "0004", "local_time": "", "state": "online"}
        row = protocol.plain_row(467, values)
        self.assertEqual((row["serial_number"], row["local_time"], row["statusdata_ptr"]), ("0004", None, 467))
        self.assertNotIn("state", row)
