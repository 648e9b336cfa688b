"""Any valid payload of any action, for hypothesis: made from the JSON schema of its request."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from smartserver.core.clock import isoformat
from stations.ocpp import schemas
from stations.ocpp.frames import Payload

LONGEST_TEXT = 300
MOST_ITEMS = 3
WHOLE = 2**31 - 1
"""OCPP's integers have 32 bits (2.0.1 part 2, section 2.1.3)."""

LARGE = 1e12
"""Numbers are decimals of which nobody measures larger ones."""

JSON: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-WHOLE, WHOLE) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(isoformat)


@cache
def payloads(version: str, action: str) -> SearchStrategy[Payload]:
    """Payloads that fit the schema of the request: whatever is optional may be there or not."""
    request, _ = schemas.documents(version, action)
    return _any(request, request).filter(lambda made: not schemas.request_problems(version, action, made))


def _any(schema: dict[str, Any], whole: dict[str, Any]) -> SearchStrategy[Any]:
    """A value that fits a part of a schema."""
    if "$ref" in schema:
        return _any(whole["definitions"][schema["$ref"].rsplit("/", 1)[-1]], whole)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "object":
            return _object(schema, whole)
        case "array":
            least = schema.get("minItems", 0)
            most = min(schema.get("maxItems", MOST_ITEMS), max(MOST_ITEMS, least))
            return st.lists(_any(schema["items"], whole), min_size=least, max_size=most)
        case "string":
            return _text(schema)
        case "integer":
            return st.integers(int(schema.get("minimum", -WHOLE)), int(schema.get("maximum", WHOLE)))
        case "number":
            return _number(schema)
        case "boolean":
            return st.booleans()
        case kind:
            assert kind is None, kind
            return JSON


def _object(schema: dict[str, Any], whole: dict[str, Any]) -> SearchStrategy[Payload]:
    parts = {name: _any(part, whole) for name, part in schema.get("properties", {}).items()}
    needed = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: part for name, part in parts.items() if name in needed},
        optional={name: part for name, part in parts.items() if name not in needed},
    )


def _text(schema: dict[str, Any]) -> SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return MOMENTS
    if schema.get("format") == "uri":
        return st.just("https://example.org/file")
    longest = min(schema.get("maxLength", LONGEST_TEXT), LONGEST_TEXT)
    return st.text(max_size=longest) | st.text("abcXYZ019.-_ ", min_size=min(1, longest), max_size=longest)


def _number(schema: dict[str, Any]) -> SearchStrategy[float]:
    least, most = schema.get("minimum", -LARGE), schema.get("maximum", LARGE)
    if step := schema.get("multipleOf"):
        return st.integers(int(least / step), int(most / step)).map(lambda count: round(count * step, 6))
    return st.floats(least, most, allow_nan=False) | st.integers(int(least), int(most)).map(float)
