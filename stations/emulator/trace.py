"""What an emulated station tells of its connection: frames (LOG_PAYLOAD) and its life (LOG_LIFECYCLE). Pure.

Nobody learns a token or a password from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MASK = "***"
_SECRET_NAMES = frozenset({"idtag", "parentidtag", "password", "csr"})
_SECRET_KEYS = frozenset({"authorizationkey", "basicauthpassword"})


def _no_line(line: str) -> None:
    """Nobody reads it."""


@dataclass(frozen=True, slots=True)
class Trace:
    payload: bool = False
    lifecycle: bool = False
    write: Callable[[str], None] = _no_line

    def frame(self, identity: str, arrow: str, text: str) -> None:
        if self.payload:
            self.write(f"{identity} {arrow} {masked(text)}")

    def event(self, identity: str, what: str) -> None:
        if self.lifecycle:
            self.write(f"{identity} {what}")


def masked(text: str) -> str:
    """A frame without its secrets; one that is no JSON is not shown at all, since nobody knows what is in it."""
    try:
        decoded = json.loads(text)
    except ValueError:
        return f"({len(text)} characters that are no JSON)"
    return json.dumps(_masked(decoded), ensure_ascii=False, separators=(",", ":"))


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if not isinstance(value, dict):
        return value
    secret = _names_a_secret(value)
    return {name: _shown(name, each, secret=secret) for name, each in value.items()}


def _names_a_secret(entry: dict[str, Any]) -> bool:
    """1.6 has `key` and `value`; 2.x a `variable` with a name, and `attributeValue`."""
    variable = entry.get("variable")
    name = variable.get("name") if isinstance(variable, dict) else entry.get("key")
    return isinstance(name, str) and name.casefold() in _SECRET_KEYS


def _shown(name: str, value: Any, *, secret: bool) -> Any:
    key = name.casefold()
    if key in _SECRET_NAMES or (secret and key in ("value", "attributevalue")):
        return MASK
    if key == "idtoken" and isinstance(value, str):
        return MASK
    return _masked(value)
