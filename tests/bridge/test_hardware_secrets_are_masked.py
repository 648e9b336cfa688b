"""Passwords in requests to hardware, in its answers and in reports of bridges; what has none stays as it is."""

from __future__ import annotations

import unittest
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.cms.language import of_administrators
from bridge.cms.secrets import mask_answer, mask_report, mask_request
from stations.services.secrets import mask, mask_reply

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab:\"'{ ", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


class Masked(unittest.TestCase):
    def test_a_body_keeps_everything_but_its_passwords(self) -> None:
        payload = {"method": "PUT", "path": "/ocpp-client/config", "body": '{"a": [{"apiKey": "k-1"}], "b": 2}'}
        self.assertEqual(mask("HardwareRequest", payload)["body"], '{"a":[{"apiKey":"***"}],"b":2}')

    def test_a_configuration_key_is_known_by_its_name(self) -> None:
        body = '[{"key": "AuthorizationKey", "value": "0123456789abcdef"}]'
        self.assertNotIn("0123456789abcdef", mask_report(body))

    def test_a_body_that_is_no_json_is_searched(self) -> None:
        payload = {"method": "POST", "path": "/services/auth", "is_json": False, "body": 'x = {"password": "p-1"'}
        self.assertEqual(mask_request(payload)["body"], 'x = {"password": "***"')

    def test_an_answer_is_masked_in_either_form(self) -> None:
        for body, shown in (
            ({"password": "p-1", "x": 1}, {"password": "***", "x": 1}),
            ('"basic: basic cGFzcw=="', None),
        ):
            found = mask_reply("HardwareRequest", {"status": "200", "body": body})
            self.assertNotIn("p-1", str(found))
            self.assertNotIn("cGFzcw", str(found))
            if shown is not None:
                self.assertEqual(found, {"status": "200", "body": shown})


class Untouched(unittest.TestCase):
    def test_spaces_of_what_has_no_secret_stay(self) -> None:
        """Addresses and tokens make the search look closer; they are no secrets here."""
        for text in ('{"url": "wss://csms.example.org",  "idTag": "CARD1"}', "password", '"\\u0041"', ""):
            with self.subTest(text):
                self.assertIs(mask_report(text), text)
                payload = {"method": "PUT", "path": "/hmi/config", "body": text}
                self.assertIs(mask("HardwareRequest", payload), payload)

    def test_requests_without_a_body_and_answers_that_are_files(self) -> None:
        for payload in ({"method": "GET", "path": "/state"}, {"method": "PUT", "path": "/reset", "body": 7}):
            self.assertIs(mask_request(payload), payload)
        reply = {"status": "200", "job": 4, "size": 9}
        self.assertIs(mask_answer(reply), reply)

    @given(JSON)
    def test_an_answer_without_names_of_secrets_is_what_it_was(self, body: object) -> None:
        reply = {"status": "200", "body": body}
        self.assertEqual(mask_reply("HardwareRequest", reply), reply)


class OfAdministrators(unittest.TestCase):
    def test_payloads_that_nobody_has_checked_yet_are_judged_without_a_fault(self) -> None:
        payloads: tuple[dict[str, Any], ...] = (
            {},
            {"path": 4},
            {"path": None, "body": []},
            {"path": "/state", "body": {"password": "x"}},
        )
        for payload in payloads:
            self.assertFalse(of_administrators("HardwareRequest", payload))
        self.assertTrue(of_administrators("GetLogFile", {"path": "/scripts/a"}))
        self.assertFalse(of_administrators("GetLogFile", {"path": "/state", "body": '{"password": "x"}'}))
