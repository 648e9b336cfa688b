"""Masking: passwords, keys, id tokens and one-time addresses are never in a log, also not those of broken frames."""

from __future__ import annotations

import json
from typing import Any

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from smartserver.core.masking import HIDDEN, mask_address, mask_text, mask_token, masked

SECRET = "hunter2hunter2"
TOKEN = "DEADBEEF42"

NAMED = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}

CONFIGURATION = [{"key": "X", "value": "x"}, {"key": "AuthorizationKey", "readonly": False, "value": SECRET}]

NETWORK = {
    "basicAuthPassword": SECRET,
    "apn": {"apnPassword": SECRET, "simPin": 1234},
    "vpn": {"user": "u", "password": SECRET, "key": SECRET},
}

UPLOAD = f"https://u:{SECRET}@host.example/uploads/{TOKEN}?key={SECRET}"

FRAMES: dict[str, Any] = {
    "a configuration key": [2, "1", "ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET}],
    "in the other order": [2, "1", "ChangeConfiguration", {"value": SECRET, "key": "authorizationkey"}],
    "an answer with the configuration": [3, "1", {"configurationKey": CONFIGURATION}],
    "a key of a vendor": [2, "1", "ChangeConfiguration", {"key": "WifiPassphrase", "value": SECRET}],
    "a variable": [2, "1", "SetVariables", {"setVariableData": [{"attributeValue": SECRET, **NAMED}]}],
    "a report of variables": [
        2,
        "1",
        "NotifyReport",
        {"reportData": [{**NAMED, "variableAttribute": [{"type": "Actual", "value": SECRET}, 1]}]},
    ],
    "a network profile": [2, "1", "SetNetworkProfile", {"connectionData": NETWORK}],
    "a token": [2, "1", "Authorize", {"idTag": TOKEN}],
    "a token of 2.x": [2, "1", "Authorize", {"idToken": {"idToken": TOKEN, "type": "ISO14443"}}],
    "a group": [3, "1", {"idTagInfo": {"status": "Accepted", "parentIdTag": TOKEN}}],
    "a local list": [2, "1", "SendLocalList", {"localAuthorizationList": [{"idTag": TOKEN}]}],
    "an upload": [2, "1", "GetDiagnostics", {"location": UPLOAD}],
    "firmware": [2, "1", "SignedUpdateFirmware", {"firmware": {"location": f"ftp://host.example/{SECRET}"}}],
    "data of a vendor": [2, "1", "DataTransfer", {"data": json.dumps({"password": SECRET, "idTag": TOKEN})}],
    "a header": [2, "1", "DataTransfer", {"data": f"Authorization: Basic {SECRET}"}],
}


class Frames(SimpleTestCase):
    def assert_hidden(self, text: str) -> None:
        self.assertNotIn(SECRET, text)
        self.assertNotIn(TOKEN, text)
        self.assertNotIn("1234", text)

    def test_nothing_secret_is_left(self) -> None:
        for name, frame in FRAMES.items():
            with self.subTest(name):
                shown = mask_text(json.dumps(frame))
                self.assert_hidden(shown)
                self.assertEqual(json.loads(shown)[:2], frame[:2])

    def test_nor_in_frames_that_were_cut_off_or_spoilt(self) -> None:
        for name, frame in FRAMES.items():
            whole = json.dumps(frame)
            for broken in (
                whole[:-1],
                whole[:-3],
                whole.replace('"', "'"),
                "\x00" + whole,
                whole.replace('": ', '" :  ') + ",",
            ):
                with self.subTest(name, broken=broken):
                    self.assert_hidden(mask_text(broken))

    def test_nor_where_the_frame_ends_in_the_middle_of_it(self) -> None:
        self.assertEqual(mask_text('[2,"1","Authorize",{"idTag":"DEADBE'), '[2,"1","Authorize",{"idTag":"DE…')
        self.assertEqual(mask_text('{"password":"hunter'), '{"password":"***')

    def test_nor_behind_escapes(self) -> None:
        self.assertNotIn(TOKEN, mask_text('{"\\u0069dTag":"' + TOKEN + '"}'))
        self.assertNotIn(TOKEN, mask_text('{"data":"{\\"idTag\\":\\"' + TOKEN + '\\"}",'))
        self.assertNotIn("2hunter", mask_text('{"password":"hunter\\"2hunter",'))

    def test_what_is_left_can_be_read(self) -> None:
        self.assertEqual(mask_text('[2,"1","Authorize",{"idTag":"DEADBEEF42"}]'), '[2,"1","Authorize",{"idTag":"DE…"}]')
        self.assertEqual(
            mask_text(json.dumps(FRAMES["an upload"])), '[2,"1","GetDiagnostics",{"location":"https://host.example/…"}]'
        )

    def test_what_is_no_secret_stays_to_the_last_space(self) -> None:
        for text in (
            '[2, "1",  "Heartbeat", {}]',
            '[2,"1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"300"}]',
            "no json at all",
            "",
            '{"broken":',
        ):
            self.assertEqual(mask_text(text), text)
        value = [1, 2.5, None, True, {"key": "HeartbeatInterval", "value": "300"}, {"location": "Outlet"}]
        self.assertEqual(masked(value), value)

    def test_a_value_that_is_not_there_is_not_hidden(self) -> None:
        for frame in (
            {"key": "AuthorizationKey", "value": ""},
            {"key": "AuthorizationKey", "readonly": True},
            {"idTag": ""},
        ):
            self.assertEqual(masked(frame), frame)
        self.assertEqual(mask_text('{"idTag":"",'), '{"idTag":"",')

    def test_tokens_that_are_numbers(self) -> None:
        self.assertEqual(mask_text('{"idTag":123456}'), '{"idTag":"12…"}')
        self.assertEqual(mask_text('{"idTag":123456,'), '{"idTag":12…,')
        self.assertEqual(mask_text('{"idTag":"\\u00e4bc",'), '{"idTag":"…",')

    def test_tokens_and_addresses_may_be_kept(self) -> None:
        value = {"idTag": TOKEN, "location": "ftp://h/x", "password": SECRET, "data": '{"idTag":1,"password":"x"}'}
        kept = masked(value, tokens=False, addresses=False)
        self.assertEqual(
            kept, {"idTag": TOKEN, "location": "ftp://h/x", "password": HIDDEN, "data": '{"idTag":1,"password":"***"}'}
        )

    def test_vendors_texts_that_look_like_json_and_are_none(self) -> None:
        self.assertEqual(masked(['{"idTag":"DEADBEEF']), ['{"idTag":"DE…'])

    def test_deep_nesting_ends_nothing(self) -> None:
        self.assertNotIn(TOKEN, mask_text("[" * 900 + '{"idTag":"' + TOKEN + '"}' + "]" * 900))

    @given(st.text(alphabet=st.sampled_from("{}[]\":,\\ 'idTagpassword0ä\n"), max_size=60))
    def test_any_text_is_masked_without_complaint(self, text: str) -> None:
        mask_text(text)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers(0, 9) | st.text("abc", max_size=3),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["idTag", "key", "value", "variable", "name", "vpn", "x"]), inner, max_size=4
                )
            ),
            max_leaves=12,
        ),
        st.sampled_from(["password", "idTag", "location", "basicAuthPassword"]),
        st.integers(0, 8),
    )
    def test_a_secret_is_found_wherever_it_stands(self, around: Any, field: str, cut: int) -> None:
        secret = "ftp://zzzzzzzz@h/zzzzzzzz" if field == "location" else "zzzzzzzzzz"
        text = json.dumps([around, {field: secret}, around])
        for shown in (mask_text(text), mask_text(text[: len(text) - cut] + ",")):
            self.assertNotIn("zzz", shown)


class Parts(SimpleTestCase):
    def test_tokens_show_two_characters(self) -> None:
        self.assertEqual([mask_token(token) for token in ("DEADBEEF", "A", "")], ["DE…", "A…", ""])

    def test_addresses_show_the_server(self) -> None:
        self.assertEqual(mask_address("https://h.example"), "https://h.example")
        self.assertEqual(mask_address("https://h.example:8443/"), "https://h.example:8443/")
        self.assertEqual(mask_address("ftp://u:p@h.example/a/b?c#d"), "ftp://h.example/…")
        self.assertEqual(mask_address("https://[h/x"), HIDDEN)
        self.assertEqual(mask_address("https://user:passw"), HIDDEN, "Cut off before the @.")
        self.assertEqual(mask_address("Outlet"), "Outlet")
