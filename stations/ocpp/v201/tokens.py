"""Tokens on the wire (IdTokenType, IdTokenInfoType; use cases C01 to C16)."""

from __future__ import annotations

from typing import Any

from stations.ocpp.facts import Token, TokenJudged
from stations.ocpp.frames import Payload
from stations.ocpp.reading import text
from stations.ocpp.times import written
from stations.ocpp.tokens import CARD, TYPES_201

MAX_TOKEN = 36
MAX_GROUP = 36


def takes(value: str, type: str) -> bool:
    """Whether 2.0.1 has a word for such a token."""
    return len(value) <= MAX_TOKEN and (type or CARD) in TYPES_201


def read_token(payload: Payload) -> Token:
    additional = tuple((text(each, "type"), text(each, "additionalIdToken")) for each in additional_of(payload))
    return Token(text(payload, "idToken"), text(payload, "type"), additional)


def additional_of(payload: Payload) -> list[Payload]:
    return payload.get("additionalInfo") or []


def write_token(value: str, type: str) -> Payload:
    return {"idToken": value, "type": type or CARD}


def write_group(name: str) -> Payload:
    """A group is named by the server: a token of the kind Central."""
    return {"idToken": name[:MAX_GROUP], "type": "Central"}


def write_info(judged: TokenJudged) -> Payload:
    info: dict[str, Any] = {"status": judged.status}
    if judged.expires is not None:
        info["cacheExpiryDateTime"] = written(judged.expires)
    if judged.priority is not None:
        info["chargingPriority"] = judged.priority
    if judged.group:
        info["groupIdToken"] = write_group(judged.group)
    info |= dict(zip(("language1", "language2"), judged.languages, strict=False))
    if judged.evses:
        info["evseId"] = list(judged.evses)
    if judged.message:
        info["personalMessage"] = _message(judged)
    return info


def _message(judged: TokenJudged) -> Payload:
    message: Payload = {"format": "UTF8", "content": judged.message}
    return message | ({"language": judged.languages[0]} if judged.languages else {})
