"""Dictionaries as Python prints them, read without trust. Pure.

Some devices send `str(dict)` instead of JSON. `ast.literal_eval` reads that and runs nothing, but
deep nesting and long chains of operators can exhaust the interpreter's stack. So the text is first
divided into tokens, which allows nothing but strings, plain numbers, three words and brackets of
little depth, with a comma or colon between any two values.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

MAX_LENGTH = 16_384
MAX_DEPTH = 8

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
    | (?P<open>[{\[(])
    | (?P<close>[}\])])
    | (?P<separator>[:,])
    | (?P<value>
        '(?:[^'\\\r\n\0] | \\['"\\nrt] | \\x[0-9a-fA-F]{2} | \\u[0-9a-fA-F]{4})*'
      | "(?:[^"\\\r\n\0] | \\['"\\nrt] | \\x[0-9a-fA-F]{2} | \\u[0-9a-fA-F]{4})*"
      | [+-]?(?:0|[1-9][0-9]{0,39})(?:\.[0-9]{0,40})?(?:[eE][+-]?[0-9]{1,3})?(?![0-9A-Za-z_.])
      | (?:None|True|False)(?![0-9A-Za-z_])
      )
    """,
    re.VERBOSE | re.ASCII,
)


class NotLiteral(ValueError):
    """The text is no such dictionary, or one that is too large to be read."""


def parse_literal(text: str) -> object:
    """The value that the text stands for. Raises `NotLiteral`, nothing else."""
    _check(text)
    try:
        found: object = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError) as error:
        raise NotLiteral(str(error)) from None
    return found


def _check(text: str) -> None:
    depth = 0
    after_value = False
    for kind in _tokens(text):
        if kind in ("open", "value") and after_value:
            raise NotLiteral("two values without a comma")
        if kind != "space":
            after_value = kind in ("value", "close")
        depth += (kind == "open") - (kind == "close")
        if not 0 <= depth <= MAX_DEPTH:
            raise NotLiteral("too deep")


def _tokens(text: str) -> Iterator[str | None]:
    if len(text) > MAX_LENGTH:
        raise NotLiteral("too long")
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise NotLiteral(f"not understood at {position}")
        position = token.end()
        yield token.lastgroup
