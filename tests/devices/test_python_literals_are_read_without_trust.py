from __future__ import annotations

import unittest

from hypothesis import given
from hypothesis import strategies as st

from devices.pyliteral import MAX_DEPTH, MAX_LENGTH, NotLiteral, parse_literal

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(-1e15, 1e15).map(lambda n: round(n, 3)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc'\"\\:{ ", max_size=5), inner, max_size=3),
    max_leaves=8,
)


class PythonLiterals(unittest.TestCase):
    @given(VALUES)
    def test_what_python_prints_is_read(self, value: object) -> None:
        self.assertEqual(parse_literal(str(value)), value)

    @given(st.text("{}[]():,'\"-+0123456789.eE ajTrue\\xuN\n", max_size=60) | st.text(max_size=60))
    def test_anything_else_is_refused(self, text: str) -> None:
        try:
            parse_literal(text)
        except NotLiteral:
            pass

    def test_escapes(self) -> None:
        self.assertEqual(parse_literal(r"{'a': 'it\'s \x41 \u00e9 \\ \n'}"), {"a": "it's A é \\ \n"})

    def test_nothing_that_computes_or_calls(self) -> None:
        for text in (
            "1+1",
            "1-1",
            "'a' 'b'",
            "f()",
            "{'a': open('x')}",
            "(1)(2)",
            "[1][0]",
            "- 1",
            "--1",
            "b'a'",
            "1j",
        ):
            with self.subTest(text), self.assertRaises(NotLiteral):
                parse_literal(text)

    def test_nothing_that_python_cannot_read(self) -> None:
        for text in ("", "{[]: 1}", "{'a': 1,,}", "]", "[", "{'a'}:", "['\\q']"):
            with self.subTest(text), self.assertRaises(NotLiteral):
                parse_literal(text)

    def test_depth_and_length_are_limited(self) -> None:
        self.assertEqual(parse_literal("[" * MAX_DEPTH + "]" * MAX_DEPTH), [[[[[[[[]]]]]]]])
        for text in (
            "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
            "[" * 5000,
            "-" * 5000 + "1",
            "'" + "a" * MAX_LENGTH + "'",
        ):
            with self.assertRaises(NotLiteral):
                parse_literal(text)
