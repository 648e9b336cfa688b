"""Frames as quirks see them: texts that may be spoiled already. Pure."""

from __future__ import annotations

from typing import Any

import orjson

from stations.ocpp.frames import Call, Payload


def parts(text: str) -> list[Any]:
    """The elements of a frame; none where the text is no JSON array any more."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return []
    return found if isinstance(found, list) else []


def written(elements: list[Any]) -> str:
    return orjson.dumps(elements).decode()


def call(text: str) -> Call | None:
    """The CALL that a text is."""
    found = parts(text)
    if len(found) == 4 and found[0] == 2 and isinstance(found[3], dict):
        return Call(*found[1:])
    return None


def answered(text: str) -> Any:
    """The id of the call that a text answers, or None."""
    found = parts(text)
    return found[1] if len(found) > 2 and found[0] in (3, 4) else None


def turns(action: str, payload: Payload) -> bool:
    """Whether a call tells of the start or end of a transaction."""
    return begins(action, payload) or ends(action, payload)


def begins(action: str, payload: Payload) -> bool:
    return action == "StartTransaction" or payload.get("eventType") == "Started"


def ends(action: str, payload: Payload) -> bool:
    return action == "StopTransaction" or payload.get("eventType") == "Ended"
