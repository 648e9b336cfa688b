"""What a route is: how one action of one version becomes a fact, and its answer a payload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stations.ocpp import monitoring, network, reports
from stations.ocpp.facts import Answer, Fact
from stations.ocpp.frames import Payload
from stations.ocpp.told import Told

AnyFact = Fact | monitoring.Fact | reports.Fact
"""What a station says: the facts that all versions know, and those of the blocks that only 2.x has."""

AnyTold = Told | monitoring.Told | network.Told | reports.Told
"""The same of what answers to the server's calls tell."""

AnyAnswer = Answer
"""The same of what the server answers."""


@dataclass(frozen=True, slots=True)
class Route:
    """`read(payload)` gives the fact (or raises `CallError`), `write(answer)` the CALLRESULT's payload."""

    read: Callable[[Payload], AnyFact]
    write: Callable[[Any], Payload]


Routes = Mapping[str, Route]

Reader = Callable[[Payload, Payload], AnyTold | None]
"""From one of our requests and its (valid) answer to what they tell; None: no more than the status."""


def nothing(_: AnyAnswer) -> Payload:
    """The empty payload of answers that only acknowledge."""
    return {}
