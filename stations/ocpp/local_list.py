"""What a local authorization list is in a version of OCPP: `FORM` of `v16/`, `v201/` and `v21/local_list.py`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from stations.ocpp.facts import TokenJudged
from stations.ocpp.frames import Payload

Entries = Mapping[str, Payload | None]
"""What a station is told of each token, by its tag; None is one to be removed."""


class Form(NamedTuple):
    """`tag(value, type)` names a token in the list; None: this version has no word for it.

    `info(judged)` is what is told of it, `call(version, full, entries)` the payload of SendLocalList.
    """

    tag: Callable[[str, str], str | None]
    info: Callable[[TokenJudged], Payload]
    call: Callable[[int, bool, Entries], Payload]
