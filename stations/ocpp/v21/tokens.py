"""Tokens on the wire: 2.1 has longer ones, of any kind."""

from __future__ import annotations

MAX_TOKEN = 255
MAX_TYPE = 20


def takes(value: str, type: str) -> bool:
    """Whether 2.1 has a word for such a token."""
    return len(value) <= MAX_TOKEN and len(type) <= MAX_TYPE
