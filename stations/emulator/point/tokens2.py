"""Tokens of an emulated 2.x station: one text for what OCPP writes as a value and a type. Pure.

Cards are written as they are, all others with their type: `04A2B3C4`, `KeyCode:4711`. So two tokens are the same when
their texts are.
"""

from __future__ import annotations

from stations.emulator.point.access import Verdict
from stations.emulator.point.clock import parsed
from stations.ocpp.frames import Payload
from stations.ocpp.tokens import CARD, DIRECT_PAYMENT


def read(token: Payload) -> str:
    """From an IdTokenType."""
    value, type = str(token["idToken"]), str(token["type"])
    return value if type == CARD and ":" not in value else f"{type}:{value}"


def read_group(payload: Payload) -> str:
    """The `groupIdToken` in a payload; "": there is none."""
    group = payload.get("groupIdToken")
    return read(group) if group else ""


def read_verdict(info: Payload) -> Verdict:
    """From an IdTokenInfoType."""
    expiry = info.get("cacheExpiryDateTime")
    return Verdict(
        info["status"],
        read_group(info),
        parsed(expiry) if expiry else None,
        tuple(info.get("evseId", ())),
        tuple(info[name] for name in ("language1", "language2") if name in info),
    )


def written(token: str) -> Payload:
    type, mark, value = token.partition(":")
    return {"idToken": value, "type": type} if mark else {"idToken": token, "type": CARD}


def paid_by(reference: str) -> str:
    """The token of whoever pays at the station, or on a web page: the reference of the payment (2.1 C18)."""
    return f"{DIRECT_PAYMENT}:{reference}"


def is_paid(token: str) -> bool:
    return token.startswith(f"{DIRECT_PAYMENT}:")


def of_vehicle(evccid: str) -> Payload:
    """The additionalInfo that names a vehicle along with a token (2.1 Q01.FR.02); none: it has no name."""
    return {"additionalInfo": [{"additionalIdToken": evccid, "type": "EVCCID"}]} if evccid else {}


def value_of(token: str) -> str:
    return str(written(token)["idToken"])
