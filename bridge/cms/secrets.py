"""What is secret in requests to hardware and in its answers: passwords and keys, whatever vendor names them so."""

from __future__ import annotations

import orjson

from smartserver.core.masking import mask_text, masked
from stations.ocpp.frames import Payload


def mask_report(text: str) -> str:
    """A text without its secrets, as it may be kept; the same text when it has none. Tokens stay, as in the message log
    of all other stations."""
    shown = mask_text(text, tokens=False, addresses=False)
    return text if shown is text or _says_the_same(text, shown) else shown


def _says_the_same(text: str, other: str) -> bool:
    """Whether two texts of JSON differ in their spaces only."""
    try:
        return bool(orjson.loads(text) == orjson.loads(other))
    except orjson.JSONDecodeError:
        return text == other


def mask_request(payload: Payload) -> Payload:
    """A HardwareRequest; its body is JSON or any other text."""
    body = payload.get("body")
    return payload | {"body": mask_report(body)} if isinstance(body, str) else payload


def mask_answer(reply: Payload) -> Payload:
    """What the hardware answered to it; a body that is not JSON is a text."""
    body = reply.get("body")
    if isinstance(body, str):
        return reply | {"body": mask_report(body)}
    return reply | {"body": masked(body, tokens=False, addresses=False)} if "body" in reply else reply
