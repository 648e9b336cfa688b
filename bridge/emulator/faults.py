"""What an emulated charger does wrong, on demand. Pure.

| Fault | Value | What happens |
|---|---|---|
| errors | 0 to 1 | this part of all requests is answered with 500 |
| next_errors | number | the next so many requests are answered with 500 |
| slow | seconds | every answer comes so much later |
| hang | 0 or 1 | requests get no answer at all |
| drop | seconds | event sockets are cut so often, without a closing frame |
| truncate | bytes | answers break off after so many bytes |
| endless | 0 or 1 | logs are one line without an end |
| state | word | /state is malformed: `html`, `single`, `missing`, `types`, `empty`, `text` |
| reboot | seconds | once: everything closes for so long |
| refuse | seconds | once: connections are refused for so long, those that stand stay |

`only` (text) confines errors, next_errors, slow, hang and truncate to paths that begin with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import orjson

STATES = ("html", "single", "missing", "types", "empty", "text")
MAX_SECONDS = 86_400.0
MAX_COUNT = 2**40

HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


class BadFault(ValueError):
    """`str(error)` says which fault or value there is not."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Without arguments a charger without faults."""

    errors: float = 0.0
    next_errors: int = 0
    slow: float = 0.0
    hang: bool = False
    drop: float = 0.0
    truncate: int = 0
    endless: bool = False
    state: str = ""
    reboot: float = 0.0
    refuse: float = 0.0
    only: str = ""

    def concern(self, path: str) -> bool:
        return path.startswith(self.only)

    def changed(self, values: Mapping[str, Any]) -> Faults:
        """These faults with other values; `BadFault`."""
        return replace(self, **{name: _value(name, value) for name, value in values.items()})

    def shown(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


def from_words(words: list[str]) -> Faults:
    """From `name=value` or `name`, which means 1; `BadFault`."""
    given: dict[str, Any] = {}
    for word in words:
        name, has_value, value = word.partition("=")
        given[name.strip()] = value if has_value else "1"
    return Faults().changed(given)


def _value(name: str, value: Any) -> Any:
    kinds = {each.name: each.default for each in fields(Faults)}
    if name not in kinds:
        raise BadFault(f"There is no fault {name[:50]!r}; there are {', '.join(kinds)}.")
    if isinstance(kinds[name], str):
        return _word(name, value)
    number = _number(name, value)
    if isinstance(kinds[name], bool):
        if number not in (0, 1):
            raise BadFault(f"{name}: 0 or 1 is needed.")
        return bool(number)
    if isinstance(kinds[name], int):
        if not number.is_integer() or not 0 <= number <= MAX_COUNT:
            raise BadFault(f"{name}: a whole number is needed.")
        return int(number)
    most = 1.0 if name == "errors" else MAX_SECONDS
    if not 0 <= number <= most:
        raise BadFault(f"{name}: a number from 0 to {most:g} is needed.")
    return number


def _word(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise BadFault(f"{name}: a text is needed.")
    if name == "state" and value not in ("", *STATES):
        raise BadFault(f"state: one of {', '.join(STATES)} is needed.")
    return value


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise BadFault(f"{name}: a number is needed.")
    return number


def malformed(kind: str, state: list[dict[str, Any]]) -> bytes:
    """The body of /state with this fault."""
    if kind == "html":
        return HTML
    if kind == "single":
        return orjson.dumps(state[0])
    if kind == "empty":
        return b"[]"
    if kind == "text":
        return b"starting up"
    if kind == "missing":
        kept = ("outlet", "phs")
        return orjson.dumps([{name: each[name] for name in kept} for each in state])
    return orjson.dumps([{name: _other_type(value) for name, value in each.items()} for each in state])


def _other_type(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else None
    if isinstance(value, int | float):
        return [value]
    return {"value": value} if isinstance(value, str) else 42
