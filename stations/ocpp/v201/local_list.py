"""The local authorization list (use cases D01 and D02): what is sent, and what the answers tell.

A token is named by its type and its value, as `ISO14443:04A2B3C4`.
"""

from __future__ import annotations

from stations.ocpp.frames import Payload
from stations.ocpp.local_list import Entries, Form
from stations.ocpp.tokens import CARD
from stations.ocpp.told import LocalListSent, LocalListVersionRead
from stations.ocpp.v201.tokens import takes, write_info, write_token


def named(value: str, type: str) -> str:
    return f"{type or CARD}:{value}"


def tag_of(value: str, type: str) -> str | None:
    return named(value, type) if takes(value, type) else None


def write_list(version: int, full: bool, entries: Entries) -> Payload:
    """SendLocalList; an entry without information is one to be removed, and a list without entries has no array."""
    payload: Payload = {"versionNumber": version, "updateType": "Full" if full else "Differential"}
    listed = [_entry(tag, info) for tag, info in entries.items()]
    return payload | ({"localAuthorizationList": listed} if listed else {})


def _entry(tag: str, info: Payload | None) -> Payload:
    type, _, value = tag.partition(":")
    token: Payload = {"idToken": write_token(value, type)}
    return token if info is None else token | {"idTokenInfo": info}


FORM = Form(tag_of, write_info, write_list)


def read_list_sent(request: Payload, reply: Payload) -> LocalListSent:
    entries = {
        named(each["idToken"]["idToken"], each["idToken"]["type"]): each.get("idTokenInfo")
        for each in request.get("localAuthorizationList") or ()
    }
    return LocalListSent(request["versionNumber"], request["updateType"] == "Full", entries, reply["status"])


def read_list_version(_: Payload, reply: Payload) -> LocalListVersionRead:
    return LocalListVersionRead(reply["versionNumber"])
