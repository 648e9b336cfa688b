"""Keys of machines: however a station sends its password, and whatever the operator typed, it is recognised."""

from __future__ import annotations

import base64
import string

from django.test import SimpleTestCase
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smartserver.core.credentials import BasicCredentials, hash_key, key_matches, new_key, parse_basic


def header(user: str | bytes, password: bytes) -> bytes:
    return b"Basic " + base64.b64encode((user.encode() if isinstance(user, str) else user) + b":" + password)


class Keys(SimpleTestCase):
    def recognised(self, entered: str, sent: bytes) -> bool:
        credentials = parse_basic(header("CP1", sent))
        assert credentials is not None
        return key_matches(credentials.spellings(), hash_key(entered))

    def test_new_keys_are_long_different_and_fit_the_longest_password_of_ocpp(self) -> None:
        keys = {new_key() for _ in range(50)}
        self.assertEqual((len(keys), {len(key) for key in keys}), (50, {40}))

    def test_only_a_hash_is_kept_and_never_the_same_twice(self) -> None:
        first, second = hash_key("secret"), hash_key("secret")
        self.assertTrue(first.startswith("scrypt_machine$2048$"))
        self.assertNotIn("secret", first)
        self.assertNotEqual(first, second)

    def test_the_text_that_was_entered(self) -> None:
        self.assertTrue(self.recognised("open sesame", b"open sesame"))
        self.assertTrue(self.recognised("Schlüssel", "Schlüssel".encode()))
        self.assertTrue(self.recognised("Schlüssel", "Schlüssel".encode("latin-1")))
        self.assertFalse(self.recognised("open sesame", b"Open sesame"))
        self.assertFalse(self.recognised("open sesame", b""))

    def test_longer_than_twenty_characters(self) -> None:
        self.assertTrue(self.recognised("k" * 200, b"k" * 200))
        self.assertFalse(self.recognised("k" * 200, b"k" * 199))

    def test_hexadecimal_entered_and_raw_bytes_sent(self) -> None:
        raw = bytes(range(0xF0, 0x100)) + b"\x00\x01"
        self.assertTrue(self.recognised(raw.hex(), raw))
        self.assertTrue(self.recognised(raw.hex().upper(), raw))

    def test_text_entered_and_hexadecimal_sent(self) -> None:
        self.assertTrue(self.recognised("open sesame", b"open sesame".hex().encode()))
        self.assertTrue(self.recognised("open sesame", b"open sesame".hex().upper().encode()))

    def test_a_password_that_happens_to_be_hexadecimal_is_taken_as_it_is(self) -> None:
        self.assertTrue(self.recognised("abcd1234", b"abcd1234"))

    def test_an_account_without_a_key_is_opened_by_nothing(self) -> None:
        self.assertFalse(key_matches(["", "anything"], ""))
        self.assertFalse(key_matches([], hash_key("")))


class Headers(SimpleTestCase):
    def test_user_and_password_stand_beside_the_first_colon(self) -> None:
        self.assertEqual(parse_basic(header("CP1", b"a:b")), BasicCredentials("CP1", b"a:b"))
        self.assertEqual(parse_basic(header("", b"")), BasicCredentials("", b""))

    def test_the_scheme_is_written_in_any_case_and_space(self) -> None:
        encoded = base64.b64encode(b"u:p")
        for each in (b"basic " + encoded, b"BASIC  " + encoded + b" "):
            self.assertEqual(parse_basic(each), BasicCredentials("u", b"p"))

    def test_anything_else_holds_no_credentials(self) -> None:
        no_colon = b"Basic " + base64.b64encode(b"user")
        for each in (b"", b"Basic", b"Basic ", b"Bearer abc", b"Basic ***", b"Basic YQ=", b"Basic \xff", no_colon):
            self.assertIsNone(parse_basic(each), each)

    def test_a_user_that_is_no_utf_8_is_nobody_s_name(self) -> None:
        credentials = parse_basic(header(b"\xff", b"p"))
        assert credentials is not None
        self.assertEqual(credentials.user, "\N{REPLACEMENT CHARACTER}")

    @given(st.text(st.characters(exclude_characters=":", exclude_categories=["Cs"])), st.binary(max_size=60))
    def test_what_was_put_in_comes_out(self, user: str, password: bytes) -> None:
        self.assertEqual(parse_basic(header(user, password)), BasicCredentials(user, password))

    @given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda junk: b"Basic " + junk))
    @settings(max_examples=300)
    def test_no_header_does_anything_but_be_parsed_or_not(self, junk: bytes) -> None:
        credentials = parse_basic(junk)
        if credentials is not None:
            credentials.spellings()

    @given(st.binary(max_size=40) | st.text(string.hexdigits + " ", max_size=40).map(str.encode))
    @example("Ä".encode())
    def test_each_spelling_is_tried_once_and_the_plain_one_first(self, password: bytes) -> None:
        spellings = BasicCredentials("u", password).spellings()
        self.assertEqual(len(spellings), len(set(spellings)))
        try:
            self.assertEqual(spellings[0], password.decode())
        except UnicodeDecodeError:
            self.assertEqual(spellings[0], password.decode("latin-1"))
        self.assertIn(password.hex(), spellings)
