"""`bridge.jsontext`: any cut of a text gives what the whole of it means; everything else is a `WireError`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any
from unittest import TestCase

import orjson
from hypothesis import given
from hypothesis import strategies as st

from bridge import jsontext
from bridge.jsontext import Reader
from bridge.wire import WireError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))

FRAGMENTS = st.lists(
    st.sampled_from(
        (
            b"\\",
            b'"',
            b"\\ud83d",
            b"\\ude00",
            b"\\u00",
            b"41",
            b"\\n",
            b"\\x",
            b"\xc3",
            b"\xa9",
            b"\xf0\x9f\x98",
            b"\x80",
            b"\n",
            b" ",
        )
    )
    | st.binary(max_size=4)
    | TEXTS.map(str.encode),
    max_size=12,
).map(b"".join)
"""Bytes that are nearly the content of a JSON string."""


def as_a_parser(content: bytes) -> str | None:
    """The text that a JSON string is, with `?` for halves of surrogate pairs; None for what is no JSON string."""
    try:
        value = json.loads(content.decode())
    except ValueError:
        return None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


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

    @given(FRAGMENTS, st.lists(st.integers(0, 300), max_size=8))
    def test_anything_is_decoded_as_a_parser_does_or_refused(self, data: bytes, places: list[int]) -> None:
        for content in (data, b'"' + data + b'"'):
            expected = as_a_parser(content)
            try:
                found = b"".join(jsontext.decode(cut(content, places))).decode()
            except WireError:
                self.assertIsNone(expected)
            else:
                self.assertEqual(found, expected)

    def test_bytes_that_are_no_utf8_are_refused_wherever_they_stand(self) -> None:
        for pieces in (
            (b'"\xff"',),
            (b'"\xc3', b'"'),
            (b'"\xc3',),
            (b'"a"\xc3',),
            (b'"\xed\xa0\x80"',),
            (b"\xef\xbb\xbf", b'"a"'),
        ):
            with self.subTest(pieces), self.assertRaises(WireError):
                decode(*pieces)

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
        taken: list[int] = []

        def pieces() -> Iterator[bytes]:
            for number, piece in enumerate((b'"' + b"x" * 1_000_000, b"\\", b'n"')):
                taken.append(number)
                yield piece

        found = jsontext.decode(pieces())
        self.assertEqual((next(found), taken), (b"x" * 1_000_000, [0]))
        self.assertEqual((next(found), taken), (b"\n", [0, 1, 2]))
        self.assertEqual(list(found), [])


def fields(text: bytes, places: Sequence[int] = ()) -> dict[str, Any]:
    """An object of texts, words, and arrays of texts, by the reader."""
    reader = Reader(cut(text, list(places)))
    found: dict[str, Any] = {}
    for name in reader.fields():
        if reader.next() == b"[":
            found[name] = [reader.short() for _ in reader.items()]
        else:
            found[name] = reader.short() if reader.next() == b'"' else orjson.loads(reader.word())
    reader.end()
    return found


class Reading(TestCase):
    @given(
        st.dictionaries(
            TEXTS,
            TEXTS | st.lists(TEXTS) | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
            | st.booleans() | st.none(),
        ),
        st.lists(st.integers(0, 10_000), max_size=20),
        st.sampled_from((None, 2)),
    )  # fmt: skip
    def test_any_cut_of_an_object(self, value: dict[str, Any], places: list[int], indent: int | None) -> None:
        self.assertEqual(fields(json.dumps(value, indent=indent).encode(), places), value)

    @given(st.binary(max_size=40) | st.text('{}[]:,"a0 \\', max_size=20).map(str.encode))
    def test_anything_is_read_or_refused(self, text: bytes) -> None:
        try:
            found = fields(text)
        except WireError:
            return
        self.assertEqual(found, json.loads(text, object_pairs_hook=dict))

    def test_empty_ones(self) -> None:
        self.assertEqual(fields(b" { } "), {})
        self.assertEqual(fields(b'{"a":[ ]}'), {"a": []})

    def test_what_is_skipped_is_read(self) -> None:
        reader = Reader([b'{"a":"long', b' one","b":-1.5e3,"c":null,"d":true}'])
        for _ in reader.fields():
            reader.skip()
        reader.end()

    def test_what_is_not_skipped_is_refused(self) -> None:
        for value in (b"{}", b"[]", b"nul", b"01", b"1e", b"NaN", b"", b"+1", b"1" * 3000):
            reader = Reader([b'{"a":', value, b"}"])
            with self.subTest(value[:9]), self.assertRaises(WireError):
                for _ in reader.fields():
                    reader.skip()

    def test_short_texts_are_short(self) -> None:
        text = b'"' + b"x" * jsontext.MAX_SHORT + b'"'
        self.assertEqual(len(Reader([text]).short()), jsontext.MAX_SHORT)
        with self.assertRaises(WireError):
            Reader([b'"y', text[1:]]).short()

    def test_broken_objects_and_arrays_are_refused(self) -> None:
        for text in (
            b"",
            b"[",
            b"{",
            b'{"a"',
            b'{"a" 1}',
            b'{"a":1',
            b'{"a":1 "b":2}',
            b"{1:2}",
            b'{"a":["b"',
            b'{"a":["b" "c"]}',
            b'{"a":1}x',
            b'{"a":1,}',
            b'{"a":["b",]}',
        ):
            with self.subTest(text), self.assertRaises(WireError):
                fields(text)
