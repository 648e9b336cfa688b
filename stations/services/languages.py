"""In which languages stations are commanded: the versions of OCPP, and what other apps add to them.

A station's language is its `ocpp_version`. The outbox of commands (`commands`, `settlement`, the REST API) is the same
for all of them; what may be asked, and what it means, is a `Language`'s. An app that speaks another one with its
stations registers it when it is ready.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from smartserver.core.batch import Batch
from stations.ocpp import directions, schemas
from stations.ocpp.frames import Payload
from stations.ocpp.schemas import Problem
from stations.services.settled import Settled

NOT_TWICE = frozenset(
    {
        "DataTransfer",
        "GetDiagnostics",
        "GetLog",
        "PublishFirmware",
        "RemoteStartTransaction",
        "RequestBatterySwap",
        "RequestStartTransaction",
        "Reset",
        "SignedUpdateFirmware",
        "UnlockConnector",
        "UpdateFirmware",
    }
)
"""Calls of OCPP that have a second effect when they are carried out twice; all others are sent again after a broken
connection."""


def _nothing(batch: Batch, settled: Settled) -> None:
    """The status is kept with the command, and that is all."""


@dataclass(frozen=True, slots=True)
class Language:
    """`name` is what `Station.ocpp_version` holds, `title` what people read.

    `problems(action, payload)`: what is wrong with a call of one of `actions`. `documents(action)`: the JSON schemas of
    the call and of its answer. `may_repeat`: whether a call that may have been carried out can be sent again.
    `of_administrators`: whether only they may ask for it. `follow`: what follows from the end of a command.
    `settles_itself`: who speaks it notices that no answer will come, and nobody else does.
    """

    name: str
    title: str
    actions: frozenset[str]
    problems: Callable[[str, Payload], list[Problem]]
    documents: Callable[[str], tuple[dict[str, Any], dict[str, Any]]]
    may_repeat: Callable[[str, Payload], bool]
    of_administrators: Callable[[str, Payload], bool] = lambda action, payload: False
    follow: Callable[[Batch, Settled], None] = _nothing
    settles_itself: bool = False


def _ocpp(version: str) -> Language:
    return Language(
        name=version,
        title=f"OCPP {version}",
        actions=directions.to_stations(version),
        problems=partial(schemas.request_problems, version),
        documents=partial(schemas.documents, version),
        may_repeat=lambda action, payload: action not in NOT_TWICE,
    )


_languages = {version: _ocpp(version) for version in ("1.6", "2.0.1", "2.1")}


def register(language: Language) -> None:
    """Add a language; once, when the app that speaks it is ready."""
    _languages[language.name] = language


def language_of(version: str) -> Language:
    """The language of stations whose `ocpp_version` this is."""
    return _languages[version]


def settled_by_themselves() -> list[str]:
    """The names of the languages in which somebody else looks after commands that are under way."""
    return [each.name for each in _languages.values() if each.settles_itself]


def is_of_administrators(action: str, payload: Payload) -> bool:
    """Whether this is an administrator's call in any of the languages."""
    return any(action in each.actions and each.of_administrators(action, payload) for each in _languages.values())
