"""Which connection a message came over, and when."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Policy(NamedTuple):
    """What the installation decides about stations."""

    accept_unknown_tokens: bool = False
    heartbeat_interval: int = 300


class Context(NamedTuple):
    """The call that a use-case serves."""

    station_id: int
    version: str
    received_at: datetime
    action: str
    policy: Policy
