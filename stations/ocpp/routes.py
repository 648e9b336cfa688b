"""What a route is: how one action of one version becomes a fact, and its answer a payload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stations.ocpp.facts import Answer, Fact
from stations.ocpp.frames import Payload
from stations.ocpp.told import Told


@dataclass(frozen=True, slots=True)
class Route:
    """`read(payload)` gives the fact (or raises `CallError`), `write(answer)` the CALLRESULT's payload."""

    read: Callable[[Payload], Fact]
    write: Callable[[Any], Payload]


Routes = Mapping[str, Route]

Reader = Callable[[Payload, Payload], Told]
"""From one of our requests and its (valid) answer to what they tell."""


def nothing(_: Answer) -> Payload:
    """The empty payload of answers that only acknowledge."""
    return {}
