"""`bridge.jsontext`: any cut of any JSON string gives what the whole of it means; everything else is a `WireError`."""

from __future__ import annotations

import json
from itertools import pairwise
from unittest import TestCase

import orjson
from hypothesis import given
from hypothesis import strategies as st

from bridge import jsontext
from bridge.wire import WireError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The same bytes in pieces."""
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(marks)]


def decode(*pieces: bytes) -> str:
    return b"".join(jsontext.decode(pieces)).decode()


class Decoding(TestCase):
    @given(TEXTS, st.lists(st.integers(0, 10_000), max_size=20), st.booleans())
    def test_any_cut_of_any_string(self, text: str, places: list[int], ascii_only: bool) -> None:
        data = json.dumps(text, ensure_ascii=ascii_only).encode()
        self.assertEqual(decode(*cut(data, places)), text)

    @given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5))
    def test_anything_is_decoded_as_a_parser_does_or_refused(self, data: bytes, places: list[int]) -> None:
        for content in (data, b'"' + data + b'"'):
            try:
                found = b"".join(jsontext.decode(cut(content, places)))
            except WireError:
                continue
            try:
                whole = orjson.loads(content)
            except orjson.JSONDecodeError:
                continue  # halves of surrogate pairs and broken UTF-8 pass; whoever reads the text replaces them
            self.assertEqual(found.decode("utf-8", "replace"), whole)

    def test_blanks_around_it_mean_nothing(self) -> None:
        self.assertEqual(decode(b"  \n", b' "a"', b" \t", b"\r\n"), "a")

    def test_every_short_escape(self) -> None:
        self.assertEqual(decode(rb'"\"\\\/\b\f\n\r\t"'), '"\\/\b\f\n\r\t')

    def test_a_pair_is_one_character_wherever_it_is_cut(self) -> None:
        data = rb'"\ud83d\ude00"'
        for place in range(len(data)):
            self.assertEqual(decode(data[:place], data[place:]), "😀")

    def test_half_a_pair_is_replaced(self) -> None:
        self.assertEqual(decode(rb'"\ud83dx"'), "?x")
        self.assertEqual(decode(rb'"\ud83d\n"'), "?\n")
        self.assertEqual(decode(rb'"\ud83d\u0041"'), "?A")
        self.assertEqual(decode(rb'"\ude00"'), "?")

    def test_what_is_no_json_string_is_refused(self) -> None:
        for pieces in (
            (b"",),
            (b"  ",),
            (b"{}",),
            (b'"a',),
            (b'"a\\',),
            (b'"\\u12',),
            (b'"\\ud83d',),
            (b'"\\x"',),
            (b'"\\u12g4"',),
            (b'"\\ud83d\\u12g4"',),
            (b'"a\nb"',),
            (b'"a" b',),
            (b'"a"', b"b"),
        ):
            with self.subTest(pieces), self.assertRaises(WireError):
                decode(*pieces)

    def test_nothing_but_the_present_piece_is_held(self) -> None:
        decoder = jsontext.StringDecoder()
        self.assertEqual(decoder.feed(b'"' + b"x" * 1_000_000), b"x" * 1_000_000)
        self.assertEqual(decoder.feed(b"\\"), b"")
        self.assertEqual(decoder.feed(b'n"'), b"\n")
        decoder.close()
