"""The local authorization list (sections 3.5, 5.9, 5.15): what is sent, and what the answers tell."""

from __future__ import annotations

from typing import Any

from stations.ocpp.facts import TokenJudged
from stations.ocpp.frames import Payload
from stations.ocpp.local_list import Entries, Form
from stations.ocpp.times import written
from stations.ocpp.told import LocalListSent, LocalListVersionRead

MAX_TAG = 20
"""The longest idTag (section 7.26, CiString20Type)."""


def write_entry(judged: TokenJudged) -> Payload:
    """The idTagInfo of a token (section 7.27)."""
    info: dict[str, Any] = {"status": judged.status}
    if judged.expires is not None:
        info["expiryDate"] = written(judged.expires)
    if judged.group:
        info["parentIdTag"] = judged.group[:MAX_TAG]
    return info


def write_list(version: int, full: bool, entries: Entries) -> Payload:
    """SendLocalList; an entry without information is one to be removed."""
    listed = [{"idTag": tag} if info is None else {"idTag": tag, "idTagInfo": info} for tag, info in entries.items()]
    return {
        "listVersion": version,
        "updateType": "Full" if full else "Differential",
        "localAuthorizationList": listed,
    }


def tag_of(value: str, type: str) -> str | None:
    """1.6 has no types, and short tags."""
    return value if len(value) <= MAX_TAG else None


FORM = Form(tag_of, write_entry, write_list)


def read_list_sent(request: Payload, reply: Payload) -> LocalListSent:
    entries = {each["idTag"]: each.get("idTagInfo") for each in request.get("localAuthorizationList") or ()}
    return LocalListSent(request["listVersion"], request["updateType"] == "Full", entries, reply["status"])


def read_list_version(_: Payload, reply: Payload) -> LocalListVersionRead:
    return LocalListVersionRead(reply["listVersion"])
