"""Network profiles (2.x use case B09): by which a station finds this server, or another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NetworkProfileSet:
    """What a slot was to hold, and the answer. `profile` is the connectionData that was sent.

    `status`: Accepted, Rejected or Failed.
    """

    slot: int
    profile: dict[str, Any]
    status: str


Told = NetworkProfileSet
