"""The calls of marked functions in JavaScript, with the texts that they are given.

A reader of tokens, no parser: it knows comments, strings, templates within templates and regular
expressions well enough that nothing in them is taken for code, and nothing in code is missed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["name", "text", "other", "punctuation"]

_SKIPPED = re.compile(r"\s+|//[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}
_WORD = re.compile(r"[\w$]+")
_CHUNK = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(`|\$\{|\Z)", re.DOTALL)
_REGEX = re.compile(r"/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
_BEFORE_REGEX = frozenset("(,=:[!&|?{};+-*%<>~^")
_WORDS_BEFORE_REGEX = frozenset(("return", "typeof", "case", "in", "of", "do", "else", "await", "yield", "void"))


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    value: str
    line: int


def calls(source: str, marks: Collection[str]) -> Iterator[tuple[int, str, tuple[str | None, ...]]]:
    """(line, mark, its first two arguments) of each call; None for an argument that is not a plain text."""
    tokens = list(tokenize(source))
    for at, token in enumerate(tokens[:-1]):
        before = tokens[at - 1].value if at else ""
        if token.kind != "name" or token.value not in marks or before in (".", "#", "function"):
            continue
        if tokens[at + 1].value == "(":
            yield token.line, token.value, _arguments(tokens, at + 2)


def _arguments(tokens: list[Token], at: int) -> tuple[str | None, ...]:
    first = _text(tokens, at)
    second = _text(tokens, at + 2) if first is not None and tokens[at + 1].value == "," else None
    return first, second


def _text(tokens: list[Token], at: int) -> str | None:
    """The text that is all of an argument."""
    if at + 1 < len(tokens) and tokens[at].kind == "text" and tokens[at + 1].value in (",", ")"):
        return tokens[at].value
    return None


def tokenize(source: str) -> Iterator[Token]:
    """The tokens of a module. A template is its expressions' tokens, or a text when it has none."""
    at = 0
    braces: list[str] = []  # what the open ones belong to: "{" code, "`" a template
    before = Token("punctuation", "(", 1)
    while at < len(source):
        if skipped := _SKIPPED.match(source, at):
            at = skipped.end()
            continue
        before, at = _token(source, at, before, braces)
        yield before


def _token(source: str, at: int, before: Token, braces: list[str]) -> tuple[Token, int]:
    line, char = source.count("\n", 0, at) + 1, source[at]
    if char == "`" or (char == "}" and braces and braces[-1] == "`"):
        return _chunk(source, at, line, braces)
    if found := _STRING.match(source, at):
        return Token("text", _unquoted(found[0][1:-1]), line), found.end()
    if found := _WORD.match(source, at):
        return Token("name", found[0], line), found.end()
    if _regex_may_follow(before) and (found := _REGEX.match(source, at)):
        return Token("other", found[0], line), found.end()
    if char == "{":
        braces.append("{")
    elif char == "}" and braces:
        braces.pop()
    return Token("punctuation", char, line), at + 1


def _chunk(source: str, at: int, line: int, braces: list[str]) -> tuple[Token, int]:
    """A template up to its end or its next expression, from its beginning or the end of an expression."""
    begins = source[at] == "`"
    if not begins:
        braces.pop()
    found = _CHUNK.match(source, at + 1)
    assert found is not None  # it matches the empty rest as well
    if found[1] == "${":
        braces.append("`")
        return Token("punctuation", "(", line), found.end()
    if begins:
        return Token("text", _unquoted(found[0].removesuffix("`")), line), found.end()
    return Token("other", "`", line), found.end()


def _unquoted(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        code = found[1] or found[2] or found[3]
        return chr(int(code, 16)) if code else _ESCAPED.get(found[4], found[4])

    return _ESCAPE.sub(plain, text)


def _regex_may_follow(before: Token) -> bool:
    if before.kind == "punctuation":
        return before.value in _BEFORE_REGEX
    return before.kind == "name" and before.value in _WORDS_BEFORE_REGEX
