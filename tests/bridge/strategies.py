"""Random JSON, bytes and paths, for hypothesis."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
"""Texts that have an encoding."""

BROKEN_TEXTS = st.text(max_size=40)
"""Texts with halves of surrogate pairs too."""

NUMBERS = (
    st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from((0, 1, -1, 1.5, 1e300, 2**31, 2**53))
)


def leaves() -> SearchStrategy[Any]:
    words = st.sampled_from(("", "0", "1", "true", "FALSE", " 7 ", "-1", "1e999", "nan", "٣", "1\n", "9" * 400, "0x10"))
    return st.none() | st.booleans() | NUMBERS | TEXTS | words


def json_values() -> SearchStrategy[Any]:
    return st.recursive(
        leaves(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=10
    )


def objects(*names: str) -> SearchStrategy[dict[str, Any]]:
    """Objects that have some of these fields, with values of any kind."""
    return st.dictionaries(st.sampled_from(names) | TEXTS, json_values(), max_size=len(names) + 2)


def bodies(*names: str) -> SearchStrategy[bytes]:
    """Bodies of requests: any bytes, any JSON, JSON in JSON, and objects that are nearly right."""
    documents = json_values() | objects(*names) | st.lists(objects(*names), max_size=3)
    encoded = documents.map(orjson.dumps)
    twice = encoded.map(lambda body: orjson.dumps(body.decode()))
    return st.binary(max_size=100) | encoded | twice | st.sampled_from((b"", b"null", b'""', b"[" * 5000, b"<html>"))
