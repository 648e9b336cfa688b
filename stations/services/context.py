"""Which connection a message came over, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """What the installation decides about stations."""

    accept_unknown_tokens: bool = False
    heartbeat_interval: int = 300


@dataclass(frozen=True, slots=True)
class Context:
    """The call that a use-case serves."""

    station_id: int
    version: str
    received_at: datetime
    action: str
    policy: Policy
